// The client against authorities that answer as none should. What a real one says is tested with
// Pebble (tests/blackbox/test_certificates.py).
#include "acme/client.h"

#include <atomic>
#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <mutex>
#include <thread>

#include <boost/asio/connect.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>

#include "dns/awaiting.h"
#include "support/fake_resolver.h"

namespace postrider::acme {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using testing::HasSubstr;
using namespace std::chrono_literals;

constexpr const char* kHost = "links.shop.example";

struct Answer {
  int status = 200;
  std::string body = "{}";
  std::string fields = {};  ///< each with its line end
};

/// Answers by path, one connection for each request; a path without an answer gets none at all.
class Authority {
 public:
  Authority() : acceptor_(io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
    set("/dir", {.body = R"({"newNonce": ")" + url("/nonce") + R"(", "newAccount": ")" +
                         url("/account") + R"(", "newOrder": ")" + url("/new-order") + R"("})"});
    set("/nonce", {.body = ""});
    set("/account", {.status = 201, .fields = "Location: " + url("/account/1") + "\r\n"});
    set("/new-order",
        {.status = 201, .body = order("pending"), .fields = "Location: " + url("/order") + "\r\n"});
    set("/authorization", {.body = authorization("valid")});
    set("/order", {.body = order("ready")});
    set("/finalize", {.body = order("processing")});
    set("/certificate", {.body = "CHAIN"});
  }
  ~Authority() {
    is_stopping_ = true;
    if (thread_.joinable()) {
      tcp::socket wakes(io_);
      boost::system::error_code ignored;
      wakes.connect(acceptor_.local_endpoint(), ignored);
      wakes.close(ignored);
      thread_.join();
    }
  }
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;

  void start() {
    thread_ = std::thread([this] { serve(); });
  }

  std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + path;
  }
  std::string order(const std::string& status, const std::string& more = "") const {
    return R"({"status": ")" + status + R"(", "authorizations": [")" + url("/authorization") +
           R"("], "finalize": ")" + url("/finalize") + "\"" + more + "}";
  }
  std::string order_with_certificate(const std::string& status) const {
    return order(status, R"(, "certificate": ")" + url("/certificate") + "\"");
  }
  std::string authorization(const std::string& status,
                            const std::string& challenge = "http-01") const {
    return R"({"status": ")" + status + R"(", "challenges": [{"type": ")" + challenge +
           R"(", "url": ")" + url("/challenge") + R"(", "token": "abc"}]})";
  }

  /// The next answers to `path`; the last of them stays. Before start().
  void set(const std::string& path, Answer answer) { answers_[path] = {std::move(answer)}; }
  void then(const std::string& path, Answer answer) { answers_[path].push_back(std::move(answer)); }
  void remove(const std::string& path) { answers_.erase(path); }

  int asked(const std::string& path) const {
    const std::lock_guard lock(mutex_);
    const auto found = asked_.find(path);
    return found == asked_.end() ? 0 : found->second;
  }

 private:
  void serve() {
    while (!is_stopping_) {
      tcp::socket socket = acceptor_.accept();
      boost::system::error_code ec;
      std::string text;
      asio::read_until(socket, asio::dynamic_buffer(text), "\r\n\r\n", ec);
      if (ec) {
        continue;
      }
      read_body(socket, text);
      const std::string path =
          text.substr(text.find(' ') + 1, text.find(" HTTP") - text.find(' ') - 1);
      const Answer* answer = nullptr;
      {
        const std::lock_guard lock(mutex_);
        const auto found = answers_.find(path);
        const auto turn = static_cast<std::size_t>(asked_[path]++);
        answer = found == answers_.end() ? nullptr
                                         : &found->second[std::min(turn, found->second.size() - 1)];
      }
      if (answer == nullptr) {
        asio::read(socket, asio::dynamic_buffer(text), ec);  // until the client has gone
        continue;
      }
      asio::write(
          socket,
          asio::buffer("HTTP/1.1 " + std::to_string(answer->status) + " x\r\nReplay-Nonce: n" +
                       std::to_string(++nonces_) + "\r\nConnection: close\r\nContent-Length: " +
                       std::to_string(answer->body.size()) + "\r\n" + answer->fields + "\r\n" +
                       answer->body),
          ec);
    }
  }

  static void read_body(tcp::socket& socket, std::string& text) {
    constexpr std::string_view kLength = "Content-Length: ";
    const auto length = text.find(kLength);
    const auto head = text.find("\r\n\r\n") + 4;
    const std::size_t wanted =
        length == std::string::npos ? 0 : std::stoul(text.substr(length + kLength.size()));
    boost::system::error_code ec;
    if (text.size() < head + wanted) {
      asio::read(socket, asio::dynamic_buffer(text),
                 asio::transfer_exactly(head + wanted - text.size()), ec);
    }
  }

  asio::io_context io_;
  tcp::acceptor acceptor_;
  std::map<std::string, std::vector<Answer>> answers_;
  mutable std::mutex mutex_;  // guards asked_
  std::map<std::string, int> asked_;
  int nonces_ = 0;
  std::atomic<bool> is_stopping_ = false;
  std::thread thread_;
};

