// The orders about links that hold, in memory and in the table of links, where they stand in front
// of the messages.
//
// Threads: decide() and all() from any, with one lock for as long as it takes to copy a shared_ptr;
// a change is made by whoever commits its step: put() or erase() into it, and apply() once it is
// durable, one change at a time. Errors: those of the store; an order that can't be read is logged
// and left out.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "links/link_order.h"
#include "store/step.h"

namespace postrider::store {
class Store;
}

namespace postrider::links {

class LinkOrders {
 public:
  static Result<std::unique_ptr<LinkOrders>> load(const store::Store& store);

  std::vector<LinkOrder> all() const;

  /// Where a link leads now: `url` itself or what takes its place; nothing: it was withdrawn.
  std::optional<std::string> decide(AccountId account, MessageId message, std::string_view campaign,
                                    std::string_view url) const;

  static void put(store::Step& step, const LinkOrder& order);
  static void erase(store::Step& step, const std::string& id);
  void apply(const LinkOrder& order);
  void forget(const std::string& id);
  bool has(const std::string& id) const;

 private:
  /// By what each is about (id_of()).
  using Orders = std::map<std::string, LinkOrder>;
  LinkOrders() : orders_(std::make_shared<const Orders>()) {}
  std::shared_ptr<const Orders> current() const;
  void publish(Orders orders);

  mutable std::mutex mutex_;
  std::shared_ptr<const Orders> orders_;
};

}  // namespace postrider::links
