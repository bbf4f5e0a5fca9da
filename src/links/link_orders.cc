#include "links/link_orders.h"

#include <utility>

#include "base/bytes.h"
#include "base/log.h"
#include "store/store.h"

namespace postrider::links {
namespace {

using What = LinkOrder::What;

/// In front of every message: no message has the id 0.
std::string key_of(std::string_view id) {
  std::string key;
  put_u64(key, 0);
  return key.append(id);
}

std::string behind_all() {
  std::string key;
  put_u64(key, 1);
  return key;
}

}  // namespace

Result<std::unique_ptr<LinkOrders>> LinkOrders::load(const store::Store& store) {
  std::unique_ptr<LinkOrders> made(new LinkOrders);
  Orders orders;
  TRY_VOID(store.scan(store::Table::link, key_of({}), behind_all(),
                      [&](std::string_view /*key*/, std::string_view record) {
                        if (const Result<LinkOrder> order = decode_order(record)) {
                          orders[id_of(*order)] = *order;
                        } else {
                          log::error("an order about links is left out",
                                     {{"why", order.error().text()}});
                        }
                        return true;
                      }),
           "reading the orders about links");
  made->publish(std::move(orders));
  return made;
}

std::shared_ptr<const LinkOrders::Orders> LinkOrders::current() const {
  const std::lock_guard lock(mutex_);
  return orders_;
}

void LinkOrders::publish(Orders orders) {
  auto made = std::make_shared<const Orders>(std::move(orders));
  const std::lock_guard lock(mutex_);
  orders_ = std::move(made);
}

std::vector<LinkOrder> LinkOrders::all() const {
  std::vector<LinkOrder> all;
  for (const auto& [id, order] : *current()) {
    all.push_back(order);
  }
  return all;
}

std::optional<std::string> LinkOrders::decide(AccountId account, MessageId message,
                                              std::string_view campaign,
                                              std::string_view url) const {
  const auto orders = current();
  std::string target(url);
  if (orders->empty()) {
    return target;
  }
  const auto holds = [&](LinkOrder about) { return orders->contains(id_of(about)); };
  LinkOrder about;
  about.account = account;
  about.what = What::point_elsewhere;
  about.campaign = campaign;
  about.from = url;
  if (const auto found = orders->find(id_of(about)); found != orders->end()) {
    target = found->second.to;
  }
  about = {};
  about.what = What::withdraw_account;
  about.account = account;
  if (holds(about)) {
    return std::nullopt;
  }
  about = {};
  about.what = What::withdraw_message;
  about.message = message;
  if (holds(about)) {
    return std::nullopt;
  }
  const std::string host = host_of(target);
  for (std::string_view rest = host; !rest.empty();) {
    about = {};
    about.what = What::withdraw_host;
    about.host = rest;
    LinkOrder of_account = about;
    of_account.account = account;
    if (holds(about) || holds(of_account)) {
      return std::nullopt;
    }
    const auto dot = rest.find('.');
    rest = dot == std::string_view::npos ? std::string_view() : rest.substr(dot + 1);
  }
  return target;
}

void LinkOrders::put(store::Step& step, const LinkOrder& order) {
  step.put(store::Table::link, key_of(id_of(order)), encode(order));
}

void LinkOrders::erase(store::Step& step, const std::string& id) {
  step.erase(store::Table::link, key_of(id));
}

void LinkOrders::apply(const LinkOrder& order) {
  Orders orders = *current();
  orders[id_of(order)] = order;
  publish(std::move(orders));
}

void LinkOrders::forget(const std::string& id) {
  Orders orders = *current();
  orders.erase(id);
  publish(std::move(orders));
}

bool LinkOrders::has(const std::string& id) const {
  return current()->contains(id);
}

}  // namespace postrider::links
