#include "relay/settings.h"

#include <algorithm>

#include "net/descriptors.h"

namespace postrider::relay {

namespace ip = boost::asio::ip;

namespace {

// Strangers send it, and what reads it reads no more.
constexpr std::uint32_t kInboundHeaderBytesMax = 1 << 20;

}  // namespace

std::map<std::string, ListenerSettings> default_listeners() {
  const auto loopback = [](std::uint16_t port) {
    return std::vector<Endpoint>{{ip::address_v4::loopback(), port},
                                 {ip::address_v6::loopback(), port}};
  };
  ListenerSettings smtp;
  smtp.endpoints = loopback(2525);
  ListenerSettings smtps;
  smtps.endpoints = loopback(2465);
  smtps.tls = ListenerTls::implicit;
  ListenerSettings inbound;
  inbound.kind = ListenerKind::inbound;
  inbound.endpoints = loopback(2524);
  inbound.auth_required = false;
  return {{"smtp", smtp}, {"smtps", smtps}, {"inbound", inbound}};
}

smtp::ServerOptions server_options(const Settings& settings, const ListenerSettings& listener) {
  smtp::ServerOptions options;
  options.hostname = settings.hostname;
  options.message_bytes_max = listener.message_bytes_max;
  options.recipients_max = listener.recipients_max;
  options.transactions_max = settings.limits.transactions_max;
  options.errors_max = settings.limits.errors_max;
  options.hops_max = settings.limits.hops_max;
  options.line_bytes_max = settings.limits.line_bytes_max;
  options.header_bytes_max = listener.kind == ListenerKind::inbound
                                 ? kInboundHeaderBytesMax
                                 : settings.limits.header_bytes_max;
  options.tls_required = listener.tls_required;
  options.auth_offered = listener.kind == ListenerKind::submission;
  options.auth_required = options.auth_offered && listener.auth_required;
  options.auth_in_clear = listener.auth_in_clear;
  options.implicit_tls = listener.tls == ListenerTls::implicit;
  options.timeouts = settings.limits.timeouts;
  options.proxy_from = listener.proxy_from;
  options.xclient_from = listener.xclient_from;
  return options;
}

std::size_t sessions_reachable() {
  constexpr std::size_t kOurOwn = 60;  // listeners, loops, files; measured: about 45
  const std::size_t below = net::descriptor_shares().accepted_below;
  return below - std::min(below, kOurOwn);
}

std::optional<std::string> unreachable_sessions(const Settings& settings) {
  if (settings.limits.sessions_max <= sessions_reachable()) {
    return std::nullopt;
  }
  return "limits.sessions_max is " + std::to_string(settings.limits.sessions_max) +
         ", and with at most " + std::to_string(net::descriptor_shares().limit) +
         " descriptors (ulimit -n; systemd: LimitNOFILE) about " +
         std::to_string(sessions_reachable()) +
         " sessions are served at a time; further connections wait";
}

bool takes_inbound(const Settings& settings) {
  return std::ranges::any_of(settings.listeners, [](const auto& listener) {
    return listener.second.kind == ListenerKind::inbound;
  });
}

delivery::UnsubscribeMail unsubscribe_mail(const Settings& settings) {
  const bool has_domain = settings.return_path_domain != settings.hostname;
  const LinkSettings& links = settings.links;
  return {.is_read = takes_inbound(settings),
          .domain = has_domain ? settings.return_path_domain : "",
          .has_pages = !links.endpoints.empty() || !links.public_names.empty()};
}

TlsSettings tls_files(const Settings& settings) {
  if (!settings.tls.certificate.empty()) {
    return settings.tls;
  }
  return {.certificate = settings.data / "certificate.pem", .key = settings.data / "key.pem"};
}

}  // namespace postrider::relay