class AcmeClient : public testing::Test {
 protected:
  Granted<std::string> obtain() {
    authority.start();
    options.directory = authority.url("/dir");
    options.answer_within = options.done_within = 1s;
    auto client = Client::make(resolver, challenges, AccountKey::make().value(), options).value();
    return dns::await(io, client->obtain(kHost));
  }
  /// Why there is none; whether it is the host's own trouble.
  std::string why(bool concerns_host) {
    const auto pem = obtain();
    EXPECT_FALSE(pem);
    if (pem) {
      return {};
    }
    EXPECT_EQ(pem.error().concerns_host, concerns_host) << pem.error().text();
    return pem.error().text();
  }

  asio::io_context io;
  test::FakeResolver resolver;
  Challenges challenges;
  Authority authority;
  Options options;
};

TEST_F(AcmeClient, GetsKeyAndChain) {
  authority.then("/order", {.body = authority.order_with_certificate("valid")});
  const auto pem = obtain();
  ASSERT_TRUE(pem) << pem.error().text();
  EXPECT_THAT(*pem, HasSubstr("PRIVATE KEY"));
  EXPECT_TRUE(pem->ends_with("CHAIN"));
}

TEST_F(AcmeClient, GivesUpWhereEveryNonceIsBad) {
  authority.set("/account",
                {.status = 400, .body = R"({"type": "urn:ietf:params:acme:error:badNonce"})"});
  EXPECT_THAT(why(false), HasSubstr("badNonce"));
  EXPECT_EQ(authority.asked("/account"), 10);
}

TEST_F(AcmeClient, TriesAgainWithAnotherNonce) {
  authority.set("/account",
                {.status = 400, .body = R"({"type": "urn:ietf:params:acme:error:badNonce"})"});
  authority.then("/account",
                 {.status = 201, .fields = "Location: " + authority.url("/account/1") + "\r\n"});
  authority.set("/new-order", {.status = 403, .body = R"({"detail": "no more today"})"});
  EXPECT_THAT(why(true), HasSubstr("no more today"));
  EXPECT_EQ(authority.asked("/account"), 2);
}

TEST_F(AcmeClient, WaitsForAnAnswerOnlySoLong) {
  authority.remove("/new-order");
  EXPECT_THAT(why(false), HasSubstr("/new-order"));
}

TEST_F(AcmeClient, WaitsForALookAtTheChallengeOnlySoLong) {
  authority.set("/authorization", {.body = authority.authorization("pending")});
  authority.set("/challenge", {});
  EXPECT_THAT(why(true), HasSubstr("has not looked at the challenge in time"));
  EXPECT_FALSE(challenges.text(kHost, "abc")) << "shown no longer";
  EXPECT_LE(authority.asked("/authorization"), 4) << "a second apart";
}

TEST_F(AcmeClient, DoesNotPauseForAsLongAsAnAuthorityLikes) {
  authority.set("/authorization",
                {.body = authority.authorization("pending"), .fields = "Retry-After: 3600\r\n"});
  authority.set("/challenge", {});
  EXPECT_THAT(why(true), HasSubstr("has not looked at the challenge in time"));
}

TEST_F(AcmeClient, WaitsForAnOrderOnlySoLong) {
  authority.then("/order", {.body = authority.order("processing")});
  EXPECT_THAT(why(true), HasSubstr("has not finished the order in time"));
}

TEST_F(AcmeClient, TakesNoCertificateOfAnOrderThatIsNotValid) {
  authority.set("/order", {.body = authority.order("invalid", R"(, "error": {"detail": "CAA"})")});
  EXPECT_THAT(why(true), HasSubstr("the order is invalid: CAA"));
  EXPECT_EQ(authority.asked("/finalize"), 0);
}

