#include "dns/resolver.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <thread>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "awaiting.h"
#include "dns/mx.h"
#include "name_server.h"

namespace postrider::dns {
namespace {

namespace asio = boost::asio;
using asio::ip::address;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

std::string numbered(int count, const std::function<std::string(std::string)>& line) {
  std::string lines;
  for (int i = 1; i <= count; ++i) {
    lines += line(std::to_string(i)) + "\n";
  }
  return lines;
}

std::string example_zone() {
  std::string zone = R"(
shop MX 20 Backup.Example.
shop MX 10 mx.example.
mx A 11.0.0.1
mx AAAA 2600::1
only4 A 11.0.0.4
nullmx MX 0 .
txt TXT "v=spf1 " "include:example" " -all"
alias CNAME shop
dangling CNAME nowhere
loop1 CNAME loop2
loop2 CNAME loop1
many A 11.0.1.1
)";
  // chain8 has eight CNAMEs before its address, chain9 has nine.
  zone += "chain0 A 11.0.0.8\n";
  for (int i = 1; i <= 9; ++i) {
    zone += "chain" + std::to_string(i) + " CNAME chain" + std::to_string(i - 1) + "\n";
  }
  zone += numbered(100, [](const std::string& n) {
    return "hundred MX " + n + " mx" + n + ".a-rather-long-label-so-that-it-needs-tcp";
  });
  zone += numbered(20, [](const std::string& n) { return "twenty A 11.0.2." + n; });
  zone += numbered(20, [](const std::string& n) { return "twenty AAAA 2600::2:" + n; });
  return zone;
}

class ResolverTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    server_ = std::make_unique<NameServer>(std::map<std::string, std::string>{
        {"example", example_zone()}, {"simulator.test", "@ MX 5 mx\nmx A 127.0.0.1\n"}});
  }
  static void TearDownTestSuite() { server_.reset(); }

  ResolverOptions to_server() const {
    ResolverOptions options;
    options.use_system_resolvers = false;
    options.stubs = {{.zone = "example", .server = server_->address()},
                     {.zone = "simulator.test", .server = server_->address()},
                     {.zone = "foreign.invalid-zone", .server = server_->address()}};
    return options;
  }

  std::shared_ptr<Resolver> resolver_with(const ResolverOptions& options) {
    Result<std::shared_ptr<Resolver>> made = make_resolver(io_.get_executor(), options);
    EXPECT_TRUE(made) << made.error().text();
    return *std::move(made);
  }

  template <class T>
  T await(asio::awaitable<T> task) {
    return dns::await(io_, std::move(task));
  }

  static inline std::unique_ptr<NameServer> server_;
  asio::io_context io_;
};

std::vector<std::string> hosts(const Result<Answer<Mx>>& answer) {
  std::vector<std::string> found;
  if (answer) {
    for (const Mx& mx : answer->records) {
      found.push_back(std::to_string(mx.preference) + " " + mx.host);
    }
  }
  return found;
}

TEST_F(ResolverTest, MxRecordsAreLowerCaseWithoutTrailingDot) {
  const auto resolver = resolver_with(to_server());
  const auto answer = await(resolver->mx("Shop.Example"));
  ASSERT_TRUE(answer) << answer.error().text();
  EXPECT_THAT(hosts(answer), UnorderedElementsAre("20 backup.example", "10 mx.example"));
  EXPECT_EQ(answer->canonical_name, "shop.example");
  EXPECT_EQ(answer->security, Security::insecure);
  EXPECT_GT(answer->ttl.count(), 0);
  EXPECT_LE(answer->ttl.count(), 300);
}

TEST_F(ResolverTest, MxOfAnAliasIsThatOfItsTarget) {
  const auto resolver = resolver_with(to_server());
  const auto answer = await(resolver->mx("alias.example"));
  ASSERT_TRUE(answer) << answer.error().text();
  EXPECT_EQ(answer->records.size(), 2U);
  EXPECT_EQ(answer->canonical_name, "shop.example");
}

