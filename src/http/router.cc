#include "http/router.h"

#include <optional>
#include <utility>

#include "base/text.h"
#include "http/answer.h"

namespace postrider::http {
namespace {

using Names = std::map<std::string, std::string>;

std::optional<Names> match(const std::vector<std::string>& pattern,
                           const std::vector<std::string>& segments) {
  if (pattern.size() != segments.size()) {
    return std::nullopt;
  }
  Names names;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i].starts_with('{')) {
      if (segments[i].empty()) {
        return std::nullopt;
      }
      names[pattern[i].substr(1, pattern[i].size() - 2)] = segments[i];
    } else if (pattern[i] != segments[i]) {
      return std::nullopt;
    }
  }
  return names;
}

}  // namespace

std::string Call::query(const std::string& key) const {
  const auto found = request.query.find(key);
  return found == request.query.end() ? std::string() : found->second;
}

void Router::add(std::string method, std::string_view pattern, Action action) {
  Route route{.method = std::move(method), .pattern = {}, .action = std::move(action)};
  for (const std::string_view segment : split(pattern.substr(1), '/')) {
    route.pattern.emplace_back(segment);
  }
  routes_.push_back(std::move(route));
}

boost::asio::awaitable<Response> Router::answer(Request request) const {
  std::string allowed;
  for (const Route& route : routes_) {
    std::optional<Names> names = match(route.pattern, request.segments);
    if (!names) {
      continue;
    }
    if (route.method == request.method) {
      Call call{.request = std::move(request), .names = *std::move(names)};
      co_return co_await route.action(std::move(call));
    }
    allowed += (allowed.empty() ? "" : ", ") + route.method;
  }
  if (allowed.empty()) {
    co_return error_answer(404, "not_found", "there is no " + printable(request.path, 200));
  }
  Response response = error_answer(405, "method_not_allowed",
                                   printable(request.path, 200) + " answers " + allowed + " only");
  response.headers["Allow"] = allowed;
  co_return response;
}

}  // namespace postrider::http
