#include "http/link_session.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <utility>

#include <boost/beast/core/string.hpp>
#include <boost/beast/http.hpp>

#include "base/text.h"

namespace postrider::http {

namespace asio = boost::asio;
namespace bhttp = boost::beast::http;
namespace ip = boost::asio::ip;
using asio::awaitable;
using boost::system::error_code;

namespace {

using namespace std::chrono_literals;
using Parser = bhttp::request_parser<bhttp::string_body>;
using Fields = bhttp::request<bhttp::string_body>;

constexpr std::uint32_t kHeaderBytesMax = 16 << 10;
constexpr std::uint64_t kBodyBytesMax = 64 << 10;
constexpr auto kHandshake = 10s;
constexpr auto kFirstByte = 5s;
constexpr auto kSilence = 15s;
constexpr auto kSilenceWhenCrowded = 1s;
constexpr auto kPatience = 20s;
constexpr auto kLastWords = 1s;
constexpr std::size_t kBytesAfterTheLast = 64 << 10;

std::string_view view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

/// IMF-fixdate (RFC 9110, 5.6.7), made once a second.
std::string_view date_now() {
  thread_local std::time_t made_for = 0;
  thread_local std::array<char, 40> text{};
  thread_local std::size_t size = 0;
  const std::time_t now = std::time(nullptr);
  if (now != made_for) {
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    size = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    made_for = now;
  }
  return {text.data(), size};
}

/// The path of an origin form, and of an absolute one (RFC 9112, 3.2.2).
std::string_view path_of_target(std::string_view target) {
  if (const auto scheme = target.find("://");
      scheme != std::string_view::npos && target.find('/') > scheme) {
    const auto slash = target.find('/', scheme + 3);
    target = slash == std::string_view::npos ? "/" : target.substr(slash);
  }
  return target.substr(0, target.find_first_of("?#"));
}

/// "links.example.org." is the same name.
std::string host_of(std::string_view field) {
  const auto bracket = field.rfind(']');
  const auto colon = field.find(':', bracket == std::string_view::npos ? 0 : bracket);
  field = trim(field.substr(0, colon));
  while (field.ends_with('.')) {
    field.remove_suffix(1);
  }
  return lower(field);
}

std::string purpose_of(const Fields& fields) {
  std::string all;
  for (const char* name : {"Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"}) {
    if (const auto value = view(fields[name]); !value.empty()) {
      all.append(all.empty() ? "" : ", ").append(value);
    }
  }
  return all;
}

/// All of its lines as the one list that they are (RFC 9110, 5.3).
std::string forwarded_for(const Fields& fields) {
  std::string all;
  const auto [first, last] = fields.equal_range("X-Forwarded-For");
  for (auto line = first; line != last; ++line) {
    all.append(all.empty() ? "" : ", ").append(view(line->value()));
  }
  return all;
}

LinkRequest request_of(const Fields& fields, const ip::address& peer,
                       const std::vector<net::Network>& proxies) {
  return {.method = std::string(view(fields.method_string())),
          .path = std::string(path_of_target(view(fields.target()))),
          .host = host_of(view(fields[bhttp::field::host])),
          .user_agent = std::string(view(fields[bhttp::field::user_agent])),
          .accept = std::string(view(fields[bhttp::field::accept])),
          .accept_language = std::string(view(fields[bhttp::field::accept_language])),
          .purpose = purpose_of(fields),
          .body = fields.body(),
          .client = client_of(peer, forwarded_for(fields), proxies)};
}

std::string head_of(const LinkAnswer& answer, bool keep) {
  std::string head;
  head.reserve(320 + answer.location.size());
  const auto reason = bhttp::obsolete_reason(static_cast<bhttp::status>(answer.status));
  head.append("HTTP/1.1 ").append(std::to_string(answer.status)).append(" ").append(view(reason));
  head.append("\r\nDate: ").append(date_now());
  if (!answer.location.empty()) {
    head.append("\r\nLocation: ").append(answer.location);
    head.append("\r\nReferrer-Policy: strict-origin-when-cross-origin");
  } else {
    head.append("\r\nContent-Type: ").append(answer.content_type);
    head.append(
        "\r\nContent-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; "
        "form-action 'self'; frame-ancestors 'none'\r\nX-Content-Type-Options: nosniff");
  }
  if (!answer.allow.empty()) {
    head.append("\r\nAllow: ").append(answer.allow);
  }
  head.append("\r\nCache-Control: no-store\r\nContent-Length: ");
  head.append(std::to_string(answer.body.size()));
  head.append(keep ? "\r\nConnection: keep-alive\r\n\r\n" : "\r\nConnection: close\r\n\r\n");
  return head;
}

LinkAnswer refusal(int status) {
  return {.status = status,
          .content_type = "text/plain; charset=utf-8",
          .body = "This request can't be answered.\n",
          .location = {},
          .allow = {}};
}

LinkAnswer refusal_of(const error_code& ec) {
  if (ec == bhttp::error::header_limit || ec == bhttp::error::body_limit) {
    return refusal(ec == bhttp::error::header_limit ? 431 : 413);
  }
  return refusal(400);
}

class Session {
 public:
  Session(net::Stream stream, LinkSessions& sessions)
      : stream_(std::move(stream)),
        sessions_(sessions),
        peer_(stream_.remote().address()),
        proxies_(sessions.proxies.get()) {}

