// Certificates of tracking hosts.
#include <array>

#include "base/json_text.h"
#include "base/text.h"
#include "http/control.h"
#include "http/link_server.h"

namespace postrider::http {

using boost::asio::awaitable;

namespace {

void write(JsonText& json, const HostCertificate& one) {
  json.begin_object();
  json.field("host", one.host);
  json.field("account", one.account);
  json.field("source", one.source);
  if (!one.source.empty()) {
    json.field("good_until", format_time(one.good_until));
  }
  json.field("state", one.state);
  if (!one.why.empty()) {
    json.field("why", one.why);
    json.field("next_try", format_time(one.next_try));
  }
  json.end_object();
}

Result<LinkServer*> links_of(const ControlParts& parts) {
  if (parts.links == nullptr) {
    return fail(Errc::invalid,
                "links.listen is empty: readers are not answered here, and need no certificates");
  }
  return parts.links;
}

awaitable<Result<Response>> list(const ControlParts& parts, Call /*call*/) {
  JsonText json;
  json.begin_object();
  json.begin_array("certificates");
  if (parts.links != nullptr) {
    for (const HostCertificate& one : parts.links->keeper().all()) {
      write(json, one);
    }
  }
  json.end_array();
  json.end_object();
  co_return json_answer(json.take());
}

awaitable<Result<Response>> renew(const ControlParts& parts, Call call) {
  CO_TRY(LinkServer * links, links_of(parts));
  const std::string host = domain_key(call.name("host"));
  CO_TRY_VOID(links->keeper().renew(host));
  JsonText json;
  json.begin_object();
  json.field("host", host);
  json.end_object();
  co_return json_answer(json.take(), 202);
}

constexpr std::array kEntries{Entry{"GET", "/v1/certificates", Needs::relay, list},
                              Entry{"POST", "/v1/certificates/{host}/renew", Needs::relay, renew}};

}  // namespace

std::span<const Entry> certificate_entries() {
  return kEntries;
}

}  // namespace postrider::http
