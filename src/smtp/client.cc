#include "smtp/client.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "smtp/client_commands.h"
#include "smtp/client_transaction.h"
#include "smtp/conversation.h"

namespace postrider::smtp {

namespace asio = boost::asio;

namespace {

// RFC 4954, 4: a longer first response must wait for the peer's 334.
constexpr std::size_t kLongestAuthLine = 510;

bool offers(const PeerFeatures& peer, std::string_view mechanism) {
  return std::ranges::find(peer.auth, mechanism) != peer.auth.end();
}

asio::awaitable<Result<Reply>> auth_plain(Conversation& peer, std::string response) {
  const auto limit = peer.timeouts.hello;
  const std::string line = "AUTH PLAIN " + response;
  if (line.size() <= kLongestAuthLine) {
    co_return co_await peer.exchange(line, "AUTH", limit);
  }
  CO_TRY(Reply reply, co_await peer.exchange("AUTH PLAIN", "AUTH", limit));
  if (reply.code != 334) {
    co_return reply;
  }
  co_return co_await peer.exchange(std::move(response), "the AUTH response", limit);
}

asio::awaitable<Result<Reply>> auth_login(Conversation& peer, std::string user,
                                          std::string password) {
  const auto limit = peer.timeouts.hello;
  CO_TRY(Reply reply, co_await peer.exchange("AUTH LOGIN", "AUTH", limit));
  if (reply.code != 334) {
    co_return reply;
  }
  CO_TRY(reply, co_await peer.exchange(base64(user), "the user name of AUTH", limit));
  if (reply.code != 334) {
    co_return reply;
  }
  co_return co_await peer.exchange(base64(password), "the password of AUTH", limit);
}

}  // namespace

Client::Client(net::Stream stream, ClientTimeouts timeouts)
    : conversation_(std::make_shared<Conversation>(std::move(stream), timeouts)) {}

asio::awaitable<Result<Reply>> Client::greeting() {
  const auto peer = conversation_;
  co_return co_await peer->read_reply("the connection", net::within(peer->timeouts.greeting));
}

asio::awaitable<Result<Reply>> Client::hello(std::string name) {
  const auto peer = conversation_;
  peer->features = {};
  CO_TRY(Reply reply, co_await peer->exchange("EHLO " + name, "EHLO", peer->timeouts.hello));
  if (reply.code == 250) {
    peer->features = parse_features(reply.text);
    co_return reply;
  }
  if (reply.code != 500 && reply.code != 502 && reply.code != 504) {
    co_return reply;
  }
  co_return co_await peer->exchange("HELO " + name, "HELO", peer->timeouts.hello);
}

const PeerFeatures& Client::features() const {
  return conversation_->features;
}

void Client::forgo_pipelining() {
  conversation_->features.pipelining = false;
}

asio::awaitable<Result<Reply>> Client::start_tls(std::shared_ptr<const net::TlsClient> tls,
                                                 std::string host) {
  const auto peer = conversation_;
  CO_TRY(Reply reply, co_await peer->exchange("STARTTLS", "STARTTLS", peer->timeouts.hello));
  if (reply.code != 220) {
    co_return reply;
  }
  // RFC 3207, 4.2: what was said in the clear is forgotten.
  peer->features = {};
  CO_TRY_VOID(co_await peer->shake_hands(std::move(tls), std::move(host)));
  co_return reply;
}

asio::awaitable<Result<>> Client::implicit_tls(std::shared_ptr<const net::TlsClient> tls,
                                               std::string host) {
  const auto peer = conversation_;
  co_return co_await peer->shake_hands(std::move(tls), std::move(host));
}

asio::awaitable<Result<Reply>> Client::authenticate(std::string user, std::string password) {
  const auto peer = conversation_;
  if (user.contains('\0') || password.contains('\0')) {
    co_return fail(Errc::invalid, "a user name or password with a zero byte can't be sent");
  }
  if (offers(peer->features, "PLAIN")) {
    std::string response;
    response += '\0';
    response += user;
    response += '\0';
    response += password;
    co_return co_await auth_plain(*peer, base64(response));
  }
  if (offers(peer->features, "LOGIN")) {
    co_return co_await auth_login(*peer, std::move(user), std::move(password));
  }
  co_return fail(Errc::not_found, "the peer offers neither AUTH PLAIN nor AUTH LOGIN");
}

asio::awaitable<TransactionResult> Client::transact(Outgoing message, const Envelope* next,
                                                    std::uint64_t next_content_bytes) {
  const auto peer = conversation_;
  ClientTransaction transaction(*peer, message);
  co_return co_await transaction.run(next, next_content_bytes);
}

asio::awaitable<void> Client::quit() {
  const auto peer = conversation_;
  if (!peer->is_over && peer->ahead == nullptr) {
    std::ignore = co_await peer->exchange("QUIT", "QUIT", peer->timeouts.quit);
  }
  peer->is_over = true;
  peer->stream.close();
}

net::Stream& Client::stream() {
  return conversation_->stream;
}

Result<> check_peer(const PeerFeatures& peer, const Envelope& envelope,
                    std::uint64_t content_bytes) {
  const bool is_ascii = envelope.reverse_path.is_ascii() &&
                        std::ranges::all_of(envelope.recipients, [](const Recipient& recipient) {
                          return recipient.address.is_ascii();
                        });
  if ((envelope.smtputf8 || !is_ascii) && !peer.smtputf8) {
    return fail(Errc::invalid, "the peer does not offer SMTPUTF8, which the message needs");
  }
  if (peer.size_max != 0 && content_bytes > peer.size_max) {
    return fail(Errc::invalid, "the message has " + std::to_string(content_bytes) +
                                   " bytes, the peer takes at most " +
                                   std::to_string(peer.size_max));
  }
  return {};
}

}  // namespace postrider::smtp