TEST_F(ResolverTest, NullMxIsAnEmptyHost) {
  const auto resolver = resolver_with(to_server());
  const auto answer = await(resolver->mx("nullmx.example"));
  EXPECT_THAT(hosts(answer), ElementsAre("0 "));
}

TEST_F(ResolverTest, WhatDoesNotExistIsNotFound) {
  const auto resolver = resolver_with(to_server());
  for (const char* name : {"nowhere.example", "mx.example", "dangling.example"}) {
    const auto answer = await(resolver->mx(name));
    ASSERT_FALSE(answer) << name;
    EXPECT_EQ(answer.error().code(), Errc::not_found) << answer.error().text();
    EXPECT_THAT(answer.error().text(), HasSubstr(std::string("MX of ") + name));
  }
}

TEST_F(ResolverTest, AddressesOfBothKindsOrOfOne) {
  const auto resolver = resolver_with(to_server());
  const address v4 = asio::ip::make_address("11.0.0.1");
  const address v6 = asio::ip::make_address("2600::1");
  const auto both = await(resolver->addresses("mx.example", true, true));
  ASSERT_TRUE(both) << both.error().text();
  EXPECT_THAT(both->records, UnorderedElementsAre(v4, v6));
  const auto only_v4 = await(resolver->addresses("mx.example", true, false));
  EXPECT_THAT(only_v4->records, ElementsAre(v4));
  const auto only_v6 = await(resolver->addresses("mx.example", false, true));
  EXPECT_THAT(only_v6->records, ElementsAre(v6));
  const auto of_v4_host = await(resolver->addresses("only4.example", true, true));
  EXPECT_EQ(of_v4_host->records.size(), 1U);
  const auto none = await(resolver->addresses("only4.example", false, true));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code(), Errc::not_found);
}

TEST_F(ResolverTest, EightCnamesAreFollowedAndNineAreNot) {
  const auto resolver = resolver_with(to_server());
  const auto eight = await(resolver->addresses("chain8.example", true, true));
  ASSERT_TRUE(eight) << eight.error().text();
  EXPECT_EQ(eight->canonical_name, "chain0.example");
  const auto nine = await(resolver->addresses("chain9.example", true, true));
  ASSERT_FALSE(nine);
  EXPECT_EQ(nine.error().code(), Errc::unavailable) << nine.error().text();
}

TEST_F(ResolverTest, ALoopOfCnamesIsUnavailable) {
  const auto resolver = resolver_with(to_server());
  const auto answer = await(resolver->addresses("loop1.example", true, true));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Errc::unavailable) << answer.error().text();
}

TEST_F(ResolverTest, StringsOfTxtAreJoined) {
  const auto resolver = resolver_with(to_server());
  const auto answer = await(resolver->txt("txt.example"));
  ASSERT_TRUE(answer) << answer.error().text();
  EXPECT_THAT(answer->records, ElementsAre("v=spf1 include:example -all"));
}

TEST_F(ResolverTest, CnameIsTheAliasItself) {
  const auto resolver = resolver_with(to_server());
  const auto answer = await(resolver->cname("alias.example"));
  ASSERT_TRUE(answer) << answer.error().text();
  EXPECT_THAT(answer->records, ElementsAre("shop.example"));
}

TEST_F(ResolverTest, StubBelowTestIsAsked) {
  const auto resolver = resolver_with(to_server());
  const auto answer = await(resolver->mx("simulator.test"));
  ASSERT_TRUE(answer) << answer.error().text();
  EXPECT_THAT(hosts(answer), ElementsAre("5 mx.simulator.test"));
}

