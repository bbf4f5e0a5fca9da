// The control API over a real relay: its directory, its queue, its events, and DNS from a real name
// server.
#include "http/control_api.h"

#include <future>
#include <gtest/gtest.h>
#include <map>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/json.hpp>

#include "../dns/name_server.h"
#include "http/request_target.h"
#include "relay/data_directory.h"
#include "relay/settings_toml.h"
#include "support/fresh_folder.h"

namespace postrider::http {
namespace {

namespace json = boost::json;

struct Answered {
  int status = 0;
  json::value body;

  std::string text(const char* name) const { return json::value_to<std::string>(body.at(name)); }
  std::string error() const {
    return json::value_to<std::string>(body.at("error").at("code")) + ": " +
           json::value_to<std::string>(body.at("error").at("text"));
  }
};

Request request_of(const std::string& method, const std::string& text, const std::string& body) {
  const auto target = parse_target(text);
  return {.method = method,
          .path = target->path,
          .segments = target->segments,
          .query = target->query,
          .body = body,
          .by = {}};
}

/// A relay that listens nowhere but on ports that the kernel chose.
class ControlApiTest : public testing::Test {
 protected:
  void start(const std::vector<std::string>& more = {}) {
    std::vector<std::string> overrides{
        "listener.smtp.listen=127.0.0.1:0", "listener.smtps.enabled=false",
        "listener.inbound.enabled=false", "threads=2", "hostname=esp.example"};
    overrides.insert(overrides.end(), more.begin(), more.end());
    auto settings = relay::require_settings({.file = {}, .overrides = overrides});
    ASSERT_TRUE(settings) << settings.error().text();
    settings->data = folder_ / "data";
    auto opened =
        relay::Relay::open(*settings, {.test_clock = true, .on_storage_failure = nullptr});
    ASSERT_TRUE(opened) << opened.error().text();
    relay_ = *std::move(opened);
    const auto started = relay_->start();
    ASSERT_TRUE(started) << started.error().text();
    parts_ = {.directory = &relay_->directory(),
              .spool = &relay_->spool(),
              .events = &relay_->events(),
              .store = &relay_->store(),
              .relay = relay_.get(),
              .installation = "esp.example",
              .reload = [this](const std::string& /*by*/) { return reload_; }};
    handler_ = make_control_api(parts_);
  }

  void TearDown() override {
    if (relay_) {
      relay_->stop(std::chrono::seconds(5));
    }
  }

  Response respond(const std::string& method, const std::string& target,
                   const std::string& body = "") {
    return boost::asio::co_spawn(relay_->threads().context(0),
                                 handler_(request_of(method, target, body)),
                                 boost::asio::use_future)
        .get();
  }

  Answered ask(const std::string& method, const std::string& target, const std::string& body = "") {
    const Response response = respond(method, target, body);
    return {.status = response.status, .body = json::parse(response.body)};
  }

  /// Appends events to the log as the relay's own steps do.
  void append(std::vector<events::Event> events) {
    store::Step step;
    for (const events::Event& event : events) {
      relay_->events().append(step, event);
    }
    std::promise<void> done;
    std::vector<store::Store::Request> requests;
    requests.push_back({.step = std::move(step),
                        .completed = [&](const Result<>&) { done.set_value(); },
                        .reply_to = &relay_->threads().mailbox(0)});
    relay_->store().submit(requests);
    done.get_future().get();
  }

