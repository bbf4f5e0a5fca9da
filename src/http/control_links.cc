#include <array>
#include <optional>

#include "base/json_text.h"
#include "base/text.h"
#include "http/control.h"
#include "http/request_body.h"
#include "links/link_orders.h"
#include "net/io_threads.h"

namespace postrider::http {

using boost::asio::awaitable;
using links::LinkOrder;
using links::LinkOrders;

namespace {

using What = LinkOrder::What;

void write(JsonText& json, const LinkOrder& order, const directory::Snapshot& directory) {
  json.begin_object();
  json.field("id", id_of(order));
  json.field("what", to_string(order.what));
  if (order.account.exists()) {
    json.field("account", account_name(directory, order.account));
  }
  if (order.message.exists()) {
    json.field("message", order.message.value);
  }
  for (const auto& [name, text] :
       {std::pair("host", &order.host), std::pair("campaign", &order.campaign),
        std::pair("from", &order.from), std::pair("to", &order.to),
        std::pair("reason", &order.reason)}) {
    if (!text->empty()) {
      json.field(name, *text);
    }
  }
  json.field("since", format_time(order.since));
  json.end_object();
}

Result<What> what_of(const std::string& name) {
  for (const What what : {What::withdraw_account, What::withdraw_message, What::withdraw_host,
                          What::point_elsewhere}) {
    if (to_string(what) == name) {
      return what;
    }
  }
  return fail(Errc::invalid,
              "what: '" + printable(name, 40) + "' is none of account, message, host, target");
}

Result<LinkOrder> order_of(const RequestBody& body, const directory::Snapshot& directory,
                           Time now) {
  LinkOrder order;
  order.since = now;
  TRY(const std::string what, body.required_text("what"));
  TRY(order.what, what_of(what));
  TRY(const auto account, body.text("account"));
  if (account) {
    TRY(const directory::Account found, find_account(directory, *account));
    order.account = found.id;
  }
  TRY(const auto message, body.text("message"));
  if (message) {
    TRY(order.message, parse_id<MessageId>(*message), "message");
  }
  TRY(const auto host, body.text("host"));
  order.host = lower(host.value_or(""));
  if (order.host.ends_with('.')) {
    order.host.pop_back();  // as host_of() has it
  }
  TRY(const auto campaign, body.text("campaign"));
  order.campaign = campaign.value_or("");
  TRY(const auto from, body.text("from"));
  order.from = from.value_or("");
  TRY(const auto to, body.text("to"));
  order.to = to.value_or("");
  TRY(const auto reason, body.text("reason"));
  order.reason = reason.value_or("");
  TRY_VOID(check(order));
  return order;
}

awaitable<Result<>> commit(const ControlParts& parts, store::Step step) {
  co_return co_await parts.relay->committers()[net::IoThreads::current()].commit(std::move(step));
}

awaitable<Result<Response>> list_orders(const ControlParts& parts, Call /*call*/) {
  CO_TRY(const auto orders, LinkOrders::load(*parts.store));
  const auto directory = parts.directory->snapshot();
  JsonText json;
  json.begin_object();
  json.begin_array("orders");
  for (const LinkOrder& order : orders->all()) {
    write(json, order, *directory);
  }
  json.end_array();
  json.end_object();
  co_return json_answer(json.take());
}

awaitable<Result<Response>> give_order(const ControlParts& parts, Call call) {
  CO_TRY(const RequestBody body,
         RequestBody::parse(call.request.body, {"what", "account", "message", "host", "campaign",
                                                "from", "to", "reason"}));
  const auto directory = parts.directory->snapshot();
  CO_TRY(const LinkOrder order, order_of(body, *directory, parts.relay->clock().now()));
  store::Step step;
  LinkOrders::put(step, order);
  CO_TRY_VOID(co_await commit(parts, std::move(step)));
  parts.relay->link_orders().apply(order);
  JsonText json;
  write(json, order, *directory);
  co_return json_answer(json.take(), 201);
}

awaitable<Result<Response>> take_back(const ControlParts& parts, Call call) {
  const std::string& id = call.name("id");
  if (!parts.relay->link_orders().has(id)) {
    co_return fail(Errc::not_found, "there is no order " + printable(id, 40));
  }
  store::Step step;
  LinkOrders::erase(step, id);
  CO_TRY_VOID(co_await commit(parts, std::move(step)));
  parts.relay->link_orders().forget(id);
  JsonText json;
  json.begin_object();
  json.field("removed", id);
  json.end_object();
  co_return json_answer(json.take());
}

constexpr std::array kEntries{Entry{"GET", "/v1/link-orders", Needs::stores, list_orders},
                              Entry{"POST", "/v1/link-orders", Needs::relay, give_order},
                              Entry{"DELETE", "/v1/link-orders/{id}", Needs::relay, take_back}};

}  // namespace

std::span<const Entry> link_entries() {
  return kEntries;
}

}  // namespace postrider::http
