#include "store/ordered_memtable.h"

#include <new>
#include <rocksdb/version.h>

#include "store/skip_list.h"

namespace postrider::store {
namespace {

using rocksdb::MemTableRep;
using rocksdb::Slice;

/// RocksDB's comparison of keys as they lie in memory: it is asked for one or the other.
class InternalOrder {
 public:
  explicit InternalOrder(const MemTableRep::KeyComparator& compare) : compare_(compare) {}
  int operator()(const char* a, const char* b) const { return compare_(a, b); }
  int operator()(const char* a, const Slice& key) const { return compare_(a, key); }

 private:
  const MemTableRep::KeyComparator& compare_;
};

using List = SkipList<InternalOrder>;

class Cursor final : public MemTableRep::Iterator {
 public:
  explicit Cursor(const List& list) : list_(&list) {}

  bool Valid() const override { return at_ != nullptr; }
  const char* key() const override { return List::text(at_); }
  void Next() override { at_ = List::next(at_); }
  void Prev() override { at_ = list_->previous(at_); }
  void Seek(const Slice& key, const char* /*the same, as it lies in memory*/) override {
    at_ = list_->at_least(key);
  }
  void SeekForPrev(const Slice& key, const char* /*the same*/) override {
    const List::Node* found = list_->at_least(key);
    at_ = found != nullptr && list_->compare(found, key) == 0 ? found : list_->less_than(key);
  }
  void SeekToFirst() override { at_ = list_->first(); }
  void SeekToLast() override { at_ = list_->last(); }

 private:
  const List* list_;
  const List::Node* at_ = nullptr;
};

class OrderedMemtable final : public MemTableRep {
 public:
  OrderedMemtable(const KeyComparator& compare, rocksdb::Allocator* allocator)
      : MemTableRep(allocator), order_(compare), list_(order_) {}

  rocksdb::KeyHandle Allocate(std::size_t bytes, char** text) override {
    List::Node* node = list_.make(bytes, [this](std::size_t wanted) {
      char* memory = nullptr;
      MemTableRep::Allocate(wanted, &memory);
      return memory;
    });
    *text = List::text(node);
    return node;
  }

  void Insert(rocksdb::KeyHandle handle) override {
    list_.insert(static_cast<List::Node*>(handle));
  }

  bool Contains(const char* text) const override {
    const List::Node* found = list_.at_least(text);
    return found != nullptr && list_.compare(found, text) == 0;
  }

  std::size_t ApproximateMemoryUsage() override { return 0; }  // all is in the allocator

  /// Asked without an arena by MemTableRep::Get() alone, which does not delete what it is given
  /// (RocksDB 7.8), and can't be replaced: what it is asked for is no public type. So each thread
  /// has one that it uses again.
  Iterator* GetDynamicPrefixIterator(rocksdb::Arena* arena) override {
    if (arena != nullptr) {
      return GetIterator(arena);
    }
    thread_local Cursor for_get(list_);
    for_get = Cursor(list_);
    return &for_get;
  }

  /// One that lies in an arena is destroyed there and its memory goes with the arena.
  Iterator* GetIterator(rocksdb::Arena* arena) override {
    if (arena == nullptr) {
      return new Cursor(list_);
    }
    std::size_t room = sizeof(Cursor) + alignof(Cursor) - 1;
    char* taken = nullptr;
    InArena(arena).Allocate(room, &taken);
    void* memory = taken;
    return new (std::align(alignof(Cursor), sizeof(Cursor), memory, room)) Cursor(list_);
  }

 private:
  /// The public headers say no more of an arena than that there are some. It is an Allocator, and
  /// its first base (memory/arena.h of that version); this is who may ask one for memory.
  static_assert(ROCKSDB_MAJOR == 7 && ROCKSDB_MINOR == 8,
                "see whether Arena still begins with its Allocator");
  class InArena final : public MemTableRep {
   public:
    explicit InArena(rocksdb::Arena* arena)
        : MemTableRep(reinterpret_cast<rocksdb::Allocator*>(arena)) {}
    void Insert(rocksdb::KeyHandle /*handle*/) override {}
    bool Contains(const char* /*text*/) const override { return false; }
    std::size_t ApproximateMemoryUsage() override { return 0; }
    Iterator* GetIterator(rocksdb::Arena* /*arena*/) override { return nullptr; }
  };

  const InternalOrder order_;
  List list_;
};

class Factory final : public rocksdb::MemTableRepFactory {
 public:
  const char* Name() const override { return "postrider.OrderedMemtable"; }
  using MemTableRepFactory::CreateMemTableRep;
  MemTableRep* CreateMemTableRep(const MemTableRep::KeyComparator& compare,
                                 rocksdb::Allocator* allocator,
                                 const rocksdb::SliceTransform* /*prefix*/,
                                 rocksdb::Logger* /*logger*/) override {
    return new OrderedMemtable(compare, allocator);
  }
};

}  // namespace

std::shared_ptr<rocksdb::MemTableRepFactory> ordered_memtables() {
  return std::make_shared<Factory>();
}

}  // namespace postrider::store
