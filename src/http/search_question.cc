#include "http/search_question.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <string_view>

#include "base/text.h"
#include "events/event.h"
#include "http/control.h"
#include "http/moment.h"
#include "http/query_words.h"
#include "http/request_body.h"

namespace postrider::http {
namespace {

using events::Type;
using search::Kind;
using Parameters = std::map<std::string, std::string>;

constexpr std::array<std::string_view, 13> kKnown{
    "recipient", "sender",  "subject", "status", "category", "provider", "campaign",
    "custom_id", "account", "from",    "to",     "before",   "limit"};

constexpr std::array kStatuses{Type::accepted, Type::deferred, Type::delivered,   Type::failed,
                               Type::expired,  Type::bounced,  Type::suppressed,  Type::complained,
                               Type::opened,   Type::clicked,  Type::unsubscribed};

Result<> check_known(const Parameters& parameters) {
  for (const auto& [name, value] : parameters) {
    if (std::ranges::find(kKnown, name) == kKnown.end()) {
      return fail(Errc::invalid, fmt::format("'{}' is not a parameter: there are {}",
                                             printable(name, 40), fmt::join(kKnown, ", ")));
    }
    if (value.empty()) {
      return fail(Errc::invalid, name + " is empty: say what to look for, or leave it out");
    }
  }
  return {};
}

std::string value_of(const Parameters& parameters, const char* name) {
  const auto found = parameters.find(name);
  return found == parameters.end() ? std::string() : found->second;
}

Result<> add_status(search::Query& query, const std::string& status) {
  if (status.empty()) {
    return {};
  }
  std::string allowed;
  for (const Type type : kStatuses) {
    if (events::to_string(type) == status) {
      query.terms.emplace_back(Kind::status, status);
      return {};
    }
    allowed += fmt::format("{}{}", allowed.empty() ? "" : ", ", events::to_string(type));
  }
  return fail(Errc::invalid, "status: '" + printable(status, 40) + "' is none of " + allowed);
}

Result<> add_category(search::Query& query, const std::string& category) {
  if (category.empty()) {
    return {};
  }
  TRY_VOID(check_category(category));
  query.terms.emplace_back(Kind::category, category);
  return {};
}

Result<> add_subject(search::Query& query, const std::string& subject) {
  const std::vector<std::string> words = search::words_of(subject);
  if (words.empty() && !subject.empty()) {
    return fail(Errc::invalid, "subject: there is no word in '" + printable(subject, 40) + "'");
  }
  for (const std::string& word : words) {
    query.terms.emplace_back(Kind::word, word);
  }
  return {};
}

Result<> set_times(search::Query& query, const Parameters& parameters, Time now) {
  if (const std::string from = value_of(parameters, "from"); !from.empty()) {
    TRY(const Time begin, parse_moment("from", from, now));
    query.from = first_id_at(begin);
  }
  if (const std::string to = value_of(parameters, "to"); !to.empty()) {
    TRY(const Time end, parse_moment("to", to, now));
    query.before = first_id_at(end);
    if (query.from >= query.before) {
      return fail(Errc::invalid, "from: it is not before the end (to), " + format_time(end));
    }
  }
  if (const std::string before = value_of(parameters, "before"); !before.empty()) {
    TRY(const RecipientId id, parse_id<RecipientId>(before), "before");
    query.before = std::min(query.before, id);
  }
  return {};
}

}  // namespace

Result<SearchQuestion> search_question(const Parameters& parameters,
                                       const directory::Snapshot& directory, Time now) {
  TRY_VOID(check_known(parameters));
  SearchQuestion question;
  search::Query& query = question.query;
  question.recipient = lower(value_of(parameters, "recipient"));
  question.sender = lower(value_of(parameters, "sender"));
  const auto add = [&](Kind kind, const std::string& value) {
    if (!value.empty()) {
      query.terms.emplace_back(kind, value);
    }
  };
  add(Kind::recipient, question.recipient);
  add(Kind::sender, question.sender);
  TRY_VOID(add_subject(query, value_of(parameters, "subject")));
  TRY_VOID(add_category(query, value_of(parameters, "category")));
  TRY_VOID(add_status(query, value_of(parameters, "status")));
  add(Kind::provider, value_of(parameters, "provider"));
  question.campaign = value_of(parameters, "campaign");
  question.custom_id = value_of(parameters, "custom_id");
  add(Kind::campaign, question.campaign);
  add(Kind::custom_id, question.custom_id);
  TRY_VOID(set_times(query, parameters, now));
  TRY(query.limit, query_number("limit", value_of(parameters, "limit"), 1, 1000, 50));
  if (const std::string name = value_of(parameters, "account"); !name.empty()) {
    TRY(const directory::Account account, find_account(directory, name), "account");
    question.accounts = {account.id};
  } else {
    for (const directory::Account* account : directory.accounts()) {
      question.accounts.push_back(account->id);
    }
  }
  return question;
}

}  // namespace postrider::http