TEST_F(ResolverTest, MalformedNameIsInvalid) {
  const auto resolver = resolver_with(to_server());
  const auto answer = await(resolver->mx("a..example"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Errc::invalid);
}

TEST_F(ResolverTest, ServerThatRefusesIsUnavailable) {
  const auto resolver = resolver_with(to_server());
  const auto answer = await(resolver->mx("a.foreign.invalid-zone"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Errc::unavailable) << answer.error().text();
}

TEST_F(ResolverTest, DeadServerIsUnavailable) {
  ResolverOptions options = to_server();
  options.stubs = {{.zone = "example", .server = "127.0.0.1@" + std::to_string(free_port())}};
  options.timeout = std::chrono::milliseconds(200);  // libunbound tries for 17 s before it says so
  const auto resolver = resolver_with(options);
  const auto answer = await(resolver->mx("shop.example"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Errc::unavailable) << answer.error().text();
}

/// A port that takes questions and never answers.
class Silence {
 public:
  explicit Silence(asio::io_context& io) : socket_(io, {asio::ip::address_v4::loopback(), 0}) {}
  ResolverOptions options(std::chrono::milliseconds timeout) const {
    ResolverOptions options;
    options.use_system_resolvers = false;
    options.stubs = {{.zone = "example",
                      .server = "127.0.0.1@" + std::to_string(socket_.local_endpoint().port())}};
    options.timeout = timeout;
    return options;
  }

 private:
  asio::ip::udp::socket socket_;
};

TEST_F(ResolverTest, DeadlineEndsALookUpAsUnavailable) {
  const Silence silence(io_);
  const auto resolver = resolver_with(silence.options(std::chrono::milliseconds(50)));
  const auto answer = await(resolver->addresses("shop.example", true, true));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Errc::unavailable);
  EXPECT_THAT(answer.error().text(), HasSubstr("no answer in time"));
}

/// Answers every question with "no such name", a while after it came.
class SlowServer {
 public:
  explicit SlowServer(std::chrono::milliseconds after)
      : after_(after), socket_(io_, {asio::ip::address_v4::loopback(), 0}) {
    socket_.set_option(asio::socket_base::receive_buffer_size(4 << 20));
    asio::co_spawn(io_, serve(), asio::detached);
    thread_ = std::thread([this] { io_.run(); });
  }
  ~SlowServer() {
    io_.stop();
    thread_.join();
  }
  /// Questions that were open at the same time.
  std::size_t most_at_a_time() const { return most_; }
  std::string address() const {
    return "127.0.0.1@" + std::to_string(socket_.local_endpoint().port());
  }

 private:
  asio::awaitable<void> serve() {
    while (true) {
      std::string question(512, 0);
      asio::ip::udp::endpoint from;
      question.resize(
          co_await socket_.async_receive_from(asio::buffer(question), from, asio::use_awaitable));
      auto timer = std::make_shared<asio::steady_timer>(io_, after_);
      most_ = std::max(most_.load(), ++open_);
      question[2] = static_cast<char>(question[2] | 0x84);  // an answer, with authority
      question[3] = 3;                                      // NXDOMAIN
      timer->async_wait([this, timer, question, from](boost::system::error_code) {
        --open_;
        boost::system::error_code ignored;
        socket_.send_to(asio::buffer(question), from, 0, ignored);
      });
    }
  }

  std::chrono::milliseconds after_;
  std::size_t open_ = 0;
  std::atomic<std::size_t> most_ = 0;
  asio::io_context io_;
  asio::ip::udp::socket socket_;
  std::thread thread_;
};

/// With a time-out of 2 s.
std::shared_ptr<Resolver> resolver_for(asio::io_context& io, const SlowServer& server,
                                       std::size_t asked_at_a_time) {
  ResolverOptions options;
  options.stubs = {{"crowd.example", server.address()}};
  options.use_system_resolvers = false;
  options.timeout = std::chrono::seconds(2);
  options.asked_at_a_time = asked_at_a_time;
  return make_resolver(io.get_executor(), options).value();
}

// Their time begins when it is their turn: a crowd of domains is slow, and not a failure of DNS.
TEST_F(ResolverTest, ManyLookUpsWaitForTheirTurnAndThatTakesNoneOfTheirTime) {
  constexpr std::size_t kMany = 36;  // twelve turns of 0.2 s
  SlowServer server(std::chrono::milliseconds(200));
  asio::io_context io;
  const auto resolver = resolver_for(io, server, 3);
  std::vector<std::string> failures;
  std::size_t ended = 0;
  for (std::size_t i = 0; i < kMany; ++i) {
    asio::co_spawn(io, resolver->mx("d" + std::to_string(i) + ".crowd.example"),
                   [&](const std::exception_ptr&, const Result<Answer<Mx>>& result) {
                     ++ended;
                     if (result || result.error().code() != Errc::not_found) {
                       failures.push_back(result ? "found" : result.error().text());
                     }
                   });
  }
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (ended < kMany && std::chrono::steady_clock::now() < end) {
    io.run_one_until(end);
  }
  EXPECT_EQ(ended, kMany);
  EXPECT_THAT(failures, testing::IsEmpty());
  EXPECT_LE(server.most_at_a_time(), 6U) << "libunbound asks twice where a denial has no SOA";
}

TEST_F(ResolverTest, WhoGoesAwayWhileWaitingTakesNobodysTurn) {
  SlowServer server(std::chrono::milliseconds(50));
  asio::io_context io;
  const auto resolver = resolver_for(io, server, 3);
  std::array<asio::cancellation_signal, 20> stop;
  std::size_t ended = 0;
  for (std::size_t i = 0; i < stop.size(); ++i) {
    asio::co_spawn(
        io, resolver->mx("d" + std::to_string(i) + ".crowd.example"),
        asio::bind_cancellation_slot(stop[i].slot(), [&](const std::exception_ptr&,
                                                         const Result<Answer<Mx>>&) { ++ended; }));
  }
  io.poll();
  for (auto& one : stop) {
    one.emit(asio::cancellation_type::terminal);
  }
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (ended < stop.size() && std::chrono::steady_clock::now() < end) {
    io.run_one_until(end);
  }
  EXPECT_EQ(ended, stop.size());
  const auto after = postrider::dns::await(io, resolver->mx("after.crowd.example"));
  EXPECT_EQ(after.error().code(), Errc::not_found) << after.error().text();
}

TEST_F(ResolverTest, CancelledLookUpEndsAtOnce) {
  const Silence silence(io_);
  const auto resolver = resolver_with(silence.options(std::chrono::hours(1)));
  std::optional<Errc> ended;
  asio::cancellation_signal cancel;
  asio::co_spawn(io_, resolver->mx("shop.example"),
                 asio::bind_cancellation_slot(
                     cancel.slot(), [&](const std::exception_ptr&, const Result<Answer<Mx>>& got) {
                       ended = got.error().code();
                     }));
  asio::post(io_, [&] { cancel.emit(asio::cancellation_type::terminal); });
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!ended && std::chrono::steady_clock::now() < until) {
    io_.run_one_until(until);
  }
  EXPECT_EQ(ended, Errc::closed);
}

TEST_F(ResolverTest, WaitingCoroutineMayBeDestroyed) {
  std::shared_ptr<Resolver> resolver;
  {
    asio::io_context waiting;
    const Silence silence(waiting);
    resolver = resolver_with(silence.options(std::chrono::hours(1)));
    asio::co_spawn(waiting, resolver->mx("shop.example"),
                   [](const std::exception_ptr&, const Result<Answer<Mx>>&) {});
    waiting.poll();
  }
  EXPECT_TRUE(resolver);
}

TEST_F(ResolverTest, AnswersMayComeWhileTheWaitIsBeingCancelled) {
  const auto resolver = resolver_with(to_server());
  auto work = asio::make_work_guard(io_);
  std::jthread watching([&] { io_.run(); });
  for (int round = 0; round < 500; ++round) {
    asio::io_context waiting;
    std::array<asio::cancellation_signal, 4> cancels;
    for (asio::cancellation_signal& cancel : cancels) {
      asio::co_spawn(waiting, resolver->mx("shop.example"),
                     asio::bind_cancellation_slot(cancel.slot(), [](const std::exception_ptr&,
                                                                    const Result<Answer<Mx>>&) {}));
    }
    // Long enough for none, some or all of the answers; the context dies right behind the last
    // wait.
    waiting.run_until(std::chrono::steady_clock::now() + std::chrono::microseconds(round % 100));
    for (asio::cancellation_signal& cancel : cancels) {
      cancel.emit(asio::cancellation_type::terminal);
    }
    waiting.run();
  }
  asio::io_context waiting;
  EXPECT_TRUE(dns::await(waiting, resolver->mx("shop.example")));
  work.reset();
  io_.stop();
}

TEST_F(ResolverTest, AnswerComesBackToTheAwaitingThread) {
  const auto resolver = resolver_with(to_server());
  auto work = asio::make_work_guard(io_);
  std::jthread watching([&] { io_.run(); });
  asio::io_context mine;
  const auto here = [](Resolver& r) -> asio::awaitable<bool> {
    const std::thread::id before = std::this_thread::get_id();
    for (int i = 0; i < 200; ++i) {
      const auto answer = co_await r.mx("shop.example");
      if (!answer || std::this_thread::get_id() != before) {
        co_return false;
      }
    }
    co_return true;
  };
  EXPECT_TRUE(dns::await(mine, here(*resolver)));
  work.reset();
  io_.stop();
}

TEST_F(ResolverTest, ForwarderIsAsked) {
  ResolverOptions options;
  options.forwarders = {server_->address()};
  const auto resolver = resolver_with(options);
  const auto answer = await(resolver->mx("shop.example"));
  ASSERT_TRUE(answer) << answer.error().text();
  EXPECT_EQ(answer->records.size(), 2U);
}

TEST_F(ResolverTest, BadServersAreNamed) {
  ResolverOptions options = to_server();
  options.forwarders = {"not an address"};
  const auto made = make_resolver(io_.get_executor(), options);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code(), Errc::invalid);
  EXPECT_THAT(made.error().text(), HasSubstr("not an address"));
}

