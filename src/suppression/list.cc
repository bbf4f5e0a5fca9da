#include "suppression/list.h"

#include <algorithm>
#include <sys/prctl.h>
#include <utility>

#include "base/hex_digit.h"
#include "base/log.h"
#include "base/text.h"
#include "suppression/standing.h"

namespace postrider::suppression {
namespace {

using store::Table;

std::optional<std::string> from_hex(const std::string& text) {
  std::string bytes;
  if (text.size() % 2 != 0) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const auto high = hex_digit(text[i]);
    const auto low = hex_digit(text[i + 1]);
    if (!high || !low) {
      return std::nullopt;
    }
    bytes.push_back(static_cast<char>(*high * 16 + *low));
  }
  return bytes;
}

}  // namespace

std::string to_string(const Hit& hit) {
  std::string text{to_string(hit.change.reason)};
  text += hit.list == kGlobal ? " (global list)" : "";
  text += hit.change.scope.empty() ? "" : " of " + hit.change.scope;
  return text + " since " + format_time(hit.change.time);
}

List::List(const store::Store& store, const Secret& secret)
    : store_(store), secret_(secret), filter_(store.estimated_entries(Table::suppression)) {}

List::~List() {
  stop();
}

void List::start() {
  filling_ = std::thread([this] {
    ::prctl(PR_SET_NAME, "suppressions");
    fill();
  });
}

void List::stop() {
  stopping_ = true;
  if (filling_.joinable()) {
    filling_.join();
  }
}

void List::fill() {
  std::string last;
  const Result<> read =
      store_.scan(Table::suppression, {}, {}, [&](std::string_view key, std::string_view) {
        const Result<RowKey> row = parse_row_key(key);
        const std::string_view address =
            key.substr(0, key.size() - (row && row->is_change ? 16 : 0));
        if (row && address != last) {
          (row->is_change ? filter_ : soft_).add(fingerprint_of(row->account, row->hash));
          last = address;
        }
        return !stopping_.load(std::memory_order_relaxed);
      });
  if (!read) {
    log::error("the suppression list can't be read; every look-up asks the database",
               {{"why", read.error().text()}});
    return;
  }
  is_ready_.store(!stopping_, std::memory_order_release);
}

std::optional<Hit> List::find(AccountId account, const mail::Address& address,
                              std::string_view stream, Time now) const {
  const AddressHash hash = hash_of(address);
  for (const AccountId list : {account, kGlobal}) {
    if (is_ready_.load(std::memory_order_acquire) &&
        !filter_.may_contain(fingerprint_of(list, hash))) {
      continue;
    }
    if (auto hit = find_in(list, hash, stream, now)) {
      return hit;
    }
  }
  return std::nullopt;
}

std::optional<Hit> List::find_in(AccountId list, const AddressHash& hash, std::string_view stream,
                                 Time now) const {
  const Result<std::vector<Change>> changes = changes_of(list, hash);
  if (!changes) {
    log::error("the suppression list can't be read", {{"why", changes.error().text()}});
    return std::nullopt;
  }
  const std::vector<Change> active = standing(*changes, now);
  const Change* against = reason_against(active, stream);
  return against == nullptr ? std::nullopt : std::optional(Hit{.list = list, .change = *against});
}

Result<std::vector<Change>> List::changes_of(AccountId account, const AddressHash& hash) const {
  std::vector<Change> changes;
  TRY_VOID(store_.scan(Table::suppression, first_change_key(account, hash), behind(account, hash),
                       [&](std::string_view key, std::string_view record) {
                         if (Result<Change> change = decode_change(key, record)) {
                           changes.push_back(*std::move(change));
                         } else {
                           log::error("a record of the suppression list is left out",
                                      {{"key", hex(key)}, {"why", change.error().text()}});
                         }
                         return true;
                       }),
           "reading the suppression list");
  return changes;
}

Result<std::vector<Change>> List::history(AccountId account, const mail::Address& address) const {
  const AddressHash hash = hash_of(address);
  if (is_ready_.load(std::memory_order_acquire) &&
      !filter_.may_contain(fingerprint_of(account, hash))) {
    return std::vector<Change>();
  }
  return changes_of(account, hash);
}

std::uint64_t List::version() const {
  const std::uint64_t version = version_.load(std::memory_order_acquire);  // before writing_
  return writing_.load(std::memory_order_acquire) == 0 ? version : 0;
}

Result<List::Page> List::page(AccountId account, const std::string& after,
                              std::size_t limit) const {
  std::string from = account_prefix(account);
  if (!after.empty()) {
    const auto place = from_hex(after);
    if (!place || place->size() != sizeof(AddressHash)) {
      return fail(Errc::invalid, "after: '" + printable(after, 40) +
                                     "' is no place in the list: take `next` of an answer");
    }
    AddressHash hash{};
    std::ranges::copy(*place, hash.begin());
    from = behind(account, hash);
  }
  Page page;
  const auto take = [&](std::string_view key, std::string_view record) {
    const Result<RowKey> row = parse_row_key(key);
    Result<Change> change = fail(Errc::corrupt, "");
    if (row && row->is_change) {
      change = decode_change(key, record);
    } else if (row) {
      return true;
    }
    if (!row || !change) {
      ++page.unreadable;
      return true;
    }
    if (page.addresses.empty() || page.addresses.back().hash != row->hash) {
      if (page.addresses.size() == limit) {
        const AddressHash& last = page.addresses.back().hash;
        page.next = hex({reinterpret_cast<const char*>(last.data()), last.size()});
        return false;
      }
      page.addresses.push_back({.account = account, .hash = row->hash, .changes = {}});
    }
    page.addresses.back().changes.push_back(*std::move(change));
    return true;
  };
  TRY_VOID(
      store_.scan(Table::suppression, from, account_prefix(AccountId{account.value + 1}), take),
      "reading the suppression list");
  return page;
}

bool List::may_have_soft_bounces(AccountId account, const AddressHash& hash) const {
  return !is_ready_.load(std::memory_order_acquire) ||
         soft_.may_contain(fingerprint_of(account, hash));
}

bool List::may_have_soft_bounces() const {
  return !is_ready_.load(std::memory_order_acquire) || soft_.entries() > 0;
}

void List::note_soft_bounces(AccountId account, const AddressHash& hash) {
  soft_.add(fingerprint_of(account, hash));
}

List::Figures List::figures() const {
  return {.entries = filter_.entries(),
          .bytes = filter_.bytes() + soft_.bytes(),
          .is_ready = is_ready_.load(std::memory_order_acquire)};
}

Writing::Writing(List& list) : list_(list) {
  list_.writing_.fetch_add(1, std::memory_order_acq_rel);  // before the version: see version()
  list_.version_.fetch_add(1, std::memory_order_acq_rel);
}

Writing::~Writing() {
  list_.writing_.fetch_sub(1, std::memory_order_acq_rel);
}

void Writing::put(store::Step& step, AccountId account, const mail::Address& address,
                  const Change& change, std::uint64_t number) {
  const AddressHash hash = list_.hash_of(address);
  step.put(Table::suppression, change_key(account, hash, change.time, number), encode(change));
  list_.filter_.add(fingerprint_of(account, hash));
}

}  // namespace postrider::suppression
