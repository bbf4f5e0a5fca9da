#include "acme/client.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "acme/certificate_request.h"
#include "base/json_text.h"
#include "base/text.h"

namespace postrider::acme {

namespace asio = boost::asio;
using asio::awaitable;

namespace {

using webhook::HttpAnswer;

constexpr std::chrono::seconds kPauseLeast{1};
constexpr std::chrono::seconds kPauseMost{10};
constexpr std::chrono::seconds kRetryAfterMost = std::chrono::days(7);
constexpr int kNoncesTried = 10;

template <class... Rest>
std::unexpected<Refusal> refuse(Errc code, std::string why, Rest... rest) {
  return std::unexpected(Refusal(Error(code, std::move(why)), rest...));
}

std::chrono::seconds retry_after(const HttpAnswer& answer) {
  const std::string_view text = trim(answer.field("Retry-After"));
  long seconds = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const bool is_number = ec == std::errc() && end == text.data() + text.size() && seconds > 0;
  return is_number ? std::min(std::chrono::seconds(seconds), kRetryAfterMost)
                   : std::chrono::seconds(0);
}

/// Names of hosts, and how many of them there may be, are the host's own trouble; an account that
/// is refused is everybody's.
bool concerns_host(const Problem& problem, unsigned status) {
  constexpr std::array kEverybodys{"accountDoesNotExist",   "badPublicKey",
                                   "badSignatureAlgorithm", "externalAccountRequired",
                                   "unauthorized",          "userActionRequired",
                                   "serverInternal",        "malformed"};
  return status / 100 == 4 &&
         std::ranges::find(kEverybodys, problem.type) == std::ranges::end(kEverybodys);
}

std::unexpected<Refusal> refusal_of(const HttpAnswer& answer, const std::string& doing) {
  const Problem problem = parse_problem(answer.body);
  const bool is_no = answer.status / 100 == 4;
  const std::string words = problem.text().empty() ? "no reason" : problem.text();
  return refuse(is_no ? Errc::invalid : Errc::unavailable,
                doing + ": the authority answers " + std::to_string(answer.status) + ": " + words,
                concerns_host(problem, answer.status), retry_after(answer));
}

using Moment = std::chrono::steady_clock::time_point;

/// As long as the authority wants, within reason, and no longer than until the last look.
awaitable<void> pause(std::chrono::seconds wanted, Moment last_look) {
  const auto length = std::clamp(wanted, kPauseLeast, kPauseMost);
  asio::steady_timer timer(co_await asio::this_coro::executor,
                           std::min(std::chrono::steady_clock::now() + length, last_look));
  co_await timer.async_wait(asio::use_awaitable);
}

/// Shows a challenge for as long as it lives.
class Showing {
 public:
  Showing(Challenges& challenges, std::string host)
      : challenges_(challenges), host_(std::move(host)) {}
  ~Showing() { challenges_.hide(host_); }
  Showing(const Showing&) = delete;
  Showing& operator=(const Showing&) = delete;

