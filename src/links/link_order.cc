#include "links/link_order.h"

#include <algorithm>
#include <array>
#include <sodium.h>

#include "base/bytes.h"
#include "base/text.h"

namespace postrider::links {
namespace {

constexpr std::uint8_t kVersion = 1;
using What = LinkOrder::What;

struct Name {
  What what;
  std::string_view name;
};
constexpr std::array kNames{
    Name{What::withdraw_account, "account"}, Name{What::withdraw_message, "message"},
    Name{What::withdraw_host, "host"}, Name{What::point_elsewhere, "target"}};

}  // namespace

std::string_view to_string(What what) {
  const auto found = std::ranges::find(kNames, what, &Name::what);
  return found == kNames.end() ? "unknown" : found->name;
}

std::string id_of(const LinkOrder& order) {
  std::string about{static_cast<char>(order.what)};
  put_varint(about, order.account.value);
  put_varint(about, order.message.value);
  put_bytes(about, order.host);
  put_bytes(about, order.campaign);
  put_bytes(about, order.from);
  // Not a checksum: nobody shall find two that are the same.
  std::array<unsigned char, crypto_generichash_BYTES_MIN> hash{};
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(about.data()),
                     about.size(), nullptr, 0);
  return hex({reinterpret_cast<const char*>(hash.data()), hash.size()});
}

Result<> check(const LinkOrder& order) {
  switch (order.what) {
    case What::withdraw_account:
      return order.account.exists() ? Result<>() : fail(Errc::invalid, "an account is needed");
    case What::withdraw_message:
      return order.message.exists() ? Result<>() : fail(Errc::invalid, "a message is needed");
    case What::withdraw_host:
      return host_of("https://" + order.host) == order.host && !order.host.empty()
                 ? Result<>()
                 : fail(Errc::invalid, "a host is needed, such as shop.example");
    case What::point_elsewhere:
      break;
  }
  if (!order.account.exists()) {
    return fail(Errc::invalid, "an account is needed");
  }
  if (!may_redirect_to(order.from) || !may_redirect_to(order.to)) {
    return fail(Errc::invalid, "from and to are URLs with http or https, in plain ASCII");
  }
  return {};
}

std::string encode(const LinkOrder& order) {
  std::string record = begin_record(kVersion, 128);
  record.push_back(static_cast<char>(order.what));
  put_varint(record, order.account.value);
  put_varint(record, order.message.value);
  for (const std::string* text :
       {&order.host, &order.campaign, &order.from, &order.to, &order.reason}) {
    put_bytes(record, *text);
  }
  put_varint(record, static_cast<std::uint64_t>(order.since.time_since_epoch().count()));
  return seal_record(std::move(record));
}

Result<LinkOrder> decode_order(std::string_view record) {
  const OpenedRecord opened = open_record(record);
  Reader reader(opened.intact && opened.version == kVersion ? opened.payload : std::string_view());
  LinkOrder order;
  order.what = static_cast<What>(reader.u8());
  order.account = AccountId{reader.varint()};
  order.message = MessageId{reader.varint()};
  for (std::string* text : {&order.host, &order.campaign, &order.from, &order.to, &order.reason}) {
    *text = reader.bytes();
  }
  order.since = Time(Duration(static_cast<std::int64_t>(reader.varint())));
  if (!reader.ok() || !reader.at_end() || to_string(order.what) == "unknown") {
    return fail(Errc::corrupt, "an order about links can't be read");
  }
  return order;
}

bool may_redirect_to(std::string_view url) {
  const bool is_web = url.starts_with("http://") || url.starts_with("https://");
  const auto host = url.find("://") + 3;
  return is_web && host < url.size() && url[host] != '/' &&
         std::ranges::all_of(url, [](char c) { return c > ' ' && c < '\x7f'; });
}

std::string host_of(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) {
    return {};
  }
  std::string_view host = url.substr(scheme + 3);
  host = host.substr(0, host.find_first_of("/?#\\"));
  if (const auto user = host.rfind('@'); user != std::string_view::npos) {
    host.remove_prefix(user + 1);
  }
  const auto bracket = host.find(']');
  const auto port = host.find(':', bracket == std::string_view::npos ? 0 : bracket);
  host = host.substr(0, port);
  if (host.ends_with('.')) {
    host.remove_suffix(1);  // the same name, written in full (RFC 1034, 3.1)
  }
  return lower(host);
}

}  // namespace postrider::links
