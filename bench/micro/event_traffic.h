// Traffic for benchmarks of the event log: 20 accounts, 400 sending domains, 3,000 sites, a
// campaign a week of each domain; few of each are most of it.
//
// Each recipient is accepted, and a second later delivered (94%), put off and then delivered (3%, a
// third event), or refused. Two in three are of a campaign; of these every fifth is opened, every
// fourth of those is clicked, and machines come, too; a hundredth of the whole time later. Made
// from a fixed seed: the same every time.
#pragma once

#include <algorithm>
#include <chrono>
#include <deque>
#include <random>
#include <string>

#include "events/event_store.h"

namespace postrider::bench {

constexpr std::uint64_t kAccounts = 20;
constexpr std::uint64_t kDomains = 400;
constexpr std::uint64_t kSites = 3000;
constexpr Time kBegin{std::chrono::hours(24) * 20'400};
constexpr std::uint64_t kFirstId = (std::uint64_t{58'492'800} << 15) * kIdStep;  // at kBegin
constexpr double kEventsOfARecipient = 2.21;

class EventTraffic {
 public:
  /// Of so many recipients, spread evenly over the time. In weeks few events share an hour with
  /// another one, which is the hardest case for counters and index; within a minute they come as
  /// they do under full load.
  EventTraffic(std::uint64_t recipients, std::chrono::minutes over)
      : recipients_(recipients), over_(over) {}

  /// All that becomes of the recipient with this number; they come in order.
  void append(const events::EventStore& store, store::Step& step, std::uint64_t number) {
    using events::Type;
    events::Event event = accepted(number);
    latest_ = event.time;
    append_due_hits(store, step, number);
    store.append(step, event);
    event = attempted(event);
    const std::uint64_t fate = random_() % 100;
    if (fate < 3) {
      event.type = Type::deferred;
      event.code = 451;
      event.kind = "soft";
      event.reply = "451 4.7.1 greylisted, please try again later";
      store.append(step, event);
      event.kind.clear();
      ++event.attempt;
    }
    const bool is_refused = fate >= 97;
    event.type = is_refused ? Type::failed : Type::delivered;
    event.code = is_refused ? 550 : 250;
    event.reply = is_refused ? "550 5.1.1 <user>: recipient address rejected: user unknown"
                             : "250 2.0.0 Ok: queued as 4F2Hk" + std::to_string(random_());
    if (is_refused) {
      event.kind = "hard";
      event.category = "unknown_recipient";
    }
    store.append(step, event);
    if (!is_refused && event.stream == "bulk") {
      plan_hits(event, number + recipients_ / 100);
    }
  }

  Time latest() const { return latest_; }  ///< when the last one was accepted

 private:
  struct Due {
    std::uint64_t number = 0;  ///< of the recipient with which it comes
    events::Event event;
  };

  void plan_hits(const events::Event& delivered, std::uint64_t due) {
    const std::uint64_t fate = random_() % 100;
    if (fate < 20) {
      const bool is_machine = fate >= 17;
      events::Event event = hit(events::Type::opened, delivered, is_machine);
      hits_.push_back({.number = due, .event = event});
      if (fate < 5) {
        event.type = events::Type::clicked;
        event.url = "https://" + delivered.from_domain + "/offers?item=" + std::to_string(fate);
        event.link = 1 + fate;
        hits_.push_back({.number = due, .event = event});
      }
    }
  }

  void append_due_hits(const events::EventStore& store, store::Step& step, std::uint64_t number) {
    for (; !hits_.empty() && hits_.front().number <= number; hits_.pop_front()) {
      hits_.front().event.time = latest_;
      store.append(step, hits_.front().event);
    }
  }

  events::Event accepted(std::uint64_t number) {
    const std::uint64_t domain = skewed(kDomains);
    events::Event event;
    event.time = kBegin + std::chrono::milliseconds(over_ * number / recipients_);
    event.account = AccountId{1 + domain % kAccounts};
    const auto second = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::seconds>(event.time - kBegin).count());
    next_ = std::max(next_ + 1, second << 15);
    event.message = MessageId{kFirstId + next_ * kIdStep};
    event.recipient = RecipientId{event.message.value};
    event.from_domain = "shop" + std::to_string(domain) + ".example";
    event.from = "bounces@" + event.from_domain;
    event.header_from = "news@" + event.from_domain;
    event.to = "user" + std::to_string(number % 700'000) + "@mail" +
               std::to_string(skewed(kSites)) + ".example.net";
    event.subject = "Your order " + std::to_string(number % 90'000) + " is on its way to you";
    event.stream = number % 3 == 0 ? "transactional" : "bulk";
    if (event.stream == "bulk") {
      const auto week = std::chrono::floor<std::chrono::weeks>(event.time - kBegin).count();
      event.campaign = "week-" + std::to_string(week) + "-of-shop" + std::to_string(domain);
    }
    event.size = 4000 + random_() % 4000;
    event.session = "a" + std::to_string(number / 20);
    event.client = "192.0.2.17";
    event.user = "user" + std::to_string(domain % kAccounts);
    return event;
  }

  events::Event attempted(const events::Event& accepted) {
    events::Event event = accepted;
    event.header_from = event.subject = event.session = event.client = event.user = "";
    event.time = accepted.time + std::chrono::seconds(1);
    event.site = "mx." + event.to.substr(event.to.find('@') + 1);
    event.mx_host = "mx1." + event.site;
    event.mx_address = "198.51.100." + std::to_string(event.site.size()) + ":25";
    event.source_address = "203.0.113." + std::to_string(event.account.value);
    event.tls_version = "TLSv1.3";
    event.tls_cipher = "TLS_AES_256_GCM_SHA384";
    event.enhanced = "2.0.0";
    event.attempt = 1;
    event.queue_ms = 50 + random_() % 2000;
    event.attempt_ms = 20 + random_() % 300;
    return event;
  }

  static events::Event hit(events::Type type, const events::Event& delivered, bool is_machine) {
    events::Event event;
    event.type = type;
    event.account = delivered.account;
    event.message = delivered.message;
    event.recipient = delivered.recipient;
    event.from_domain = delivered.from_domain;
    event.stream = delivered.stream;
    event.campaign = delivered.campaign;
    event.to = delivered.to;
    event.user_agent =
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15";
    event.address = "198.51.100.0";
    event.reader_client = "Apple Mail";
    if (is_machine) {
      event.machine = "scanner";
      event.machine_reason = "a known scanner's network";
      event.confidence = 90;
    } else {
      event.machine = "none";
      event.device = "iPhone";
      event.country = delivered.to.size() % 2 == 0 ? "DE" : "FR";
    }
    return event;
  }

  /// Few are many: the square of an even distribution.
  std::uint64_t skewed(std::uint64_t count) {
    const double even = std::uniform_real_distribution<double>(0, 1)(random_);
    return static_cast<std::uint64_t>(even * even * static_cast<double>(count));
  }

  const std::uint64_t recipients_;
  const std::chrono::milliseconds over_;
  std::deque<Due> hits_;
  Time latest_ = kBegin;
  std::uint64_t next_ = 0;
  std::mt19937_64 random_{7};
};

}  // namespace postrider::bench