  test::FreshFolder folder_;
  std::unique_ptr<relay::Relay> relay_;
  ControlParts parts_;
  Handler handler_;
  Result<std::vector<std::string>> reload_ = std::vector<std::string>();
};

TEST_F(ControlApiTest, AccountsAreMadeAndChanged) {
  start();
  const Answered made = ask("POST", "/v1/accounts", R"({"name": "shop", "dsn": "failure"})");
  EXPECT_EQ(made.status, 201);
  EXPECT_EQ(made.text("dsn"), "failure");
  const Answered changed = ask("PATCH", "/v1/accounts/shop", R"({"active": false})");
  EXPECT_EQ(changed.status, 200);
  EXPECT_FALSE(changed.body.at("active").as_bool());
  EXPECT_EQ(changed.text("dsn"), "failure");
  const Answered all = ask("GET", "/v1/accounts");
  EXPECT_EQ(all.body.at("accounts").as_array().size(), 1U);
}

TEST_F(ControlApiTest, WhatIsWrongIsSaidWithTheFittingStatus) {
  start();
  ask("POST", "/v1/accounts", R"({"name": "shop"})");
  EXPECT_EQ(ask("POST", "/v1/accounts", R"({"name": "shop"})").status, 400);
  EXPECT_EQ(ask("POST", "/v1/accounts", "{").error(),
            "invalid: the body is not JSON: incomplete JSON");
  EXPECT_EQ(ask("POST", "/v1/accounts", R"({"nmae": "x"})").status, 400);
  EXPECT_EQ(ask("PATCH", "/v1/accounts/shop", "{}").status, 400);
  EXPECT_EQ(ask("PATCH", "/v1/accounts/nobody", R"({"active": true})").status, 404);
  EXPECT_EQ(ask("POST", "/v1/credentials", R"({"account": "nobody"})").status, 404);
  EXPECT_EQ(ask("POST", "/v1/credentials", R"({"account": "shop", "stream": "x"})").status, 400);
  EXPECT_EQ(ask("GET", "/v1/domains/none.example").status, 404);
  EXPECT_EQ(ask("GET", "/v1/messages/17").status, 404);
  EXPECT_EQ(ask("GET", "/v1/messages/x").status, 400);
  EXPECT_EQ(ask("GET", "/v1/events?type=lost").status, 400);
  EXPECT_EQ(ask("GET", "/v1/events?limit=0").status, 400);
  EXPECT_EQ(ask("GET", "/v2").status, 404);
  EXPECT_EQ(ask("DELETE", "/v1/accounts").status, 405);
}

TEST_F(ControlApiTest, ThePasswordIsShownOnceAndTheUserCanBeTakenAway) {
  start();
  ask("POST", "/v1/accounts", R"({"name": "shop"})");
  const Answered made =
      ask("POST", "/v1/credentials", R"({"account": "shop", "user": "a/b@c", "stream": "bulk"})");
  EXPECT_EQ(made.status, 201);
  EXPECT_GE(made.text("password").size(), 20U);
  const Response listed = respond("GET", "/v1/credentials");
  EXPECT_EQ(listed.body.find("password"), std::string::npos) << listed.body;
  EXPECT_NE(listed.body.find(R"("stream":"bulk")"), std::string::npos) << listed.body;
  EXPECT_EQ(ask("DELETE", "/v1/credentials/a%2Fb%40c").status, 200);
  EXPECT_EQ(ask("DELETE", "/v1/credentials/a%2Fb%40c").status, 404);
}

TEST_F(ControlApiTest, EventsAreFilteredAndPaged) {
  start();
  std::vector<events::Event> log;
  for (std::uint64_t i = 1; i <= 30; ++i) {
    events::Event event;
    event.type = i % 3 == 0 ? events::Type::failed : events::Type::accepted;
    event.message = MessageId{i * kIdStep};
    event.recipient = RecipientId{i * kIdStep};
    event.to = i % 2 == 0 ? "Ann@a.example" : "bob@sub.a.example";
    log.push_back(event);
  }
  append(log);
  const auto count = [this](const std::string& query) {
    return ask("GET", "/v1/events?" + query).body.at("events").as_array().size();
  };
  EXPECT_EQ(count(""), 30U);
  EXPECT_EQ(count("from=21"), 10U);
  EXPECT_EQ(count("from=-4"), 4U);
  EXPECT_EQ(count("from=end"), 0U);
  EXPECT_EQ(count("type=failed"), 10U);
  EXPECT_EQ(count("to=ann@A.EXAMPLE"), 15U);
  EXPECT_EQ(count("to=@a.example"), 15U);
  EXPECT_EQ(count("to=@a.example&type=failed"), 5U);
  EXPECT_EQ(count("message=" + std::to_string(7 * kIdStep)), 1U);

  const Answered first = ask("GET", "/v1/events?type=failed&limit=4");
  EXPECT_EQ(first.body.at("events").as_array().size(), 4U);
  const std::string next = std::to_string(first.body.at("next").as_int64());
  EXPECT_EQ(count("type=failed&from=" + next), 6U);
}

TEST_F(ControlApiTest, AFollowerHearsOfAnEventWithin100Ms) {
  start();
  append({events::Event{}});
  Response response = respond("GET", "/v1/events?follow=1&limit=2");
  ASSERT_TRUE(response.stream);
  std::promise<std::chrono::steady_clock::time_point> heard_of_second;
  std::atomic<int> heard = 0;
  Send send = [&](std::string lines) -> boost::asio::awaitable<bool> {
    for (const char c : lines) {
      if (c == '\n' && ++heard == 2) {
        heard_of_second.set_value(std::chrono::steady_clock::now());
      }
    }
    co_return true;
  };
  auto ended = boost::asio::co_spawn(relay_->threads().context(0), response.stream(send),
                                     boost::asio::use_future);
  while (heard < 1) {
    std::this_thread::yield();
  }
  append({events::Event{}});
  const auto appended = std::chrono::steady_clock::now();
  EXPECT_LT(heard_of_second.get_future().get() - appended, std::chrono::milliseconds(100));
  ended.get();  // the limit ends it
}

TEST_F(ControlApiTest, StatusQueueClockAndReloadAnswer) {
  start();
  const Answered status = ask("GET", "/v1/status");
  EXPECT_TRUE(status.body.at("running").as_bool());
  EXPECT_EQ(status.body.at("listeners").as_array().size(), 1U);
  EXPECT_TRUE(ask("GET", "/v1/queue").body.at("sites").as_array().empty());
  EXPECT_TRUE(ask("GET", "/v1/queue/recipients").body.at("recipients").as_array().empty());
  EXPECT_EQ(ask("POST", "/v1/queue/retry", "{}").body.at("retried").as_int64(), 0);

  const Time before = relay_->clock().now();
  EXPECT_EQ(ask("POST", "/v1/clock/advance", R"({"by": "6m"})").status, 200);
  EXPECT_EQ(relay_->clock().now() - before, std::chrono::minutes(6));
  EXPECT_EQ(ask("POST", "/v1/clock/advance", R"({"by": "6"})").status, 400);

  reload_ = std::vector<std::string>{"threads has changed"};
  EXPECT_EQ(ask("POST", "/v1/reload").body.at("needs_restart").at(0).as_string(),
            "threads has changed");
  reload_ = fail(Errc::invalid, "postrider.toml:7:1: no such option");
  EXPECT_EQ(ask("POST", "/v1/reload").error(), "invalid: postrider.toml:7:1: no such option");
}

TEST_F(ControlApiTest, CheckpointLiesBesideTheSpool) {
  start();
  const Answered made = ask("POST", "/v1/checkpoint");
  EXPECT_EQ(made.status, 200);
  EXPECT_EQ(made.text("checkpoint"), (folder_ / "data/spool.checkpoint").string());
  EXPECT_TRUE(std::filesystem::exists(folder_ / "data/spool.checkpoint/CURRENT"));
  EXPECT_EQ(ask("POST", "/v1/checkpoint", R"({"path": "/tmp"})").status, 400);
}

TEST_F(ControlApiTest, HealthIsTold) {
  start();
  handler_ = make_health(*relay_, nullptr);
  EXPECT_EQ(respond("GET", "/healthz").status, 200);
  EXPECT_EQ(respond("GET", "/readyz").status, 200);
  const std::string metrics = respond("GET", "/metrics").body;
  EXPECT_NE(metrics.find("\npostrider_accepted_messages_total 0\n"), std::string::npos) << metrics;
  EXPECT_NE(metrics.find("\npostrider_store_full 0\n"), std::string::npos) << metrics;
}

TEST_F(ControlApiTest, AFullDiskIsNotReady) {
  start({"spool.free_space_min=1000000GiB"});
  handler_ = make_health(*relay_, nullptr);
  EXPECT_EQ(respond("GET", "/healthz").status, 200);
  const Response ready = respond("GET", "/readyz");
  EXPECT_EQ(ready.status, 503);
  EXPECT_NE(ready.body.find("the disk is full"), std::string::npos) << ready.body;
  EXPECT_NE(respond("GET", "/metrics").body.find("\npostrider_store_full 1\n"), std::string::npos);
}

TEST_F(ControlApiTest, WithoutARelayReadingWorksAndTheRestSaysWhy) {
  start();
  ask("POST", "/v1/accounts", R"({"name": "shop"})");
  append({events::Event{}, events::Event{}});
  relay_->stop(std::chrono::seconds(5));
  relay_.reset();

  const auto directory = directory::Directory::open(
      relay::DataDirectory::directory_file(folder_ / "data"), directory::OpenMode::read_only);
  const auto store = store::Store::open(
      {.directory = relay::DataDirectory::spool(folder_ / "data"), .read_only = true});
  ASSERT_TRUE(directory && store);
  const auto spool = spool::make_spool(**store);
  const auto events = events::make_event_store(**store);
  const ControlParts parts{.directory = directory->get(),
                           .spool = spool.get(),
                           .events = events.get(),
                           .store = store->get(),
                           .relay = nullptr,
                           .installation = "esp.example",
                           .reload = nullptr};
  const Handler handler = make_control_api(parts);
  boost::asio::io_context io;
  const auto status_of = [&](const std::string& method, const std::string& target) {
    auto answer =
        boost::asio::co_spawn(io, handler(request_of(method, target, "")), boost::asio::use_future);
    io.restart();
    io.run();
    return answer.get();
  };
  for (const char* target : {"/v1/status", "/v1/accounts", "/v1/credentials", "/v1/domains",
                             "/v1/events", "/v1/queue", "/v1/queue/recipients"}) {
    EXPECT_EQ(status_of("GET", target).status, 200) << target;
  }
  EXPECT_NE(status_of("GET", "/v1/accounts").body.find("shop"), std::string::npos);
  // Two, and that of the account.
  EXPECT_NE(status_of("GET", "/v1/events").body.find("\"last\":3"), std::string::npos);
  using Pair = std::pair<const char*, const char*>;
  for (const auto& [method, target] :
       {Pair{"POST", "/v1/accounts"}, Pair{"DELETE", "/v1/credentials/x"},
        Pair{"POST", "/v1/queue/retry"}, Pair{"POST", "/v1/clock/advance"},
        Pair{"POST", "/v1/reload"}, Pair{"POST", "/v1/checkpoint"},
        Pair{"GET", "/v1/events?follow=1"}, Pair{"POST", "/v1/domains/x.example/check"}}) {
    const Response response = status_of(method, target);
    EXPECT_EQ(response.status, 503) << target;
    EXPECT_NE(response.body.find("not_running"), std::string::npos) << response.body;
  }
}

/// Records as a zone file of a.example has them.
std::string zone_of(const Answered& domain) {
  std::string zone;
  for (const json::value& record : domain.body.at("records").as_array()) {
    const auto value = json::value_to<std::string>(record.at("value"));
    const bool is_text = record.at("type").as_string() == "TXT";
    std::string data = value + ".";
    if (is_text) {
      data = "\"" + value.substr(0, 200) + "\"";
      data += value.size() > 200 ? " \"" + value.substr(200) + "\"" : "";
    }
    zone += json::value_to<std::string>(record.at("name")) + ". " +
            json::value_to<std::string>(record.at("type")) + " " + data + "\n";
  }
  return zone;
}

std::map<std::string, std::string> verdicts_of(const Answered& checked) {
  std::map<std::string, std::string> verdicts;
  for (const json::value& record : checked.body.at("records").as_array()) {
    verdicts[json::value_to<std::string>(record.at("name"))] =
        json::value_to<std::string>(record.at("verdict"));
  }
  return verdicts;
}

TEST_F(ControlApiTest, DomainCheckFindsWhatIsPublishedAndTakesItForProof) {
  start();
  ask("POST", "/v1/accounts", R"({"name": "default"})");
  const Answered made = ask("POST", "/v1/domains", R"({"name": "A.example"})");
  EXPECT_EQ(made.status, 201);
  EXPECT_FALSE(made.body.at("verified").as_bool());
  // A second relay on the same data asks the name server with the zone.
  relay_->stop(std::chrono::seconds(5));
  relay_.reset();
  const dns::NameServer server({{"a.example", zone_of(made)}});
  start({"dns.stubs={\"a.example\" = \"" + server.address() + "\"}"});

  const Answered checked = ask("POST", "/v1/domains/a.example/check");
  ASSERT_EQ(checked.status, 200) << json::serialize(checked.body);
  for (const auto& [name, verdict] : verdicts_of(checked)) {
    EXPECT_EQ(verdict, "ok") << name;
  }
  EXPECT_TRUE(checked.body.at("complete").as_bool());
  EXPECT_EQ(checked.text("verified_how"), "txt");
  EXPECT_EQ(checked.text("return_path_domain"), "bounces.a.example");
  EXPECT_TRUE(relay_->directory().snapshot()->domain("a.example")->is_verified);
}

TEST_F(ControlApiTest, DomainCheckSaysWhatIsMissingAndWrong) {
  const dns::NameServer server(
      {{"a.example", "@ TXT \"v=spf1 mx -all\"\nbounces CNAME old.a.example.\nold A 192.0.2.1\n"}});
  start({"dns.stubs={\"a.example\" = \"" + server.address() + "\"}"});
  ask("POST", "/v1/accounts", R"({"name": "default"})");
  ask("POST", "/v1/domains", R"({"name": "a.example"})");
  const Answered checked = ask("POST", "/v1/domains/a.example/check");
  const auto verdicts = verdicts_of(checked);
  EXPECT_EQ(verdicts.at("_postrider.a.example"), "missing");
  EXPECT_EQ(verdicts.at("pr1r._domainkey.a.example"), "missing");
  EXPECT_EQ(verdicts.at("a.example"), "wrong");
  EXPECT_EQ(verdicts.at("bounces.a.example"), "wrong");
  EXPECT_EQ(verdicts.at("_dmarc.a.example"), "missing");
  EXPECT_FALSE(checked.body.at("verified").as_bool());
  EXPECT_FALSE(checked.body.at("complete").as_bool());
  EXPECT_NE(json::serialize(checked.body).find("v=spf1 mx include:esp.example -all"),
            std::string::npos);
}

}  // namespace
}  // namespace postrider::http
