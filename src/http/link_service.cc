#include "http/link_service.h"

#include <algorithm>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"
#include "base/read_file.h"
#include "base/text.h"
#include "http/link_pages.h"
#include "links/machine_rules.h"
#include "net/io_threads.h"
#include "readers/lookup.h"

namespace postrider::http {

namespace asio = boost::asio;
using asio::awaitable;
using track::TokenKind;

namespace {

constexpr std::chrono::milliseconds kFirstPause{2};
constexpr std::chrono::milliseconds kLongestPause{250};
constexpr std::chrono::seconds kRecordWithin{10};
constexpr std::string_view kRobots = "User-agent: *\nDisallow: /\n";
/// One transparent pixel, GIF89a.
constexpr std::string_view kPixel(
    "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00"
    "\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00;",
    43);

LinkAnswer page(int status, std::string html) {
  return {.status = status, .body = std::move(html), .location = {}, .allow = {}};
}

LinkAnswer text(std::string_view content_type, std::string_view body) {
  return {.status = 200,
          .content_type = content_type,
          .body = std::string(body),
          .location = {},
          .allow = {}};
}

LinkAnswer not_allowed(std::string_view allow) {
  LinkAnswer answer =
      page(405, plain_page("This is not how links are used", "Links are opened, not written to."));
  answer.allow = allow;
  return answer;
}

LinkAnswer unavailable() {
  return page(503, plain_page("Please try again", "Something went wrong here. Try again later."));
}

}  // namespace

awaitable<bool> record_within(links::HitRecorder& recorder, links::Hit hit,
                              std::chrono::milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  auto next = kFirstPause;
  while (!recorder.take(hit)) {
    if (std::chrono::steady_clock::now() >= until) {
      co_return false;
    }
    asio::steady_timer pause(co_await asio::this_coro::executor, next);
    co_await pause.async_wait(asio::use_awaitable);
    next = std::min(2 * next, kLongestPause);
  }
  co_return true;
}

LinkService::LinkService(relay::Relay& relay, links::HitRecorder& recorder,
                         const acme::Challenges& challenges)
    : relay_(relay),
      recorder_(recorder),
      limit_(relay.settings().links.hits_max, relay.settings().links.hits_over),
      unsubscribing_(relay, recorder),
      challenges_(challenges) {
  change_to(relay.settings().links);
}

void LinkService::change_to(const relay::LinkSettings& settings) {
  Served served{.hosts = settings.hosts, .for_all = settings.public_names, .files = {}};
  for (const auto& [path, file] :
       {std::pair("/.well-known/apple-app-site-association", settings.apple_app_site_association),
        std::pair("/.well-known/assetlinks.json", settings.asset_links)}) {
    if (!file.empty()) {
      served.files[path] = read_file(file).value_or("");
    }
  }
  served_.set(std::move(served));
}

std::optional<LinkAnswer> LinkService::well_known(const LinkRequest& request) const {
  const std::string_view path = request.path;
  if (path.starts_with(kProbePath)) {
    const std::string answer =
        probe_answer(probe_secret_, request.host, path.substr(kProbePath.size()));
    return answer.empty() ? std::nullopt : std::optional(text("text/plain; charset=utf-8", answer));
  }
  const auto served = served_.get();
  const auto file = served->files.find(path);
  return file == served->files.end() ? std::nullopt
                                     : std::optional(text("application/json", file->second));
}

bool LinkService::serves(std::string_view host) const {
  const auto served = served_.get();
  return served->hosts.empty() || std::ranges::find(served->hosts, host) != served->hosts.end();
}

awaitable<LinkAnswer> LinkService::answer(LinkRequest request) {
  const std::string_view path = request.path;
  if (path.starts_with(acme::kHttpChallengePath)) {
    const auto proof = challenges_.text(request.host, path.substr(acme::kHttpChallengePath.size()));
    co_return proof ? text("application/octet-stream", *proof) : page(404, unknown_link_page());
  }
  if (!serves(request.host)) {
    co_return page(421, plain_page("Not here", "This host is not served here."));
  }
  const auto token_behind = [&](TokenKind kind) {
    return path.starts_with(path_of(kind)) ? path.substr(path_of(kind).size()) : std::string_view();
  };
  if (const auto token = token_behind(TokenKind::unsubscribe); !token.empty()) {
    co_return co_await unsubscribe(request, token);
  }
  if (!is_read(request)) {
    co_return not_allowed("GET, HEAD");
  }
  if (const auto token = token_behind(TokenKind::click); !token.empty()) {
    co_return co_await click(request, token, TokenKind::click);
  }
  if (const auto token = token_behind(TokenKind::open); !token.empty()) {
    co_return co_await open(request, token);
  }
  if (const auto token = token_behind(TokenKind::app_click); !token.empty()) {
    co_return co_await click(request, token, TokenKind::app_click);
  }
  if (path == "/robots.txt") {
    co_return text("text/plain; charset=utf-8", kRobots);
  }
  if (path == "/" || path.empty()) {
    co_return page(200, bare_host_page());
  }
  if (path.starts_with("/.well-known/")) {
    if (auto known = well_known(request)) {
      co_return *std::move(known);
    }
  }
  co_return page(404, unknown_link_page());
}

std::optional<track::TokenContent> LinkService::read(const LinkRequest& request,
                                                     std::string_view token, TokenKind kind) const {
  auto content = relay_.tracking_keys().current()->read(token, kind);
  if (!content || !content->account.exists() ||
      relay_.directory().snapshot()->may_lead_through(request.host, content->account)) {
    return content;
  }
  const auto served = served_.get();
  const bool is_for_all = std::ranges::count(served->for_all, request.host) != 0;
  return is_for_all ? content : std::nullopt;
}

links::Hit LinkService::hit_of(const LinkRequest& request, events::Type type,
                               const track::TokenContent& token) const {
  links::Hit hit{.type = type,
                 .token = token,
                 .time = relay_.clock().now(),
                 .url = {},
                 .user_agent = request.user_agent,
                 .address = request.client,
                 .verdict = {}};
  const auto rules = relay_.machine_rules();
  links::Asked asked{.is_click = type == events::Type::clicked,
                     .method = request.method,
                     .agent = request.user_agent,
                     .accept = request.accept,
                     .language = request.accept_language,
                     .purpose = request.purpose};
  if (rules->ask_for_origin()) {
    asked.origin = relay_.readers()->origin_of(request.client);
  }
  hit.verdict = rules->judge(asked);
  return hit;
}

awaitable<bool> LinkService::record(const LinkRequest& request, links::Hit hit) {
  const bool is_shared = hit.token.recipient == track::kNobody;
  if (!limit_.take(request.path, is_shared, relay_.clock().now())) {
    co_return true;
  }
  co_return co_await record_within(recorder_, std::move(hit), kRecordWithin);
}

awaitable<LinkAnswer> LinkService::open(const LinkRequest& request, std::string_view token) {
  const auto content = read(request, token, TokenKind::open);
  if (!content) {
    co_return page(404, unknown_link_page());
  }
  const bool is_recorded =
      co_await record(request, hit_of(request, events::Type::opened, *content));
  if (!is_recorded) {
    co_return unavailable();
  }
  co_return text("image/gif", kPixel);
}

awaitable<LinkAnswer> LinkService::click(const LinkRequest& request, std::string_view token,
                                         TokenKind kind) {
  const auto content = read(request, token, kind);
  if (!content) {
    co_return page(404, unknown_link_page());
  }
  auto found = relay_.links().find(content->account, content->message, content->link);
  if (!found) {
    log::error("a link could not be looked up",
               {{"message", to_string(content->message)}, {"why", found.error().text()}});
    co_return unavailable();
  }
  if (!*found) {
    co_return page(404, expired_link_page());
  }
  const links::Target& target = **found;
  std::optional<std::string> url =
      relay_.link_orders().decide(content->account, content->message, target.campaign, target.url);
  if (url && !links::may_redirect_to(*url)) {
    co_return page(404, unknown_link_page());
  }
  links::Hit hit = hit_of(request, events::Type::clicked, *content);
  hit.url = url.value_or(target.url);
  const bool is_recorded = co_await record(request, std::move(hit));
  if (!is_recorded) {
    co_return unavailable();
  }
  if (!url) {
    co_return page(410, revoked_link_page(links::host_of(target.url)));
  }
  LinkAnswer answer = page(302, {});
  answer.location = std::move(*url);
  co_return answer;
}

awaitable<LinkAnswer> LinkService::unsubscribe(const LinkRequest& request, std::string_view token) {
  const auto content = read(request, token, TokenKind::unsubscribe);
  if (!content) {
    co_return page(404, unknown_link_page());
  }
  co_return co_await unsubscribing_.answer(request,
                                           hit_of(request, events::Type::unsubscribed, *content));
}

}  // namespace postrider::http
