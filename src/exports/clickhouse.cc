#include "exports/clickhouse.h"

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "base/text.h"
#include "exports/clickhouse_row.h"
#include "net/task_group.h"
#include "webhook/http_client.h"
#include "webhook/url.h"

namespace postrider::exports {

namespace asio = boost::asio;
using asio::awaitable;

namespace {

constexpr std::size_t kBodyBytes = 8 << 20;  // of one request, and one event more
constexpr std::chrono::seconds kAnswerWithin{60};
constexpr std::chrono::milliseconds kLookAgain{50};  // whether to go on waiting
constexpr std::size_t kReasonBytes = 300;            // of an answer that refuses

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_alpha(c) || is_digit(c) || c == '_' || c == '.') {
      out.push_back(c);
    } else {
      out += "%" + hex(std::string_view(&c, 1));
    }
  }
  return out;
}

/// Where inserts go: what the operator's URL has, and the query behind it. Columns that the table
/// does not have, because it was made by an older version, are skipped.
Result<webhook::Url> insert_url(const Options& options) {
  TRY(webhook::Url url, webhook::parse_url(options.url));
  if (!url.user.empty() || !url.password.empty()) {
    return fail(Errc::invalid, "the URL has a user or password; write them as user and password");
  }
  url.user = options.user;
  url.password = options.password;
  url.target += (url.target.find('?') == std::string::npos ? "?" : "&") + std::string("query=") +
                percent_encoded("INSERT INTO " + options.table + " FORMAT JSONEachRow") +
                "&input_format_skip_unknown_fields=1&wait_end_of_query=1";
  return url;
}

class ClickHouse final : public Destination {
 public:
  ClickHouse(webhook::Url url, dns::Resolver& resolver, std::shared_ptr<const net::TlsClient> tls)
      : url_(std::move(url)),
        anywhere_{*net::parse_network("0.0.0.0/0"), *net::parse_network("::/0")},
        client_(resolver, std::move(tls)) {}

  Result<> deliver(std::span<const events::Event* const> events) override {
    std::string body;
    for (const events::Event* event : events) {
      add_clickhouse_row(body, *event);
      if (body.size() >= kBodyBytes) {
        TRY_VOID(insert(std::exchange(body, {})));
      }
    }
    return body.empty() ? Result<>() : insert(std::move(body));
  }

  void stop_waiting() override { is_stopping_ = true; }

 private:
  Result<> insert(std::string body) {
    std::optional<Result<webhook::HttpAnswer>> answer;
    {
      net::TaskGroup tasks(context_.get_executor(), "export");
      tasks.spawn(post(std::move(body), answer));
      bool is_cancelled = false;
      while (tasks.size() > 0) {
        if (is_stopping_ && !std::exchange(is_cancelled, true)) {
          tasks.cancel();
        }
        context_.restart();
        context_.run_one_for(kLookAgain);
      }
    }
    return judge(answer);
  }

  awaitable<void> post(std::string body, std::optional<Result<webhook::HttpAnswer>>& answer) {
    answer = co_await client_.post(url_, "Content-Type: application/json\r\n", std::move(body),
                                   anywhere_, kAnswerWithin);
  }

  static Result<> judge(const std::optional<Result<webhook::HttpAnswer>>& answer) {
    if (!answer) {
      return fail(Errc::closed, "stopping");
    }
    if (!*answer) {
      return fail(Error(answer->error()).within("clickhouse"));
    }
    const webhook::HttpAnswer& said = **answer;
    if (said.status != 200) {
      return fail(Errc::unavailable, "clickhouse answers " + std::to_string(said.status) + ": " +
                                         printable(trim(said.body), kReasonBytes));
    }
    return {};
  }

  const webhook::Url url_;
  const std::vector<net::Network> anywhere_;
  std::atomic<bool> is_stopping_ = false;
  asio::io_context context_{1};
  webhook::HttpClient client_;  // its connections live in the context
};

}  // namespace

Result<std::unique_ptr<Destination>> make_clickhouse(const Options& options,
                                                     dns::Resolver& resolver) {
  TRY(webhook::Url url, insert_url(options));
  TRY(auto tls, net::TlsClient::create(true), "export " + options.name);
  return std::make_unique<ClickHouse>(std::move(url), resolver, std::move(tls));
}

Result<> check_clickhouse(const Options& options) {
  if (!is_clickhouse_name(options.table)) {
    return fail(Errc::invalid,
                "the table's name must be of letters, digits and '_', with a database and a dot in "
                "front if need be, such as \"mail.postrider_events\"");
  }
  TRY_VOID(insert_url(options));
  return {};
}

}  // namespace postrider::exports
