// Holds RocksDB's flushes, so that a test chooses when its memory comes to the disk.
#pragma once

#include <future>
#include <gtest/gtest.h>
#include <memory>
#include <rocksdb/env.h>

namespace postrider::test {

/// While it lives no flush begins: it takes RocksDB's only thread for them, behind those that wait
/// already. To be made once a store is open.
class HeldFlushes {
 public:
  HeldFlushes() {
    EXPECT_EQ(rocksdb::Env::Default()->GetBackgroundThreads(rocksdb::Env::HIGH), 1);
    rocksdb::Env::Default()->Schedule(
        [](void* shared) {
          const std::unique_ptr<std::shared_ptr<State>> state(
              static_cast<std::shared_ptr<State>*>(shared));
          (*state)->began.set_value();
          (*state)->may_end.get_future().wait();
        },
        new std::shared_ptr<State>(state_), rocksdb::Env::HIGH);
    state_->began.get_future().wait();
  }
  ~HeldFlushes() { state_->may_end.set_value(); }
  HeldFlushes(const HeldFlushes&) = delete;
  HeldFlushes& operator=(const HeldFlushes&) = delete;

 private:
  struct State {
    std::promise<void> began;
    std::promise<void> may_end;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace postrider::test
