#include "privacy/erase_tables.h"

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/text.h"
#include "links/link_orders.h"
#include "links/link_store.h"
#include "retention/content_store.h"
#include "search/index_key.h"
#include "statistics/rows.h"
#include "webhook/records.h"

namespace postrider::privacy {

using store::Step;
using store::Table;

namespace {

constexpr std::size_t kStepRows = 20'000;

using Look = std::function<void(std::string_view key, std::string_view value, Step& step)>;

/// Calls `look` with every row, in pieces; what it writes is committed after each.
Result<> each_row(const Work& work, Table table, const Look& look) {
  std::string place;
  bool has_more = true;
  while (has_more) {
    Step step;
    std::size_t looked_at = 0;
    has_more = false;
    TRY_VOID(work.relay.store().scan(table, place, {},
                                     [&](std::string_view key, std::string_view value) {
                                       if (looked_at++ == kStepRows) {
                                         place = key;
                                         has_more = true;
                                         return false;
                                       }
                                       look(key, value, step);
                                       return true;
                                     }));
    TRY_VOID(work.commit(std::move(step)));
    if (work.relay.is_stopping()) {
      return fail(Errc::closed, "the relay stops: erase again once it runs");
    }
  }
  return {};
}

bool take_out_of_all(const Person& person, std::initializer_list<std::string*> texts) {
  bool has_changed = false;
  for (std::string* const text : texts) {
    has_changed = person.take_out_of(*text) || has_changed;
  }
  return has_changed;
}

}  // namespace

Result<> erase_suppressions(const Work& work, Erased& erased) {
  const suppression::AddressHash hash = work.relay.suppressions().hash_of(work.person.address());
  return each_row(
      work, Table::suppression, [&](std::string_view key, std::string_view value, Step& step) {
        const auto row = suppression::parse_row_key(key);
        if (!row || !row->is_change || (row->account.exists() && !work.is_wanted(row->account))) {
          return;
        }
        Result<suppression::Change> change = suppression::decode_change(key, value);
        if (!change) {
          return;
        }
        const suppression::Change before = *change;
        if (row->hash == hash) {
          change->address.clear();
          change->note.clear();
          change->source = {};
        } else {
          work.person.take_out_of(change->note);
        }
        if (*change != before) {
          step.put(Table::suppression, std::string(key), suppression::encode(*change));
          ++erased.suppressions;
        }
      });
}

Result<> erase_requests(const Work& work, Erased& erased) {
  Step step;
  TRY(erased.requests,
      webhook::change_requests(work.relay.store(), step, [&](webhook::Request& request) {
        return take_out_of_all(work.person, {&request.url, &request.why, &request.answer});
      }));
  return work.commit(std::move(step));
}

Result<> erase_links(const Work& work, Erased& erased) {
  TRY_VOID(
      each_row(work, Table::link, [&](std::string_view key, std::string_view value, Step& step) {
        const MessageId message{Reader(key).u64()};
        if (!message.exists()) {
          return;  // an order
        }
        Result<links::TrackedMessage> tracked = links::decode(value);
        if (!tracked) {
          if (work.person.is_named_in(value)) {
            step.erase(Table::link, std::string(key));
          }
          return;
        }
        if (!work.is_wanted(tracked->account)) {
          return;
        }
        bool has_changed = take_out_of_all(
            work.person, {&tracked->campaign, &tracked->custom_id, &tracked->payload});
        for (std::string& target : tracked->targets) {
          has_changed = work.person.take_out_of(target) || has_changed;
        }
        if (has_changed) {
          links::LinkStore::put(step, message, *tracked);
          ++erased.links;
        }
      }));
  for (const links::LinkOrder& order : work.relay.link_orders().all()) {
    links::LinkOrder changed = order;
    if (work.is_wanted(order.account) &&
        take_out_of_all(work.person,
                        {&changed.campaign, &changed.from, &changed.to, &changed.reason})) {
      Step step;
      links::LinkOrders::erase(step, links::id_of(order));
      links::LinkOrders::put(step, changed);
      TRY_VOID(work.commit(std::move(step)));
      work.relay.link_orders().forget(links::id_of(order));
      work.relay.link_orders().apply(changed);
      ++erased.links;
    }
  }
  return {};
}

namespace {

/// The key of a message whose record is set aside: its content lies in the spool still.
std::optional<std::string> message_set_aside(std::string_view key) {
  return key.starts_with(static_cast<char>(Table::meta)) ? std::optional(std::string(key.substr(1)))
                                                         : std::nullopt;
}

}  // namespace

Result<> erase_set_aside(const Work& work, Erased& erased) {
  Result<> done;
  const Look look = [&](std::string_view key, std::string_view value, Step& step) {
    bool is_named = work.person.is_named_in(value);
    if (const auto message = message_set_aside(key)) {
      const auto content = work.relay.store().get(Table::body, *message);
      if (!content) {
        done = fail(content.error());
        return;
      }
      is_named = is_named || (*content && work.person.is_named_in(**content));
      if (is_named && *content) {
        step.erase(Table::body, *message);
      }
    }
    if (is_named) {
      step.erase(Table::set_aside, std::string(key));
      ++erased.set_aside;
    }
  };
  TRY_VOID(each_row(work, Table::set_aside, look));
  return done;
}

Result<> erase_contents(const Work& work, Erased& erased) {
  Step step;
  TRY(erased.contents, work.relay.content().erase_if(step, [&](std::string_view content) {
    return work.person.is_named_in(content);
  }));
  return work.commit(std::move(step));
}

Result<> erase_search(const Work& work) {
  using search::Kind;
  Step step;
  const std::string address = mail::to_string(work.person.address());
  const auto snapshot = work.relay.directory().snapshot();
  for (const directory::Account* account : snapshot->accounts()) {
    if (!work.is_wanted(account->id)) {
      continue;
    }
    for (const Kind kind : {Kind::recipient, Kind::sender, Kind::custom_id}) {
      for (const std::string& value : {address, lower(address)}) {
        const search::ListName list = search::list_of(kind, account->id, value);
        step.erase_range(Table::search, search::rows_from(list, ~std::uint64_t{0}),
                         search::rows_end(list));
      }
    }
  }
  return work.commit(std::move(step));
}

Result<> erase_counters(const Work& work, Erased& erased) {
  std::vector<std::pair<std::string, statistics::Counts>> renamed;
  TRY_VOID(
      each_row(work, Table::counter, [&](std::string_view key, std::string_view value, Step& step) {
        std::optional<statistics::RowName> name = statistics::parse_key(key);
        if (!name || name->value.empty() || !work.person.take_out_of(name->value)) {
          return;
        }
        step.erase(Table::counter, std::string(key));
        if (auto counts = statistics::Counts::decode(value)) {
          renamed.emplace_back(statistics::key_of(*name), *std::move(counts));
        }
        ++erased.counters;
      }));
  for (auto& [key, counts] : renamed) {
    TRY(const std::optional<std::string> there, work.relay.store().get(Table::counter, key));
    if (there) {
      if (const auto before = statistics::Counts::decode(*there)) {
        counts.add(*before);
      }
    }
    Step step;
    step.put(Table::counter, key, counts.encode());
    TRY_VOID(work.commit(std::move(step)));
  }
  return {};
}

}  // namespace postrider::privacy
