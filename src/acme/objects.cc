#include "acme/objects.h"

#include <algorithm>

#include <boost/json.hpp>

#include "base/text.h"

namespace postrider::acme {

namespace json = boost::json;

namespace {

constexpr std::string_view kErrorPrefix = "urn:ietf:params:acme:error:";
constexpr std::size_t kWordsShown = 300;

Result<json::object> read_object(std::string_view text) {
  json::error_code ec;
  json::value parsed = json::parse(text, ec);
  if (ec || !parsed.is_object()) {
    return fail(Errc::invalid, "is no JSON object");
  }
  return std::move(parsed.as_object());
}

std::string text_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  const json::string* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string() : std::string(*text);
}

Result<std::string> needed(const json::object& object, std::string_view name) {
  std::string text = text_of(object, name);
  if (text.empty()) {
    return fail(Errc::invalid, "has no '" + std::string(name) + "'");
  }
  return text;
}

const json::object* object_in(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value == nullptr ? nullptr : value->if_object();
}

const json::array* array_in(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value == nullptr ? nullptr : value->if_array();
}

Problem problem_of(const json::object& object) {
  Problem problem{.type = text_of(object, "type"), .detail = text_of(object, "detail")};
  if (problem.type.starts_with(kErrorPrefix)) {
    problem.type.erase(0, kErrorPrefix.size());
  }
  return problem;
}

std::optional<Problem> problem_in(const json::object& object) {
  const json::object* error = object_in(object, "error");
  return error == nullptr ? std::nullopt : std::optional(problem_of(*error));
}

bool is_token(std::string_view text) {
  return !text.empty() && text.size() <= 256 && std::ranges::all_of(text, [](char c) {
    return is_alpha(c) || is_digit(c) || c == '-' || c == '_';
  });
}

}  // namespace

Result<Directory> parse_directory(std::string_view text) {
  TRY(const json::object object, read_object(text), "the directory");
  Directory directory;
  TRY(directory.new_nonce, needed(object, "newNonce"), "the directory");
  TRY(directory.new_account, needed(object, "newAccount"), "the directory");
  TRY(directory.new_order, needed(object, "newOrder"), "the directory");
  if (const json::object* meta = object_in(object, "meta")) {
    directory.terms = text_of(*meta, "termsOfService");
    const json::value* wanted = meta->if_contains("externalAccountRequired");
    directory.wants_external_account = wanted != nullptr && wanted->is_bool() && wanted->get_bool();
  }
  return directory;
}

std::string Problem::text() const {
  return printable(detail.empty() ? type : detail + (type.empty() ? "" : " (" + type + ")"),
                   kWordsShown);
}

Problem parse_problem(std::string_view text) {
  const auto object = read_object(text);
  if (!object) {
    return {.type = {}, .detail = printable(trim(text), kWordsShown)};
  }
  Problem problem = problem_of(*object);
  const json::array* parts = array_in(*object, "subproblems");
  for (std::size_t i = 0; parts != nullptr && i < parts->size(); ++i) {
    if (const json::object* part = (*parts)[i].if_object()) {
      problem.detail += "; " + problem_of(*part).text();
    }
  }
  return problem;
}

Result<Order> parse_order(std::string_view text) {
  TRY(const json::object object, read_object(text), "the order");
  Order order;
  TRY(order.status, needed(object, "status"), "the order");
  TRY(order.finalize, needed(object, "finalize"), "the order");
  order.certificate = text_of(object, "certificate");
  order.problem = problem_in(object);
  const json::array* urls = array_in(object, "authorizations");
  for (std::size_t i = 0; urls != nullptr && i < urls->size(); ++i) {
    if (const json::string* url = (*urls)[i].if_string()) {
      order.authorizations.emplace_back(*url);
    }
  }
  return order;
}

Result<Authorization> parse_authorization(std::string_view text) {
  TRY(const json::object object, read_object(text), "the authorization");
  Authorization authorization;
  TRY(authorization.status, needed(object, "status"), "the authorization");
  if (const json::object* identifier = object_in(object, "identifier")) {
    authorization.host = lower(text_of(*identifier, "value"));
  }
  const json::array* challenges = array_in(object, "challenges");
  for (std::size_t i = 0; challenges != nullptr && i < challenges->size(); ++i) {
    if (const json::object* one = (*challenges)[i].if_object()) {
      Challenge challenge{.type = text_of(*one, "type"),
                          .url = text_of(*one, "url"),
                          .token = text_of(*one, "token"),
                          .problem = problem_in(*one)};
      if (!challenge.url.empty() && is_token(challenge.token)) {
        authorization.challenges.push_back(std::move(challenge));
      }
    }
  }
  return authorization;
}

}  // namespace postrider::acme
