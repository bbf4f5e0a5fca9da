// A step: everything that must become durable together, or not at all. The spool and the event
// store write into it what they mean; the store commits it as one.
//
// Tables are column families of the one database. Keys are bytes in the order in which they are
// read (base/bytes.h). Values: any thread; a step belongs to whoever builds it.
#pragma once

#include <array>
#include <cassert>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postrider::store {

/// The numbers are positions in the database's list of column families: only append.
enum class Table : std::uint8_t {
  meta,         ///< spool: a message without its bytes, by message id
  recipient,    ///< spool: a recipient that is not as it was accepted, by message id and index
  body,         ///< spool: the bytes of a message, by message id
  event,        ///< the event log, by sequence number
  event_about,  ///< which events are about a recipient: recipient id, sequence number
  set_aside,    ///< records that could not be read, as they were, by table and key
  cursor,       ///< how far each consumer of the event log has read, by its name
  counter,      ///< statistics: rows of counters, by what they count and when
  search,       ///< index of recipients by what they are looked for
  link,         ///< where the links of tracked messages lead, by message id
  webhook,      ///< state and delivery log of each endpoint, by its id
  suppression,  ///< to whom no mail goes, and why: a row for each change
  health,       ///< what becomes of each account's mail, lately
  content,      ///< headers and bodies for people to look at, encrypted, by day and message id
};
constexpr std::size_t kTables = 14;

/// Whether ranges of it may be erased. Of the others nobody has needed it, and no test shows it.
constexpr bool takes_ranges(Table table) {
  return table == Table::recipient || table == Table::counter || table == Table::search ||
         table == Table::link || table == Table::webhook || table == Table::health ||
         table == Table::content;
}

class Step {
 public:
  void put(Table table, std::string key, std::string value) {
    writes_.push_back({table, Kind::put, std::move(key), std::move(value), nullptr});
  }
  /// The value is `head` followed by `tail`, which is shared and not copied until the commit.
  void put(Table table, std::string key, std::string head,
           std::shared_ptr<const std::string> tail) {
    writes_.push_back({table, Kind::put, std::move(key), std::move(head), std::move(tail)});
  }
  void erase(Table table, std::string key) {
    writes_.push_back({table, Kind::erase, std::move(key), {}, nullptr});
  }
  /// Every key >= from and < to, also those that queued steps in front of this one are about to
  /// put. Rare things only: reading over such a range costs until it has been compacted.
  /// Only of a table that takes_ranges().
  void erase_range(Table table, std::string from, std::string to) {
    assert(takes_ranges(table));
    writes_.push_back({table, Kind::erase_range, std::move(from), std::move(to), nullptr});
  }

  /// Appends to the event log; the commit gives the sequence number. `about`: a recipient id, or 0.
  void append(std::uint64_t about, std::string record) {
    records_.push_back({about, std::move(record)});
  }

  bool empty() const { return writes_.empty() && records_.empty(); }

  enum class Kind : std::uint8_t { put, erase, erase_range };
  struct Write {
    Table table;
    Kind kind;
    std::string key;
    std::string head;  ///< of erase_range: the first key that stays
    std::shared_ptr<const std::string> tail;
  };
  struct Record {
    std::uint64_t about;
    std::string bytes;
  };
  const std::vector<Write>& writes() const { return writes_; }
  const std::vector<Record>& records() const { return records_; }

 private:
  std::vector<Write> writes_;
  std::vector<Record> records_;
};

}  // namespace postrider::store
