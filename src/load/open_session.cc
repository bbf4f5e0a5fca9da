#include "load/open_session.h"

#include <utility>

#include "base/text.h"
#include "net/connect.h"
#include "net/network.h"

namespace postrider::load {

using boost::asio::awaitable;

namespace {

constexpr const char* kName = "load.postrider.example";

smtp::ClientTimeouts timeouts_of(const Options& options) {
  smtp::ClientTimeouts timeouts;
  for (auto* limit : {&timeouts.greeting, &timeouts.hello, &timeouts.tls, &timeouts.mail,
                      &timeouts.recipient, &timeouts.data, &timeouts.block, &timeouts.dot}) {
    *limit = options.timeout;
  }
  return timeouts;
}

/// Opens one session; `is_final` is set where another try would end the same way.
class Opening {
 public:
  Opening(const Options& options, std::shared_ptr<const net::TlsClient> tls)
      : options_(options), tls_(std::move(tls)) {}

  awaitable<Result<smtp::Client>> run() {
    CO_TRY(net::Stream stream,
           co_await net::connect(options_.target, std::nullopt, net::within(options_.timeout)));
    smtp::Client client(std::move(stream), timeouts_of(options_));
    if (options_.tls == Tls::implicit) {
      CO_TRY_VOID(co_await client.implicit_tls(tls_, options_.host));
    }
    CO_TRY(const smtp::Reply greeting, co_await client.greeting());
    CO_TRY_VOID(expect(greeting, 220, "the connection", false));
    CO_TRY_VOID(co_await hello(client));
    if (options_.tls == Tls::starttls) {
      CO_TRY_VOID(co_await start_tls(client));
    }
    if (!options_.user.empty()) {
      CO_TRY_VOID(co_await authenticate(client));
    }
    if (!options_.pipelining) {
      client.forgo_pipelining();
    }
    co_return client;
  }

  bool is_final() const { return is_final_; }

 private:
  /// A 5xx to what a session needs ends the load, where `refusal_is_final`.
  Result<> expect(const smtp::Reply& reply, int code, std::string_view command,
                  bool refusal_is_final) {
    if (reply.code == code) {
      return {};
    }
    is_final_ = refusal_is_final && reply.is_permanent();
    return fail(Errc::unavailable, "the peer answered " + std::string(command) + " with " +
                                       printable(smtp::to_string(reply), 200));
  }

  awaitable<Result<>> hello(smtp::Client& client) {
    CO_TRY(const smtp::Reply reply, co_await client.hello(kName));
    co_return expect(reply, 250, "EHLO", true);
  }

  awaitable<Result<>> start_tls(smtp::Client& client) {
    if (!client.features().starttls) {
      is_final_ = true;
      co_return fail(Errc::unavailable, "the peer does not offer STARTTLS");
    }
    CO_TRY(const smtp::Reply reply, co_await client.start_tls(tls_, options_.host));
    CO_TRY_VOID(expect(reply, 220, "STARTTLS", true));
    co_return co_await hello(client);
  }

  awaitable<Result<>> authenticate(smtp::Client& client) {
    if (client.features().auth.empty()) {
      is_final_ = true;
      co_return fail(Errc::unavailable,
                     "the peer does not offer AUTH" + std::string(tls_ ? "" : " without TLS"));
    }
    CO_TRY(const smtp::Reply reply, co_await client.authenticate(options_.user, options_.password));
    co_return expect(reply, 235, "AUTH", true);
  }

  const Options& options_;
  std::shared_ptr<const net::TlsClient> tls_;
  bool is_final_ = false;
};

}  // namespace

awaitable<Opened> open_session(const Options& options, std::shared_ptr<const net::TlsClient> tls) {
  Opening opening(options, std::move(tls));
  Result<smtp::Client> client = co_await opening.run();
  Opened opened;
  if (client) {
    opened.client = std::move(*client);
  } else {
    opened.error = std::move(client).error();
    opened.is_final = opening.is_final();
  }
  co_return opened;
}

}  // namespace postrider::load
