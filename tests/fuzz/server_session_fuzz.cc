// A script of what a client does to a whole server session, against a model of what a session may
// answer (support/session_model.h).
//
// The input is two bytes of options, one of lengths, and then what the client sends, as it stands;
// byte 1 and a letter are something else it does:
//   \1|    what came before goes out by itself       \1T    a TLS handshake, where one is due
//   \1Pn   a pause of four times n seconds           \1G    bytes that are no record, under TLS
//   \1D    it reads nothing any more                 \1L    it reads again
//   \1S    the session is asked to stop              \1E    the end of what it sends
// What is sent goes out in pieces of the given length, 0: up to the next such act.
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/log.h"
#include "support/choices.h"
#include "support/session_client.h"
#include "support/tls_peer.h"

namespace {

using namespace postrider;
using fuzz::SessionClient;

constexpr char kAct = '\1';
constexpr std::string_view kActs = "|TPGDLSE";

std::shared_ptr<const smtp::ServerOptions> options_from(std::uint8_t first, std::uint8_t second) {
  smtp::ServerOptions options;
  options.hostname = "fuzz.test";
  options.message_bytes_max = 4000;
  options.recipients_max = 5;
  options.hops_max = 5;
  options.transactions_max = (first & 1) != 0 ? 3 : 0;
  options.auth_required = (first & 2) != 0;
  options.line_bytes_max = (first & 4) != 0 ? 1000 : 0;
  // A socket pair has no address: what belongs to networks can't be told apart, and is all or none.
  if ((first & 8) != 0) {
    options.xclient_from = {*net::parse_network("::/0")};
  }
  if ((first & 16) != 0) {
    options.proxy_from = {*net::parse_network("::/0")};
  }
  if ((first & 32) != 0) {
    options.tls = fuzz::tls_server;
    options.tls_required = (first & 64) != 0;
    options.implicit_tls = (first & 128) != 0;
  }
  options.auth_in_clear = (second & 1) == 0;
  options.auth_offered = (second & 2) == 0;
  options.offers_chunking = (second & 4) == 0;
  options.errors_max = (second & 32) != 0 ? 3 : 20;
  options.offers_8bitmime = options.offers_smtputf8 = options.offers_dsn = (second & 64) == 0;
  return std::make_shared<const smtp::ServerOptions>(std::move(options));
}

/// Does the act at the front of `script`, and takes it off.
void act(SessionClient& client, std::string_view& script) {
  const char what = script[1];
  const auto argument = static_cast<std::uint8_t>(script.size() > 2 ? script[2] : 0);
  script.remove_prefix(std::min<std::size_t>(what == 'P' ? 3 : 2, script.size()));
  switch (what) {
    case 'T':
      return client.start_tls();
    case 'P':
      return client.pause(std::chrono::seconds(4 * argument));
    case 'G':
      return client.break_tls();
    case 'D':
    case 'L':
      return client.listen(what == 'L');
    case 'S':
      return client.request_stop();
    case 'E':
      return client.end();
    default:
      return;
  }
}

bool is_act(std::string_view script) {
  return script.size() >= 2 && script[0] == kAct && kActs.contains(script[1]);
}

void play(SessionClient& client, std::string_view script, std::size_t piece) {
  std::string unsent;
  while (!script.empty()) {
    if (!is_act(script)) {
      unsent += script.front();
      script.remove_prefix(1);
    }
    if (script.empty() || unsent.size() == piece || is_act(script)) {
      client.send(unsent);
      unsent.clear();
    }
    if (is_act(script)) {
      act(client, script);
    }
  }
  client.finish();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 32768) {
    return -1;
  }
  fuzz::Choices choices(data, size);
  const std::uint8_t first = choices.byte();
  const std::uint8_t piece = choices.byte();
  const std::uint8_t second = choices.byte();
  const auto options = options_from(first, second);
  SessionClient client(options, static_cast<fuzz::Greeting>(second >> 3 & 3));
  play(client, choices.rest(), piece);
  return 0;
}
