#include <exception>
#include <optional>
#include <utility>

#include <boost/asio/io_context.hpp>

#include "cli/control_client.h"
#include "http/control_api.h"
#include "http/request_target.h"
#include "net/task_group.h"
#include "relay/data_directory.h"

namespace postrider::cli {

namespace asio = boost::asio;
using asio::awaitable;
using relay::DataDirectory;

namespace {

/// Parameters by value, except for what ask() holds until the end.
awaitable<void> answer_into(std::optional<http::Response>& into, const http::Handler& handler,
                            http::Request request) {
  into = co_await handler(std::move(request));
}

/// The control API on the stores, without a relay.
class StoredAnswers final : public ControlClient {
 public:
  Result<> open(const std::filesystem::path& data, std::string installation) {
    TRY(directory_, directory::Directory::open(DataDirectory::directory_file(data),
                                               directory::OpenMode::read_only));
    TRY(store_, store::Store::open({.directory = DataDirectory::spool(data), .read_only = true}));
    spool_ = spool::make_spool(*store_);
    events_ = events::make_event_store(*store_);
    // Nothing has been suppressed where nobody has needed the secret yet.
    const auto secret = directory_->secret("suppression");
    suppressions_ =
        std::make_unique<suppression::List>(*store_, secret ? *secret : suppression::Secret());
    parts_ = {.directory = directory_.get(),
              .spool = spool_.get(),
              .events = events_.get(),
              .store = store_.get(),
              .suppressions = suppressions_.get(),
              .relay = nullptr,
              .installation = std::move(installation),
              .reload = {}};
    handler_ = http::make_control_api(parts_);
    return {};
  }

  Result<Answer> ask(const Question& question) override {
    TRY(http::Target target, http::parse_target(question.target));
    http::Request request{.method = question.method,
                          .path = std::move(target.path),
                          .segments = std::move(target.segments),
                          .query = std::move(target.query),
                          .body = question.body,
                          .by = {}};
    std::optional<http::Response> response;
    asio::io_context io{1};
    net::TaskGroup tasks(io.get_executor(), "control");
    tasks.spawn(answer_into(response, handler_, std::move(request)));
    io.run();
    if (!response) {
      return fail(Errc::unavailable, "answering failed");
    }
    return Answer{.status = response->status, .body = std::move(response->body)};
  }

  /// Without a relay nothing new comes: the API refuses.
  Result<Answer> follow(const Question& question,
                        const std::function<bool(std::string_view)>& /*take*/) override {
    return ask(question);
  }

 private:
  std::unique_ptr<directory::Directory> directory_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<spool::Spool> spool_;
  std::unique_ptr<events::EventStore> events_;
  std::unique_ptr<suppression::List> suppressions_;
  http::ControlParts parts_;
  http::Handler handler_;
};

}  // namespace

Result<std::unique_ptr<ControlClient>> open_stores(const std::filesystem::path& data,
                                                   std::string installation) {
  std::error_code unreadable;
  if (!std::filesystem::exists(DataDirectory::directory_file(data), unreadable)) {
    return fail(Errc::not_found, "no relay is running on " + data.string() +
                                     ", and there is no data in it: name another directory with "
                                     "--data, or start one with `postrider serve`");
  }
  auto answers = std::make_unique<StoredAnswers>();
  TRY_VOID(answers->open(data, std::move(installation)), "reading " + data.string());
  return answers;
}

}  // namespace postrider::cli
