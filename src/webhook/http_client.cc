#include "webhook/http_client.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http.hpp>

#include "base/text.h"
#include "net/connect.h"
#include "webhook/address_check.h"

namespace postrider::webhook {

namespace asio = boost::asio;
namespace bhttp = boost::beast::http;
using asio::awaitable;
using boost::system::error_code;

namespace {

constexpr std::chrono::seconds kConnect{10};
constexpr std::chrono::seconds kTls{10};
constexpr std::uint32_t kHeadMax = 16 << 10;
constexpr std::uint64_t kBodyMax = 64 << 10;
constexpr std::size_t kAddressesTried = 4;
constexpr std::size_t kIdleMax = 8;
constexpr std::chrono::minutes kKeptFor{5};  // then its name is looked up again
constexpr int kInterimMax = 8;               // 1xx answers in front of the one that counts

using Parser = bhttp::response_parser<bhttp::string_body>;

std::unique_ptr<Parser> make_parser() {
  auto parser = std::make_unique<Parser>();
  parser->header_limit(kHeadMax);
  parser->body_limit(kBodyMax);
  parser->eager(true);
  return parser;
}

struct Exchange {
  HttpAnswer answer;
  bool may_keep = false;
};

/// What one connection made of a request.
struct Outcome {
  Result<Exchange> result;
  bool has_begun = false;  ///< something of an answer came
};

Exchange exchange_of(Parser& parser, bool is_whole) {
  HttpAnswer answer{.status = parser.get().result_int(), .body = parser.get().body(), .fields = {}};
  for (const auto& field : parser.get()) {
    answer.fields.emplace_back(field.name_string(), field.value());
  }
  return {.answer = std::move(answer), .may_keep = is_whole && parser.keep_alive()};
}

/// Feeds what has been received to the parser; the error, if there is one that matters. Extensions
/// and trailers of chunks, which Beast's limits leave out, may be as long as a head.
error_code take(net::Stream& stream, Parser& parser) {
  while (!stream.buffered().empty() && !parser.is_done()) {
    const std::string_view bytes = stream.buffered();
    error_code ec;
    const std::size_t used = parser.put(asio::buffer(bytes.data(), bytes.size()), ec);
    stream.consume(used);
    if (ec == bhttp::error::need_more) {
      return stream.buffered().size() > kHeadMax ? bhttp::error::header_limit : error_code();
    }
    if (ec || used == 0) {
      return ec;
    }
  }
  return {};
}

bool is_interim(Parser& parser) {
  return parser.is_done() && parser.get().result_int() / 100 == 1;
}

awaitable<Outcome> read_answer(net::Stream& stream, net::Deadline deadline) {
  auto parser = make_parser();
  Outcome outcome{.result = Exchange(), .has_begun = false};
  for (int interim = 0;;) {
    const error_code ec = take(stream, *parser);
    if (is_interim(*parser) && interim++ < kInterimMax) {
      parser = make_parser();
      continue;
    }
    if (parser->is_done() || (ec && parser->is_header_done())) {
      outcome.result = exchange_of(*parser, parser->is_done() && stream.buffered().empty());
      co_return outcome;
    }
    if (ec) {
      outcome.result = fail(Errc::invalid, "the answer is not HTTP: " + ec.message());
      co_return outcome;
    }
    const Result<> filled = co_await stream.fill(deadline);
    if (!filled) {
      if (parser->is_header_done()) {  // the answer is there; what is lost is what it says besides
        outcome.result = exchange_of(*parser, false);
      } else {
        outcome.result = fail(filled.error());
      }
      co_return outcome;
    }
    outcome.has_begun = true;
  }
}

awaitable<Outcome> exchange(net::Stream& stream, std::string_view head, std::string_view body,
                            net::Deadline deadline) {
  const std::array<std::string_view, 2> pieces{head, body};
  const Result<> written = co_await stream.write(pieces, deadline);
  if (!written && written.error().code() != Errc::closed &&
      written.error().code() != Errc::unavailable) {
    co_return Outcome{.result = fail(written.error()), .has_begun = false};
  }
  // A server that refuses early answers and closes while the rest of the request is on its way.
  co_return co_await read_answer(stream, deadline);
}

std::string place_of(const Url& url) {
  return (url.is_https ? "https://" : "http://") + url.host_header();
}

std::string request_head(const HttpRequest& request) {
  const Url& url = request.url;
  std::string text = request.method + " " + url.target + " HTTP/1.1\r\nHost: " + url.host_header() +
                     "\r\nContent-Length: " + std::to_string(request.body.size()) + "\r\n";
  if (!url.user.empty() || !url.password.empty()) {
    text += "Authorization: Basic " + base64(url.user + ":" + url.password) + "\r\n";
  }
  return text + request.head + "\r\n";
}

}  // namespace

std::string_view HttpAnswer::field(std::string_view name) const {
  const auto found = std::ranges::find_if(
      fields, [&](const auto& field) { return equal_ignoring_case(field.first, name); });
  return found == fields.end() ? std::string_view() : found->second;
}

HttpClient::HttpClient(dns::Resolver& resolver, std::shared_ptr<const net::TlsClient> tls)
    : resolver_(resolver), tls_(std::move(tls)) {}

awaitable<Result<HttpAnswer>> HttpClient::post(Url url, std::string head, std::string body,
                                               std::vector<net::Network> allowed,
                                               std::chrono::milliseconds answer_within) {
  HttpRequest request{.method = "POST",
                      .url = std::move(url),
                      .head = std::move(head),
                      .body = std::move(body),
                      .allowed = std::move(allowed),
                      .answer_within = answer_within};
  co_return co_await ask(std::move(request));
}

awaitable<Result<HttpAnswer>> HttpClient::ask(HttpRequest request) {
  const std::string whole_head = request_head(request);
  const std::string place = place_of(request.url);
  while (true) {
    std::optional<Kept> kept = take_idle(place);
    const bool is_used = kept.has_value();
    if (!is_used) {
      CO_TRY(net::Stream stream, co_await open(request.url, request.allowed));
      kept.emplace(Kept{
          .stream = std::move(stream), .host = place, .opened = std::chrono::steady_clock::now()});
    }
    Outcome outcome = co_await exchange(kept->stream, whole_head, request.body,
                                        net::within(request.answer_within));
    if (outcome.result) {
      if (outcome.result->may_keep) {
        keep(*std::move(kept));
      }
      co_return std::move(outcome.result->answer);
    }
    const bool was_closed = outcome.result.error().code() == Errc::closed ||
                            outcome.result.error().code() == Errc::unavailable;
    if (is_used && !outcome.has_begun && was_closed) {
      continue;  // closed while it was idle: nobody has read the request
    }
    co_return fail(std::move(outcome.result).error());
  }
}

awaitable<Result<net::Stream>> HttpClient::open(const Url& url,
                                                const std::vector<net::Network>& allowed) {
  std::vector<asio::ip::address> addresses;
  if (url.address) {
    addresses.push_back(*url.address);
  } else {
    CO_TRY(auto found, co_await resolver_.addresses(url.host, true, true),
           "looking up " + url.host);
    addresses = std::move(found.records);
  }
  std::optional<Error> why;
  std::erase_if(addresses, [&](const asio::ip::address& address) {
    Result<> fine = check_address(address, allowed);
    if (!fine) {
      why = std::move(fine).error();
    }
    return !fine;
  });
  addresses.resize(std::min(addresses.size(), kAddressesTried));
  for (const asio::ip::address& address : addresses) {
    const asio::ip::tcp::endpoint target(address, url.port);
    auto stream = co_await net::connect(target, std::nullopt, net::within(kConnect));
    if (!stream) {
      why = Error(stream.error()).within("connecting to " + net::to_string(target));
      continue;
    }
    if (url.is_https) {
      CO_TRY_VOID(co_await stream->connect_tls(tls_, url.host, net::within(kTls)),
                  "TLS with " + net::to_string(target));
    }
    co_return std::move(*stream);
  }
  co_return fail(why ? *why : Error(Errc::not_found, url.host + " has no address"));
}

std::optional<HttpClient::Kept> HttpClient::take_idle(const std::string& host) {
  const auto now = std::chrono::steady_clock::now();
  while (!idle_.empty()) {
    Kept kept = std::move(idle_.back());
    idle_.pop_back();
    if (kept.host == host && now - kept.opened < kKeptFor && kept.stream.is_open() &&
        kept.stream.is_quiet()) {
      return kept;
    }
  }
  return std::nullopt;
}

void HttpClient::keep(Kept kept) {
  if (idle_.size() < kIdleMax) {
    idle_.push_back(std::move(kept));
  }
}

}  // namespace postrider::webhook
