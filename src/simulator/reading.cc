#include "simulator/reading.h"

#include <algorithm>
#include <utility>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"
#include "base/text.h"
#include "mail/decoded_body.h"
#include "mail/mime_parts.h"
#include "net/connect.h"

namespace postrider::simulator {

namespace asio = boost::asio;
using asio::awaitable;

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kTokenLetters = 39;
constexpr std::size_t kUrlsMost = 100;
constexpr std::size_t kHostMost = 260;
constexpr auto kLimit = 5s;
/// Whoever reads sooner than ten seconds after the delivery is no person (config/machines.toml).
constexpr auto kUntilOpened = 12s;
constexpr auto kUntilClicked = 3s;
constexpr auto kLook = 100ms;
constexpr std::string_view kBrowser =
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
constexpr std::string_view kClickAccept =
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
constexpr std::string_view kImageAccept = "image/avif,image/webp,image/png,image/*;q=0.8,*/*;q=0.5";

bool is_host_char(char c) {
  return is_alpha(c) || is_digit(c) || std::string_view("-.:[]_").contains(c);
}

bool is_token_char(char c) {
  return is_alpha(c) || is_digit(c) || c == '-' || c == '_';
}

/// Adds the URL whose "://" ends at `at`, if it is one of ours.
void add_url(std::string_view text, std::size_t at, TrackingUrls& urls) {
  const std::string_view rest = text.substr(at);
  const auto slash = rest.substr(0, kHostMost).find('/');
  if (slash == std::string_view::npos || slash == 0 ||
      !std::ranges::all_of(rest.substr(0, slash), is_host_char)) {
    return;
  }
  const std::string_view path = rest.substr(slash, 3 + kTokenLetters);
  if (path.size() != 3 + kTokenLetters || path[2] != '/' ||
      !std::ranges::all_of(path.substr(3), is_token_char)) {
    return;
  }
  std::vector<TrackingUrl>* kind = path[1] == 'o'                     ? &urls.pixels
                                   : path[1] == 'c' || path[1] == 'a' ? &urls.links
                                                                      : nullptr;
  if (kind != nullptr && kind->size() < kUrlsMost) {
    kind->push_back({.host = std::string(rest.substr(0, slash)), .path = std::string(path)});
  }
}

awaitable<void> wait_until(const Clock& clock, Time due) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  while (clock.now() < due) {
    timer.expires_after(kLook);
    co_await timer.async_wait(asio::use_awaitable);
  }
}

std::string request_for(const TrackingUrl& url, std::string_view accept) {
  std::string request = "GET " + url.path + " HTTP/1.1\r\nHost: " + url.host + "\r\nUser-Agent: ";
  request.append(kBrowser).append("\r\nAccept: ").append(accept);
  return request + "\r\nAccept-Language: en\r\nConnection: close\r\n\r\n";
}

/// The first line of the answer.
awaitable<Result<std::string>> ask(TrackingUrl url, std::string_view accept, LinksAt at) {
  auto connected = co_await net::connect(at.endpoint, std::nullopt, net::within(kLimit));
  if (!connected) {
    co_return fail(Error(connected.error()));
  }
  net::Stream stream = std::move(*connected);
  if (at.tls) {
    CO_TRY_VOID(co_await stream.connect_tls(at.tls, url.host.substr(0, url.host.find(':')),
                                            net::within(kLimit)));
  }
  const std::string request = request_for(url, accept);
  CO_TRY_VOID(co_await stream.write(request, net::within(kLimit)));
  while (stream.buffered().find("\r\n") == std::string_view::npos) {
    CO_TRY_VOID(co_await stream.fill(net::within(kLimit)));
  }
  std::string line(stream.buffered().substr(0, stream.buffered().find("\r\n")));
  stream.close();
  co_return line;
}

awaitable<void> fetch(TrackingUrl url, std::string_view accept, LinksAt at) {
  const Result<std::string> line = co_await ask(url, accept, at);
  const std::string answer = line ? printable(*line, 80) : line.error().text();
  log::debug("a mailbox of the simulator asked for a link",
             {{"host", url.host}, {"answer", answer}});
}

}  // namespace

TrackingUrls find_tracking_urls(std::string_view content) {
  TrackingUrls urls;
  const auto parts = mail::find_parts(content);
  if (!parts) {
    return urls;
  }
  for (const mail::MimePart& part : *parts) {
    const auto encoding = mail::read_encoding(part.encoding);
    if (part.media.type != "text" || part.media.subtype != "html" || part.is_attachment ||
        !encoding) {
      continue;
    }
    const auto body = mail::DecodedBody::decode(
        content.substr(part.body_begin, part.body_end - part.body_begin), *encoding);
    const std::string_view text = body ? body->text() : std::string_view();
    for (auto at = text.find("://"); at != std::string_view::npos; at = text.find("://", at + 3)) {
      add_url(text, at + 3, urls);
    }
  }
  return urls;
}

awaitable<void> read_mail(Reader reader, std::shared_ptr<const Taken> mail, LinksAt at,
                          const Clock& clock) {
  const TrackingUrls urls = find_tracking_urls(mail->content);
  if (reader != Reader::scanner) {
    co_await wait_until(clock, mail->at + kUntilOpened);
  }
  for (const TrackingUrl& pixel : urls.pixels) {
    co_await fetch(pixel, kImageAccept, at);
  }
  if (reader == Reader::opens) {
    co_return;
  }
  if (reader == Reader::clicks) {
    co_await wait_until(clock, mail->at + kUntilOpened + kUntilClicked);
  }
  const std::size_t followed = reader == Reader::clicks ? 1 : kUrlsMost;
  for (std::size_t i = 0; i < std::min(followed, urls.links.size()); ++i) {
    co_await fetch(urls.links[i], kClickAccept, at);
  }
}

}  // namespace postrider::simulator