  awaitable<void> run() {
    if (sessions_.tls) {
      const auto secured = co_await stream_.accept_tls(sessions_.tls, net::within(kHandshake));
      if (!secured) {
        co_return;
      }
    }
    bool keep = co_await serve_one(kFirstByte);
    while (keep && !sessions_.is_stopping) {
      keep = co_await serve_one(sessions_.is_crowded() ? kSilenceWhenCrowded : kSilence);
    }
    co_await stream_.close_gently(kBytesAfterTheLast, net::within(kLastWords));
  }

 private:
  /// False: the connection ends with this request.
  awaitable<bool> serve_one(std::chrono::milliseconds silence) {
    Parser parser;
    parser.header_limit(kHeaderBytesMax);
    parser.body_limit(kBodyBytesMax);
    parser.eager(true);
    const auto come = co_await read(parser, silence);
    if (!come) {
      co_return false;
    }
    if (*come) {
      co_await write(refusal_of(*come), false, false);
      co_return false;
    }
    const Fields& fields = parser.get();
    const bool without_body = fields.method() == bhttp::verb::head;
    const bool keep = fields.keep_alive() && !sessions_.is_stopping;
    LinkRequest request = request_of(fields, peer_, *proxies_);
    const LinkAnswer answer = co_await sessions_.service.answer(std::move(request));
    const bool written = co_await write(answer, keep, without_body);
    co_return written&& keep;
  }

  /// Nothing: nobody is there any more. Else what is wrong with the request, or no error.
  awaitable<std::optional<error_code>> read(Parser& parser, std::chrono::milliseconds silence) {
    if (stream_.buffered().empty()) {
      const auto begun = co_await stream_.fill_when_idle(net::within(silence));
      if (!begun) {
        co_return std::nullopt;
      }
    }
    const net::Deadline deadline = net::within(kPatience);
    bool has_been_told = false;
    while (true) {
      error_code ec;
      const std::string_view bytes = stream_.buffered();
      stream_.consume(parser.put(asio::buffer(bytes.data(), bytes.size()), ec));
      if (parser.is_done() || (ec && ec != bhttp::error::need_more)) {
        co_return parser.is_done() ? error_code() : ec;
      }
      // Beast's limits leave out extensions and trailers of chunks, which stand here until they
      // end.
      if (stream_.buffered().size() > kHeaderBytesMax) {
        co_return error_code(bhttp::error::header_limit);
      }
      if (parser.is_header_done() && !has_been_told && is_asked_to_continue(parser.get())) {
        has_been_told = true;
        const auto told = co_await stream_.write("HTTP/1.1 100 Continue\r\n\r\n", deadline);
        if (!told) {
          co_return std::nullopt;
        }
      }
      const auto more = co_await stream_.fill(deadline);
      if (!more) {
        co_return std::nullopt;
      }
    }
  }

  static bool is_asked_to_continue(const Fields& fields) {
    return boost::beast::iequals(fields[bhttp::field::expect], "100-continue");
  }

  awaitable<bool> write(const LinkAnswer& answer, bool keep, bool without_body) {
    const std::string head = head_of(answer, keep);
    const std::string_view pieces[] = {head, without_body ? std::string_view() : answer.body};
    const auto written = co_await stream_.write(pieces, net::within(kPatience));
    co_return written.has_value();
  }

  net::Stream stream_;
  LinkSessions& sessions_;
  const ip::address peer_;
  const std::shared_ptr<const std::vector<net::Network>> proxies_;
};

}  // namespace

ip::address client_of(const ip::address& peer, std::string_view forwarded_for,
                      const std::vector<net::Network>& proxies) {
  const auto is_proxy = [&](const ip::address& address) {
    return std::ranges::any_of(
        proxies, [&](const net::Network& network) { return network.contains(address); });
  };
  if (forwarded_for.empty() || !is_proxy(peer)) {
    return peer;
  }
  ip::address client = peer;
  const auto named = split(forwarded_for, ',');
  for (auto one = named.rbegin(); one != named.rend() && is_proxy(client); ++one) {
    error_code malformed;
    const auto address = ip::make_address(std::string(trim(*one)), malformed);
    if (malformed) {
      break;
    }
    client = address;
  }
  return client;
}

awaitable<void> serve_links(net::Stream stream, LinkSessions& sessions,
                            net::ConnectionLimiter::Lease place) {
  const net::ConnectionLimiter::Lease held = std::move(place);
  Session session(std::move(stream), sessions);
  co_await session.run();
}

}  // namespace postrider::http
