// What the tests of delivery run in: a spool on a store, hosts on loopback, a clock that stands,
// and a recorder that notes attempts. Unless it starts the io threads the test runs their loops
// itself, and so nothing happens but while it waits for something.
#pragma once

#include <chrono>
#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <semaphore>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include "delivery/dispatcher.h"
#include "delivery/disposition.h"
#include "net/tls.h"
#include "scripted_host.h"
#include "support/fake_resolver.h"
#include "support/fresh_folder.h"
#include "support/running_store.h"
#include "support/temporary_directory.h"

namespace postrider::delivery {

namespace asio = boost::asio;
using asio::awaitable;
using test::Gate;
using test::ScriptedHost;
using test::Visit;
using namespace std::chrono_literals;

const Time kNow{std::chrono::seconds(1'800'000'000)};

/// Notes attempts. A recipient that is deferred waits no more, unless `again` says so.
class FakeRecorder final : public Recorder {
 public:
  std::optional<queue::Waiting> record(std::size_t /*thread*/, Attempt attempt) override {
    const std::lock_guard lock(mutex_);
    std::optional<queue::Waiting> waits = again ? again(attempt) : std::nullopt;
    attempts.push_back(std::move(attempt));
    noted.release();
    return waits;
  }

  bool can_record() const override { return has_room; }

  bool has_room = true;
  std::vector<Attempt> attempts;
  std::function<std::optional<queue::Waiting>(const Attempt&)> again;
  std::counting_semaphore<> noted{0};  ///< once for each attempt; for tests with running threads

 private:
  std::mutex mutex_;
};

class DeliveryTest : public testing::Test {
 protected:
  /// One for all tests of a suite: a new store and directory take a quarter of a second.
  struct Stored {
    test::FreshFolder folder;
    test::RunningStore store{folder / "db"};
    std::unique_ptr<spool::Spool> spool = spool::make_spool(*store);
    TemporaryDirectory directory;
    AccountId account = directory->add_account("shop", kNow)->id;
    std::uint64_t next_id = 1000 * kIdStep;
    TlsClients tls{.any_certificate = *net::TlsClient::create(false),
                   .verified = *net::TlsClient::create(true)};
    std::unique_ptr<links::KeyRing> keys = *links::KeyRing::open(*directory);
  };
  static void SetUpTestSuite() { stored_ = std::make_unique<Stored>(); }
  static void TearDownTestSuite() { stored_.reset(); }

  explicit DeliveryTest(std::size_t thread_count = 1) : threads(thread_count) {
    for (std::size_t i = 0; i < thread_count; ++i) {
      work_.emplace_back(threads.context(i).get_executor());
    }
    options.hostname = "relay.example";
    options.mx.allowed_networks = {*net::parse_network("127.0.0.0/8")};
    options.idle_timeout = 1h;
  }

  void TearDown() override {
    for (const auto& host : hosts_) {
      finish(host->stop());
    }
    work_.clear();
    threads.stop();
  }

  /// From here on the io threads run their loops themselves.
  void start_threads() {
    threads.start();
    is_running_ = true;
  }

  /// A host with an address of its own, 127.0.0.1 and upwards, all at the same port.
  ScriptedHost& host(const std::string& name) {
    const std::string address = "127.0.0." + std::to_string(hosts_.size() + 1);
    const std::uint16_t port = hosts_.empty() ? std::uint16_t{0} : options.mx.port;
    hosts_.push_back(std::make_unique<ScriptedHost>(threads.context(0), address, port));
    options.mx.port = hosts_.back()->port();
    resolver.hosts[name] = {asio::ip::make_address(address)};
    return *hosts_.back();
  }

  /// A message in the spool, and what waits of it.
  std::vector<queue::Waiting> message(const std::vector<std::string>& recipients) {
    spool::Message made;
    made.id = MessageId{stored_->next_id};
    stored_->next_id += kIdStep * recipients.size();
    made.account = account;
    made.accepted = clock.now();
    made.from_domain = from_domain;
    made.envelope.reverse_path = {.local = "shop", .domain = "example.org"};
    std::vector<queue::Waiting> waiting;
    for (const std::string& recipient : recipients) {
      const auto at = recipient.find('@');
      made.envelope.recipients.emplace_back().address = {.local = recipient.substr(0, at),
                                                         .domain = recipient.substr(at + 1)};
      waiting.push_back({.message = made.id,
                         .account = account,
                         .index = static_cast<std::uint32_t>(waiting.size()),
                         .count = static_cast<std::uint32_t>(recipients.size()),
                         .accepted = clock.now(),
                         .due = clock.now(),
                         .domain = recipient.substr(at + 1),
                         .fresh = nullptr});
      names_[waiting.back().recipient()] = recipient;
    }
    made.size = content.size();
    store::Step step;
    spool.add(step, made, std::make_shared<const std::string>(content), {});
    EXPECT_TRUE(store.commit(std::move(step)));
    return waiting;
  }

  queue::Waiting letter(const std::string& recipient) { return message({recipient}).front(); }

  bool is_in_spool(const queue::Waiting& waiting) const {
    return spool.read(waiting.message).has_value();
  }

  /// "ann@example.net deferred 421 going down": each attempt so far, and what it comes to.
  std::vector<std::string> told() const {
    static const char* const kOutcomes[] = {"delivered", "deferred", "failed", "expired",
                                            "suppressed"};
    std::vector<std::string> all;
    for (const Attempt& attempt : recorder.attempts) {
      // The class of the code alone: words are another test's (judgement_test.cc).
      const bounce::Verdict verdict{.retry = attempt.reply.is_permanent() ? bounce::Retry::no
                                                                          : bounce::Retry::yes};
      const auto outcome = decide(attempt, verdict, options.default_retry, clock.now(), 0).outcome;
      all.push_back(names_.at(attempt.waiting.recipient()) + " " +
                    kOutcomes[static_cast<std::size_t>(outcome)] + " " +
                    smtp::to_string(attempt.reply));
    }
    return all;
  }
  std::size_t attempts() const { return recorder.attempts.size(); }

  /// Runs the loops until `condition` holds; false if it does not within the limit.
  [[nodiscard]] bool run_until(const std::function<bool()>& condition) {
    const auto limit = std::chrono::steady_clock::now() + test::kPatience;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > limit) {
        return false;
      }
      if (run_ready() == 0) {
        threads.context(0).run_one_for(threads.count() == 1 ? 50ms : 1ms);
      }
    }
    return true;
  }
  [[nodiscard]] bool run_until_attempts(std::size_t count) {
    return run_until([this, count] { return attempts() >= count; });
  }

  /// Runs the loops until nothing is left to do at once: what has not happened by then will not.
  void run_to_rest() {
    while (run_ready() > 0) {
    }
  }

  /// Runs `task` to its end.
  template <class T>
  T result_of(awaitable<T> task) {
    if (is_running_) {
      return asio::co_spawn(threads.context(0), std::move(task), asio::use_future).get();
    }
    std::optional<T> result;
    asio::co_spawn(threads.context(0), std::move(task),
                   [&](const std::exception_ptr& error, T value) {
                     ASSERT_FALSE(error);
                     result = std::move(value);
                   });
    if (!run_until([&] { return result.has_value(); })) {
      throw std::runtime_error("the coroutine did not end");
    }
    return *std::move(result);
  }
  void finish(awaitable<void> task) {
    const auto ended = [](awaitable<void> wanted) -> awaitable<bool> {
      co_await std::move(wanted);
      co_return true;
    };
    EXPECT_TRUE(result_of(ended(std::move(task))));
  }

  std::shared_ptr<const Options> options_now() const {
    return std::make_shared<const Options>(options);
  }

  test::RunningStore& store = stored_->store;
  spool::Spool& spool = *stored_->spool;
  directory::Directory& directory = *stored_->directory;
  AccountId account = stored_->account;
  ManualClock clock{kNow};
  test::FakeResolver resolver;
  FakeRecorder recorder;
  Options options;
  std::string from_domain;  ///< whose keys sign
  std::string content = "From: shop@example.org\r\nSubject: hello\r\n\r\nhi\r\n";
  net::IoThreads threads;
  const Services services{.clock = clock,
                          .threads = threads,
                          .spool = spool,
                          .directory = directory,
                          .resolver = resolver,
                          .recorder = recorder,
                          .tracking_keys = *stored_->keys,
                          .tls = stored_->tls,
                          .token_key = {},
                          .return_path_domain = "bounces.relay.example"};

 private:
  std::size_t run_ready() {
    std::size_t ran = 0;
    for (std::size_t i = 0; i < threads.count(); ++i) {
      ran += threads.context(i).poll_one();
    }
    return ran;
  }

  static inline std::unique_ptr<Stored> stored_;
  bool is_running_ = false;
  std::vector<asio::executor_work_guard<asio::io_context::executor_type>> work_;
  std::vector<std::unique_ptr<ScriptedHost>> hosts_;
  std::map<RecipientId, std::string> names_;
};

/// One site, whose hosts are "mx1" and so on, without a dispatcher around it.
class SiteTest : public DeliveryTest {
 protected:
  /// Makes the site, as `destination` and `options` are by now.
  Site& open(std::initializer_list<const char*> names) {
    destination.site = "mx";
    for (const char* name : names) {
      destination.hosts.push_back({.name = name, .preference = 0, .addresses = {}});
    }
    destination.port = options.mx.port;
    site = std::make_shared<Site>(
        std::make_shared<const Destination>(destination), services,
        [this] { return options_now(); }, tasks_, threads.context(0),
        [this](Attempt attempt) { recorder.record(0, std::move(attempt)); });
    return *site;
  }

  void TearDown() override {
    finish(end());
    DeliveryTest::TearDown();
  }

  awaitable<void> end() {
    site->stop();
    tasks_.cancel();
    co_await tasks_.join();
  }

  Destination destination;
  std::shared_ptr<Site> site;

 private:
  net::TaskGroup tasks_{threads.context(0).get_executor(), "delivery"};
};

}  // namespace postrider::delivery
