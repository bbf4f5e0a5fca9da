#include "cli/silent_relay.h"

#include <filesystem>
#include <unistd.h>
#include <utility>

#include <boost/asio/use_future.hpp>

#include "http/control_api.h"
#include "http/request_target.h"
#include "relay/data_directory.h"
#include "relay/settings_toml.h"

namespace postrider::cli {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds kStopLimit{10};

Result<relay::Settings> silent_settings(const Context& context) {
  TRY(relay::Settings settings,
      relay::require_settings({.file = config_file(context), .overrides = context.set}));
  TRY(settings.data, data_directory(context));
  settings.data = std::filesystem::absolute(settings.data);
  std::error_code unreadable;
  if (!std::filesystem::exists(relay::DataDirectory::directory_file(settings.data), unreadable)) {
    return fail(Errc::not_found, "there is no data in " + settings.data.string());
  }
  settings.listeners.clear();
  settings.links.endpoints.clear();
  settings.http.reset();
  settings.simulator.is_enabled = false;
  return settings;
}

}  // namespace

Result<Answer> ask_silently(const Context& context, const Question& question) {
  TRY(relay::Settings settings, silent_settings(context));
  TRY(http::Target target, http::parse_target(question.target));
  TRY(const auto relay,
      relay::Relay::open(std::move(settings),
                         {.test_clock = false, .is_silent = true, .on_storage_failure = {}}));
  TRY_VOID(relay->start());
  const http::ControlParts parts = http::parts_of(*relay);
  const http::Handler handler = http::make_control_api(parts);
  http::Request request{.method = question.method,
                        .path = std::move(target.path),
                        .segments = std::move(target.segments),
                        .query = std::move(target.query),
                        .body = question.body,
                        .by = "uid " + std::to_string(::geteuid())};
  http::Response response =
      asio::co_spawn(relay->threads().context(0), handler(std::move(request)), asio::use_future)
          .get();
  relay->stop(kStopLimit);
  return Answer{.status = response.status, .body = std::move(response.body)};
}

}  // namespace postrider::cli
