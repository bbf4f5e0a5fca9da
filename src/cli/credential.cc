#include <fmt/core.h>
#include <memory>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "base/json_text.h"
#include "cli/ask.h"
#include "cli/command.h"
#include "cli/json_value.h"
#include "cli/table.h"
#include "http/request_target.h"

namespace postrider::cli {
namespace {

struct Options {
  std::string account;
  std::string user;
  std::string password;
  std::string stream;
};

void show_new(const boost::json::value& credential) {
  fmt::print("user      {}\npassword  {}\n", text(credential, "user"),
             text(credential, "password"));
  fmt::print("{}\n", paint("The password is not stored and not shown again.", Colour::dim));
}

void show_all(const boost::json::value& answer) {
  Table table({"USER", "ACCOUNT", "STREAM", "ACTIVE", "CREATED"});
  for (const auto& credential : list(answer, "credentials")) {
    table.add({text(credential, "user"), text(credential, "account"), text(credential, "stream"),
               yes_no(credential, "active"), text(credential, "created")});
  }
  table.print();
}

std::string body_of(const Options& options) {
  JsonText json;
  json.begin_object();
  json.field("account", options.account);
  if (!options.user.empty()) {
    json.field("user", options.user);
  }
  if (!options.password.empty()) {
    json.field("password", options.password);
  }
  if (!options.stream.empty()) {
    json.field("stream", options.stream);
  }
  json.end_object();
  return json.take();
}

void add_add(CLI::App& credential, Context& context) {
  const auto options = std::make_shared<Options>();
  CLI::App* add = credential.add_subcommand("add", "Makes a user and a password for an account");
  add->add_option("account", options->account, "The account")->required();
  add->add_option("--user", options->user, "Otherwise one is made");
  add->add_option("--password", options->password,
                  "Otherwise one is made; others on this machine may read command lines");
  add->add_option("--stream", options->stream, "Of messages that name none")
      ->check(CLI::IsMember({"automatic", "bulk", "transactional"}));
  add->callback([options, &context] {
    ask_and_show(context,
                 {.method = "POST", .target = "/v1/credentials", .body = body_of(*options)},
                 show_new);
  });
}

}  // namespace

void add_credential(CLI::App& app, Context& context) {
  CLI::App* credential =
      app.add_subcommand("credential", "Users and passwords that submissions log in with");
  credential->require_subcommand(1);
  add_add(*credential, context);

  CLI::App* all = credential->add_subcommand("list", "Lists the users");
  all->callback([&context] { ask_and_show(context, {.target = "/v1/credentials"}, show_all); });

  const auto user = std::make_shared<std::string>();
  CLI::App* remove = credential->add_subcommand("remove", "Takes a user away");
  remove->add_option("user", *user, "The user")->required();
  remove->callback([user, &context] {
    ask_and_show(context,
                 {.method = "DELETE", .target = "/v1/credentials/" + http::percent_encode(*user)},
                 [](const boost::json::value& answer) {
                   fmt::print("removed {}\n", text(answer, "removed"));
                 });
  });
}

}  // namespace postrider::cli
