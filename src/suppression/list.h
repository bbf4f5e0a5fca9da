// The suppression list: to which addresses an account (or, as account 0, nobody) sends no mail, of
// which stream, and why.
//
// Kept in the database as one row for each change (change.h). Most mail goes to addresses that are
// not on it, and those are told by a filter in memory (filter.h) without the database: a keyed hash
// and two lines of memory. Until start()'s thread has filled the filter, the database is asked.
//
// Who changes something writes it into a step of his own (Writing) and commits that; it holds once
// it is durable. Reading blocks for a moment on the disk. Any thread, but for start() and stop().
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/result.h"
#include "store/store.h"
#include "suppression/change.h"
#include "suppression/filter.h"

namespace postrider::suppression {

/// The list that holds for every account.
inline constexpr AccountId kGlobal{0};

/// Why an address is sent nothing.
struct Hit {
  AccountId list;  ///< the account's, or kGlobal
  Change change;
};
/// "hard_bounce since 2026-12-01T10:00:00.000Z", for events and people.
std::string to_string(const Hit& hit);

struct ListedAddress {
  AccountId account;
  AddressHash hash{};
  std::vector<Change> changes;  ///< in the order of their times
};

class List {
 public:
  /// The store outlives it.
  List(const store::Store& store, const Secret& secret);
  ~List();  ///< stop()

  /// Fills the filter, on a thread of its own.
  void start();
  void stop();

  /// To be asked before a look-up. 0: something is being written, and may be overlooked.
  std::uint64_t version() const;
  /// What has been looked up at `version` need not be again.
  bool is_current(std::uint64_t version) const {
    return version != 0 && version == version_.load(std::memory_order_acquire);
  }

  /// Nothing: mail of `stream` may go to `address`. Also where the database can't be read, which
  /// is logged: nothing is sent then for other reasons.
  std::optional<Hit> find(AccountId account, const mail::Address& address, std::string_view stream,
                          Time now) const;

  /// Everything that was written down of an address, in the order of its times.
  Result<std::vector<Change>> history(AccountId account, const mail::Address& address) const;

  struct Page {
    std::vector<ListedAddress> addresses;
    std::string next;  ///< to go on; empty: that was all
    std::uint64_t unreadable = 0;
  };
  /// The addresses of a list, in no order that means anything; `after`: `next` of the page before.
  /// Errc::invalid: no such place.
  Result<Page> page(AccountId account, const std::string& after, std::size_t limit) const;

  // Of the addresses that have soft bounces (soft_bounces.h).

  bool may_have_soft_bounces(AccountId account, const AddressHash& hash) const;
  /// False: none has any.
  bool may_have_soft_bounces() const;
  void note_soft_bounces(AccountId account, const AddressHash& hash);
  AddressHash hash_of(const mail::Address& address) const {
    return suppression::hash_of(address, secret_);
  }

  struct Figures {
    std::uint64_t entries = 0;  ///< addresses of the filter; those taken back count until a start
    std::uint64_t bytes = 0;    ///< of memory
    bool is_ready = false;      ///< the filter is filled
  };
  Figures figures() const;

 private:
  Result<std::vector<Change>> changes_of(AccountId account, const AddressHash& hash) const;
  std::optional<Hit> find_in(AccountId list, const AddressHash& hash, std::string_view stream,
                             Time now) const;
  void fill();

  friend class Writing;

  const store::Store& store_;
  const Secret secret_;
  Filter filter_;
  Filter soft_;
  std::atomic<std::uint64_t> version_ = 1;
  std::atomic<std::uint64_t> writing_ = 0;  // how many Writings there are
  std::atomic<bool> is_ready_ = false;
  std::atomic<bool> stopping_ = false;
  std::thread filling_;
};

/// Changes of the list that are on their way to the disk: made before the first put(), kept until
/// the step is durable or has failed. Mail that is accepted meanwhile is looked up once more before
/// its first attempt. Of one thread at a time; the list outlives it.
class Writing {
 public:
  explicit Writing(List& list);
  ~Writing();
  Writing(const Writing&) = delete;
  Writing& operator=(const Writing&) = delete;

  const List& list() const { return list_; }

  /// `number` tells changes of one moment apart; the same change with the same number is one.
  void put(store::Step& step, AccountId account, const mail::Address& address, const Change& change,
           std::uint64_t number);

 private:
  List& list_;
};

}  // namespace postrider::suppression