 private:
  Challenges& challenges_;
  std::string host_;
};

std::string_view name_of(ChallengeType type) {
  return type == ChallengeType::http_01 ? "http-01" : "tls-alpn-01";
}

std::string problem_text(const std::optional<Problem>& problem) {
  return problem && !problem->text().empty() ? problem->text() : "no reason given";
}

std::string order_of(const std::string& host) {
  JsonText json;
  json.begin_object();
  json.begin_array("identifiers");
  json.begin_object();
  json.field("type", "dns");
  json.field("value", host);
  json.end_object();
  json.end_array();
  json.end_object();
  return json.take();
}

}  // namespace

// CO_TRY for what may be a Refusal.
#define GRANTED(declaration, expression)                                               \
  auto POSTRIDER_JOIN_(granted_, __LINE__) = expression;                               \
  if (!POSTRIDER_JOIN_(granted_, __LINE__)) {                                          \
    co_return std::unexpected(std::move(POSTRIDER_JOIN_(granted_, __LINE__)).error()); \
  }                                                                                    \
  declaration = *std::move(POSTRIDER_JOIN_(granted_, __LINE__))
#define GRANTED_VOID(expression)                              \
  do {                                                        \
    auto granted_ = expression;                               \
    if (!granted_) {                                          \
      co_return std::unexpected(std::move(granted_).error()); \
    }                                                         \
  } while (false)

Result<std::unique_ptr<Client>> Client::make(dns::Resolver& resolver, Challenges& challenges,
                                             AccountKey key, const Options& options) {
  TRY_VOID(webhook::parse_url(options.directory), "acme.directory");
  TRY(auto tls, net::TlsClient::create(true, options.ca_file), "acme.ca_file");
  return std::unique_ptr<Client>(
      new Client(resolver, challenges, std::move(key), options, std::move(tls)));
}

Client::Client(dns::Resolver& resolver, Challenges& challenges, AccountKey key, Options options,
               std::shared_ptr<const net::TlsClient> tls)
    : challenges_(challenges),
      key_(std::move(key)),
      options_(std::move(options)),
      http_(resolver, std::move(tls)) {}

awaitable<Granted<HttpAnswer>> Client::ask(std::string method, std::string url, std::string body) {
  auto parsed = webhook::parse_url(url);
  if (!parsed) {
    co_return refuse(Errc::unavailable,
                     "the authority names a URL that is none: " + printable(url, 200));
  }
  // The operator has named the authority: it may be anywhere.
  webhook::HttpRequest request{
      .method = std::move(method),
      .url = *std::move(parsed),
      .head = "User-Agent: postrider/" POSTRIDER_VERSION
              "\r\n"
              "Accept-Language: en\r\n",
      .body = std::move(body),
      .allowed = {*net::parse_network("0.0.0.0/0"), *net::parse_network("::/0")},
      .answer_within = options_.answer_within};
  if (!request.body.empty()) {
    request.head += "Content-Type: application/jose+json\r\n";
  }
  auto answer = co_await http_.ask(std::move(request));
  if (!answer) {
    const bool has_no_certificate = answer.error().code() == Errc::invalid;
    co_return refuse(has_no_certificate ? Errc::unavailable : answer.error().code(),
                     "asking " + printable(url, 200) + ": " + answer.error().text());
  }
  if (const std::string_view nonce = answer->field("Replay-Nonce"); !nonce.empty()) {
    nonce_ = nonce;
  }
  co_return *std::move(answer);
}

awaitable<Granted<std::string>> Client::take_nonce() {
  if (nonce_.empty()) {
    GRANTED(const HttpAnswer answer, co_await ask("GET", directory_->new_nonce, ""));
    if (nonce_.empty()) {
      co_return refusal_of(answer, "asking for a nonce");
    }
  }
  co_return std::exchange(nonce_, {});
}

awaitable<Granted<HttpAnswer>> Client::post(std::string url, std::string payload) {
  for (int tries = 1;; ++tries) {
    GRANTED(const std::string nonce, co_await take_nonce());
    JsonText header;
    header.begin_object();
    header.field("alg", "ES256");
    if (account_.empty()) {
      header.field_raw("jwk", key_.jwk());
    } else {
      header.field("kid", account_);
    }
    header.field("nonce", nonce);
    header.field("url", url);
    header.end_object();
    GRANTED(HttpAnswer answer, co_await ask("POST", url, key_.sign(header.take(), payload)));
    const bool is_stale = answer.status == 400 && parse_problem(answer.body).type == "badNonce";
    if (!is_stale || tries == kNoncesTried) {
      co_return answer;
    }
  }
}

awaitable<Granted<void>> Client::open_account() {
  if (!directory_) {
    GRANTED(const HttpAnswer answer, co_await ask("GET", options_.directory, ""));
    auto directory = parse_directory(answer.body);
    if (answer.status != 200 || !directory) {
      co_return refusal_of(answer, "reading the directory");
    }
    directory_ = *std::move(directory);
  }
  if (!account_.empty()) {
    co_return Granted<void>();
  }
  JsonText json;
  json.begin_object();
  json.field("termsOfServiceAgreed", options_.agree_to_terms);
  json.begin_array("contact");
  for (const std::string& address : options_.contact) {
    json.value("mailto:" + address);
  }
  json.end_array();
  if (!options_.eab_key_id.empty()) {
    const auto mac_key = decode_base64url(options_.eab_key);
    json.field_raw("externalAccountBinding",
                   bind_account(key_.jwk(), options_.eab_key_id, mac_key.value_or(""),
                                directory_->new_account));
  } else if (directory_->wants_external_account) {
    co_return refuse(Errc::invalid,
                     "the authority wants an account that it knows already: write acme.eab_key_id "
                     "and acme.eab_key as it has given them to you");
  }
  json.end_object();
  GRANTED(const HttpAnswer answer, co_await post(directory_->new_account, json.take()));
  if (answer.status / 100 != 2 || answer.field("Location").empty()) {
    auto refusal = refusal_of(answer, "opening an account");
    refusal.error().concerns_host = false;
    co_return refusal;
  }
  account_ = answer.field("Location");
  co_return Granted<void>();
}

awaitable<Granted<std::string>> Client::obtain(std::string host) {
  GRANTED_VOID(co_await open_account());
  GRANTED(const HttpAnswer answer, co_await post(directory_->new_order, order_of(host)));
  auto order = parse_order(answer.body);
  if (answer.status != 201 || !order) {
    co_return refusal_of(answer, "ordering");
  }
  const std::string order_url(answer.field("Location"));
  for (const std::string& authorization : order->authorizations) {
    GRANTED_VOID(co_await prove(host, authorization));
  }
  co_return co_await collect(host, order_url, *std::move(order));
}

awaitable<Granted<void>> Client::prove(std::string host, std::string url) {
  GRANTED(const HttpAnswer answer, co_await post(url, ""));
  const auto authorization = parse_authorization(answer.body);
  if (answer.status != 200 || !authorization) {
    co_return refusal_of(answer, "reading the authorization");
  }
  if (authorization->status == "valid") {
    co_return Granted<void>();
  }
  const std::string type(name_of(options_.challenge));
  const auto challenge = std::ranges::find(authorization->challenges, type, &Challenge::type);
  if (challenge == authorization->challenges.end()) {
    co_return refuse(Errc::invalid, "the authority offers no " + type + " for this host", true);
  }
  auto shown = challenges_.show(options_.challenge, host, challenge->token,
                                challenge->token + "." + key_.thumbprint());
  if (!shown) {
    co_return std::unexpected(Refusal(shown.error(), true));
  }
  const Showing showing(challenges_, host);
  GRANTED(const HttpAnswer begun, co_await post(challenge->url, "{}"));
  if (begun.status / 100 != 2) {
    co_return refusal_of(begun, "asking for the challenge");
  }
  co_return co_await wait_for_proof(url, type);
}

awaitable<Granted<void>> Client::wait_for_proof(std::string url, std::string type) {
  const auto until = std::chrono::steady_clock::now() + options_.done_within;
  while (true) {
    GRANTED(const HttpAnswer answer, co_await post(url, ""));
    const auto authorization = parse_authorization(answer.body);
    if (answer.status != 200 || !authorization) {
      co_return refusal_of(answer, "reading the authorization");
    }
    if (authorization->status == "valid") {
      co_return Granted<void>();
    }
    if (authorization->status != "pending" && authorization->status != "processing") {
      const auto challenge = std::ranges::find(authorization->challenges, type, &Challenge::type);
      const bool is_there = challenge != authorization->challenges.end();
      co_return refuse(Errc::invalid,
                       "the authority finds no proof by " + type + ": " +
                           problem_text(is_there ? challenge->problem : std::optional<Problem>()),
                       true);
    }
    if (std::chrono::steady_clock::now() >= until) {
      co_return refuse(Errc::timeout, "the authority has not looked at the challenge in time",
                       true);
    }
    co_await pause(retry_after(answer), until);
  }
}

awaitable<Granted<Order>> Client::look_at_order(std::string url, std::string while_it_is) {
  const auto until = std::chrono::steady_clock::now() + options_.done_within;
  while (true) {
    GRANTED(const HttpAnswer answer, co_await post(url, ""));
    auto order = parse_order(answer.body);
    if (answer.status != 200 || !order) {
      co_return refusal_of(answer, "reading the order");
    }
    if (order->status != while_it_is) {
      co_return *std::move(order);
    }
    if (std::chrono::steady_clock::now() >= until) {
      co_return refuse(Errc::timeout, "the authority has not finished the order in time", true);
    }
    co_await pause(retry_after(answer), until);
  }
}

awaitable<Granted<std::string>> Client::collect(std::string host, std::string order_url,
                                                Order order) {
  if (order.status == "pending") {  // as it was when it was made
    GRANTED(order, co_await look_at_order(order_url, "pending"));
  }
  auto request = make_certificate_request(host);
  if (!request) {
    co_return std::unexpected(Refusal(request.error(), true));
  }
  if (order.status == "ready") {
    JsonText json;
    json.begin_object();
    json.field("csr", base64url(request->der));
    json.end_object();
    GRANTED(const HttpAnswer answer, co_await post(order.finalize, json.take()));
    if (answer.status / 100 != 2) {
      co_return refusal_of(answer, "finalizing");
    }
    GRANTED(order, co_await look_at_order(order_url, "processing"));
  }
  if (order.status != "valid" || order.certificate.empty()) {
    co_return refuse(
        Errc::invalid,
        "the order is " + printable(order.status, 40) + ": " + problem_text(order.problem), true);
  }
  GRANTED(const HttpAnswer answer, co_await post(order.certificate, ""));
  if (answer.status != 200) {
    co_return refusal_of(answer, "downloading the certificate");
  }
  co_return request->key + answer.body;
}

#undef GRANTED
#undef GRANTED_VOID

}  // namespace postrider::acme