TEST_F(ResolverTest, TrustAnchorThatCannotBeReadIsNamed) {
  ResolverOptions options = to_server();
  options.trust_anchor = "/nonexistent/root.key";
  const auto made = make_resolver(io_.get_executor(), options);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code(), Errc::invalid);
  EXPECT_THAT(made.error().text(), HasSubstr("/nonexistent/root.key"));
}

TEST_F(ResolverTest, StubsAnswerUnderATrustAnchorThatKnowsNothingOfThem) {
  const std::filesystem::path anchor =
      std::filesystem::path(testing::TempDir()) / ("root-" + std::to_string(::getpid()) + ".key");
  std::ofstream(anchor) << ". IN DS 20326 8 2 "
                           "E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n";
  ResolverOptions options = to_server();
  options.trust_anchor = anchor;
  const auto resolver = resolver_with(options);
  std::filesystem::remove(anchor);
  const auto answer = await(resolver->mx("shop.example"));
  ASSERT_TRUE(answer) << answer.error().text();
  EXPECT_EQ(answer->security, Security::insecure);
}

TEST_F(ResolverTest, AHundredMailHostsAreTheTwentyBest) {
  const auto resolver = resolver_with(to_server());
  const MxOptions options;
  const auto found = await(find_mail_hosts(*resolver, "hundred.example", options, 1));
  ASSERT_TRUE(found) << found.error().text;
  ASSERT_EQ(found->hosts.size(), 20U);
  EXPECT_EQ(found->hosts.front().preference, 1);
  EXPECT_EQ(found->hosts.back().preference, 20);
}

TEST_F(ResolverTest, FortyAddressesAreEightInTurns) {
  const auto resolver = resolver_with(to_server());
  const MxOptions options;
  const auto found = await(find_addresses(*resolver, "twenty.example", options, 1));
  ASSERT_TRUE(found) << found.error().text;
  ASSERT_EQ(found->size(), 8U);
  for (std::size_t i = 0; i < found->size(); ++i) {
    EXPECT_EQ((*found)[i].is_v6(), i % 2 == 0) << i;
  }
}

TEST_F(ResolverTest, ImplicitMailHostIsTheDomain) {
  const auto resolver = resolver_with(to_server());
  const MxOptions options;
  const auto found = await(find_mail_hosts(*resolver, "only4.example", options, 1));
  ASSERT_TRUE(found) << found.error().text;
  EXPECT_TRUE(found->implicit);
  EXPECT_EQ(found->hosts.front().name, "only4.example");
  const auto nowhere = await(find_mail_hosts(*resolver, "nowhere.example", options, 1));
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().why, NoWay::no_such_domain);
}

}  // namespace
}  // namespace postrider::dns
