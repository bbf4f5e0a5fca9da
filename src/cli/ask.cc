#include "cli/ask.h"

#include <fmt/core.h>

#include <boost/json.hpp>

#include "cli/json_value.h"
#include "http/answer.h"

namespace postrider::cli {

namespace json = boost::json;

std::unique_ptr<ControlClient> open_client(Context& context) {
  const auto data = data_directory(context);
  if (!data) {
    complain(context, data.error());
    return nullptr;
  }
  auto client = ControlClient::open(context, *data);
  if (!client) {
    complain(context, client.error());
    if (client.error().code() == Errc::not_found) {
      context.exit = kNotRunning;
    }
    return nullptr;
  }
  return *std::move(client);
}

bool complain_of(Context& context, const Answer& answer) {
  if (answer.status < 400) {
    return false;
  }
  json::error_code ec;
  const json::value parsed = json::parse(answer.body, ec);
  const json::value& error = member(parsed, "error");
  const std::string code = text(error, "code");
  const std::string what = text(error, "text");
  complain(context, {http::errc_of(code),
                     what.empty() ? fmt::format("the relay answered {}", answer.status) : what});
  if (code == "not_running") {
    context.exit = kNotRunning;
  }
  return true;
}

std::optional<std::string> ask(Context& context, ControlClient& client, const Question& question) {
  Result<Answer> answer = client.ask(question);
  if (!answer) {
    complain(context, answer.error());
    return std::nullopt;
  }
  if (complain_of(context, *answer)) {
    return std::nullopt;
  }
  return std::move(answer->body);
}

void ask_and_show(Context& context, const Question& question, const Show& show) {
  const auto client = open_client(context);
  if (!client) {
    return;
  }
  const std::optional<std::string> body = ask(context, *client, question);
  if (!body) {
    return;
  }
  if (context.json) {
    fmt::print("{}", *body);
    return;
  }
  json::error_code ec;
  const json::value parsed = json::parse(*body, ec);
  if (ec) {
    complain(context, {Errc::corrupt, "the relay's answer is not JSON: " + ec.message()});
    return;
  }
  show(parsed);
}

}  // namespace postrider::cli
