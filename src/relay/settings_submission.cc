#include <chrono>
#include <cstdint>
#include <limits>

#include "net/tls.h"
#include "relay/settings_sections.h"

namespace postrider::relay {
namespace {

using namespace std::chrono_literals;

void read_tls(Section section, TlsSettings& tls) {
  section.read("certificate", path(), tls.certificate);
  section.read("key", path(), tls.key);
  if (tls.certificate.empty() != tls.key.empty()) {
    section.complain(tls.key.empty() ? "key" : "certificate",
                     "is missing; write the paths of both certificate and key, or of neither");
    return;
  }
  if (!tls.certificate.empty()) {
    // What a handshake will need is tried now, while somebody is looking.
    if (const auto made = net::TlsServer::create(tls.certificate, tls.key); !made) {
      section.complain("certificate", made.error().text());
    }
  }
}

void read_timeouts(Section section, smtp::ServerTimeouts& timeouts) {
  section.read("greeting", duration(10ms, 10min), timeouts.greeting);
  section.read("command", duration(10ms, 1h), timeouts.command);
  section.read("data", duration(10ms, 6h), timeouts.data);
  section.read("data_block", duration(10ms, 1h), timeouts.data_block);
  section.read("data_grace", duration(10ms, 6h), timeouts.data_grace);
  section.read("data_rate_min", size(0, 1 << 20), timeouts.data_rate_min);
  section.read("write", duration(10ms, 1h), timeouts.write);
}

void read_limits(Section section, LimitSettings& limits) {
  constexpr std::uint32_t kMost = 1'000'000;
  section.read("sessions_max", whole(1, kMost), limits.sessions_max);
  section.read("sessions_per_address_max", whole(1, kMost), limits.sessions_per_address_max);
  section.read("transactions_max", whole(0, kMost), limits.transactions_max);
  section.read("errors_max", whole(1, 1000), limits.errors_max);
  section.read("hops_max", whole(1, 1000), limits.hops_max);
  section.read("line_bytes_max", whole(0, std::numeric_limits<std::int32_t>::max()),
               limits.line_bytes_max);
  if (limits.line_bytes_max != 0 && limits.line_bytes_max < 1000) {
    section.complain(
        "line_bytes_max",
        "would refuse lines that RFC 5322 allows; write 1000 or more, or 0 for no limit");
  }
  section.read("header_bytes_max", whole(0, std::numeric_limits<std::int32_t>::max()),
               limits.header_bytes_max);
  if (limits.header_bytes_max != 0 && limits.header_bytes_max < 65'536) {
    section.complain("header_bytes_max",
                     "would refuse headers that clients write; write 65536 or more, or 0 for no "
                     "limit but the message's");
  }
  section.read("memory", size(0, std::uint64_t{1} << 50), limits.memory_bytes);
  section.read("idle_when_crowded", duration(10ms, 1h), limits.idle_when_crowded);
  read_timeouts(section.section("timeouts"), limits.timeouts);
}

void read_auth(Section section, directory::AuthenticatorOptions& auth) {
  section.read("remember", duration(0s, 1h), auth.remember);
  section.read("familiar", duration(0s, 24h * 365), auth.familiar);
  section.read("window", duration(1s, 24h), auth.window);
  section.read("failures_by_address_max", whole(1, 1'000'000), auth.failures_by_address);
  section.read("failures_by_user_max", whole(1, 1'000'000), auth.failures_by_user);
}

}  // namespace

void read_submission(Section& root, Settings& settings) {
  read_tls(root.section("tls"), settings.tls);
  read_limits(root.section("limits"), settings.limits);
  read_auth(root.section("auth"), settings.auth);
}

}  // namespace postrider::relay
