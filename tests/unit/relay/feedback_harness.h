// Feedback with everything real but the session.
#pragma once

#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include "relay/feedback.h"
#include "support/fresh_folder.h"
#include "support/running_store.h"
#include "support/temporary_directory.h"

namespace postrider::relay {

inline const Time kNow{std::chrono::seconds(1'800'000'000)};
inline const mail::TokenKey kKey = [] {
  mail::TokenKey key;
  key.fill(7);
  return key;
}();

inline std::string status_of(std::string_view recipient, std::string_view action,
                             std::string_view reply) {
  return "Final-Recipient: rfc822; " + std::string(recipient) +
         "\r\nAction: " + std::string(action) + "\r\nDiagnostic-Code: smtp; " + std::string(reply) +
         "\r\n\r\n";
}

inline std::string report(const std::string& statuses,
                          const std::string& returned = "Subject: x\r\n") {
  return "From: MAILER-DAEMON@mx.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; "
         "report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: "
         "message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n" +
         statuses + "--b\r\nContent-Type: text/rfc822-headers\r\n\r\n" + returned + "\r\n--b--\r\n";
}

inline std::string complaint(const std::string& returned, const std::string& recipient) {
  return "From: fbl@provider.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; "
         "report-type=feedback-report; boundary=b\r\n\r\n--b\r\nContent-Type: "
         "message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nUser-Agent: Loop/1\r\n" +
         (recipient.empty() ? "" : "Original-Rcpt-To: " + recipient + "\r\n") +
         "\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n" + returned + "\r\nhello\r\n--b--\r\n";
}

class FeedbackTest : public testing::Test {
 protected:
  void SetUp() override {
    account_ = directory_->add_account("shop", kNow)->id;
    threads_.start();
  }
  void TearDown() override { threads_.stop(); }

  static RecipientId recipient(std::uint64_t number) { return {number * kIdStep}; }
  static std::string token(std::uint64_t number) {
    return mail::make_token(kKey, recipient(number));
  }
  static std::string own_id(std::uint64_t number) {
    return "X-Postrider-Id: " + token(number) + "\r\n";
  }

  /// The recipient with this number, of the message that is named by `message`.
  void tell(events::Type type, std::uint64_t number, const std::string& to,
            std::uint64_t message = 0) {
    events::Event event;
    event.type = type;
    event.time = kNow;
    event.account = account_;
    event.recipient = recipient(number);
    event.message = MessageId{recipient(message == 0 ? number : message).value};
    event.to = to;
    event.site = type == events::Type::delivered ? "mx.example" : "";
    store::Step step;
    events_->append(step, event);
    ASSERT_TRUE(store_.commit(std::move(step)));
  }
  void deliver(std::uint64_t number, const std::string& to, std::uint64_t message = 0) {
    tell(events::Type::accepted, number, to, message);
    tell(events::Type::delivered, number, to, message);
  }

  Result<> take(std::vector<InboundAddress> addresses, std::string content) {
    const InboundMail mail{.session = "a1",
                           .sender = {},
                           .addresses = std::move(addresses),
                           .content = std::move(content)};
    return boost::asio::co_spawn(threads_.context(0), feedback_.take(mail), boost::asio::use_future)
        .get();
  }
  Result<> bounce(std::uint64_t number, std::string content) {
    return take({{.use = InboundUse::bounce, .recipient = recipient(number)}}, std::move(content));
  }
  Result<> to_nobody(std::string content) {
    return take({{.use = InboundUse::bounce, .recipient = {}}}, std::move(content));
  }

  /// "bounced ann@x hard", of what is no delivery.
  std::vector<std::string> told() {
    const auto page = events_->read(1, 10'000);
    std::vector<std::string> all;
    for (const events::Event& event : page->events) {
      if (event.type >= events::Type::unsubscribed || event.type == events::Type::bounced) {
        all.push_back(std::string(to_string(event.type)) + " " + event.to + " " + event.kind);
      }
    }
    return all;
  }
  events::Event last() { return events_->read(1, 10'000)->events.back(); }

  net::IoThreads threads_{1};
  test::FreshFolder folder_;
  test::RunningStore store_{folder_ / "db"};
  std::unique_ptr<events::EventStore> events_ = events::make_event_store(*store_);
  links::LinkStore links_{*store_};
  TemporaryDirectory directory_;
  ManualClock clock_{kNow};
  std::vector<store::Committer> committers_ =
      test::committers_of(*store_, threads_.context(0), threads_.mailbox(0));
  std::shared_ptr<const bounce::Classifier> rules_ =
      std::make_shared<const bounce::Classifier>(bounce::Classifier::load().value());
  AccountId account_;
  std::function<void()> while_reading_;  ///< on the reader's thread; may throw
  Feedback feedback_{{.clock = clock_,
                      .events = *events_,
                      .directory = *directory_,
                      .links = links_,
                      .committers = committers_,
                      .classifier =
                          [this] {
                            if (while_reading_) {
                              while_reading_();
                            }
                            return rules_;
                          },
                      .token_key = kKey}};
};

}  // namespace postrider::relay