TEST_F(AcmeClient, TakesNoCertificateThatAnInvalidOrderNames) {
  authority.set("/order", {.body = authority.order_with_certificate("invalid")});
  EXPECT_THAT(why(true), HasSubstr("the order is invalid"));
  EXPECT_EQ(authority.asked("/certificate"), 0);
}

TEST_F(AcmeClient, TakesNoOrderThatWasNotMade) {
  authority.set("/new-order", {.status = 403,
                               .body = authority.order("ready"),
                               .fields = "Location: " + authority.url("/order") + "\r\n"});
  EXPECT_THAT(why(true), HasSubstr("ordering: the authority answers 403"));
  EXPECT_EQ(authority.asked("/finalize"), 0);
}

TEST_F(AcmeClient, TakesNoPageForACertificate) {
  authority.then("/order", {.body = authority.order_with_certificate("valid")});
  authority.set("/certificate", {.status = 500, .body = R"({"detail": "come back"})"});
  EXPECT_THAT(why(false), HasSubstr("downloading the certificate: the authority answers 500"));
}

TEST_F(AcmeClient, DoesNotWaitForAChallengeThatWasRefused) {
  authority.set("/authorization", {.body = authority.authorization("pending")});
  authority.set("/challenge", {.status = 403, .body = R"({"detail": "no such challenge"})"});
  EXPECT_THAT(why(true), HasSubstr("asking for the challenge: the authority answers 403"));
  EXPECT_EQ(authority.asked("/authorization"), 1);
}

TEST_F(AcmeClient, TakesNoOrderThatHasNoCertificate) {
  authority.then("/order", {.body = authority.order("valid")});
  EXPECT_THAT(why(true), HasSubstr("the order is valid"));
}

TEST_F(AcmeClient, ProvesNothingTwice) {
  authority.set("/new-order", {.status = 201,
                               .body = authority.order("pending"),
                               .fields = "Location: " + authority.url("/order") + "\r\n"});
  authority.set("/order", {.body = authority.order("invalid")});
  why(true);
  EXPECT_EQ(authority.asked("/challenge"), 0) << "the authorization is valid";
}

TEST_F(AcmeClient, TakesAnInvalidAuthorizationForNone) {
  authority.set("/authorization", {.body = authority.authorization("pending")});
  authority.then("/authorization", {.body = authority.authorization("invalid")});
  authority.set("/challenge", {});
  EXPECT_THAT(why(true), HasSubstr("finds no proof by http-01"));
}

TEST_F(AcmeClient, NeedsTheChallengeThatIsConfigured) {
  authority.set("/authorization", {.body = authority.authorization("pending", "dns-01")});
  EXPECT_THAT(why(true), HasSubstr("offers no http-01"));
}

TEST_F(AcmeClient, HasAnAccountThatTheAuthorityKnowsWhereItMust) {
  authority.set("/dir", {.body = R"({"newNonce": ")" + authority.url("/nonce") +
                                 R"(", "newAccount": ")" + authority.url("/account") +
                                 R"(", "newOrder": ")" + authority.url("/new-order") +
                                 R"(", "meta": {"externalAccountRequired": true}})"});
  EXPECT_THAT(why(false), HasSubstr("write acme.eab_key_id"));
  EXPECT_EQ(authority.asked("/account"), 0);
}

TEST_F(AcmeClient, AsksNoUrlThatIsNone) {
  authority.set("/new-order", {.status = 201,
                               .body = R"({"status": "ready", "authorizations": [],
                                           "finalize": "file:///etc/passwd"})",
                               .fields = "Location: " + authority.url("/order") + "\r\n"});
  EXPECT_THAT(why(false), HasSubstr("names a URL that is none: file:///etc/passwd"));
}

TEST_F(AcmeClient, IsToldWhenToAskAgainButNotForEver) {
  authority.set("/new-order", {.status = 429,
                               .body = R"({"type": "urn:ietf:params:acme:error:rateLimited"})",
                               .fields = "Retry-After: 99999999\r\n"});
  const auto pem = obtain();
  ASSERT_FALSE(pem);
  EXPECT_TRUE(pem.error().concerns_host);
  EXPECT_EQ(pem.error().retry_after, std::chrono::days(7));
}

TEST_F(AcmeClient, AnAccountThatIsRefusedIsEverybodysTrouble) {
  authority.set("/account", {.status = 403, .body = R"({"detail": "not you"})"});
  EXPECT_THAT(why(false), HasSubstr("opening an account: the authority answers 403: not you"));
}

}  // namespace
}  // namespace postrider::acme
