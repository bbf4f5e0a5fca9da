#include "relay/outcome_recorder.h"

#include <algorithm>
#include <utility>

#include "base/fault.h"
#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "delivery/judgement.h"
#include "relay/instructions.h"
#include "relay/reports.h"

namespace postrider::relay {

using delivery::Attempt;
using delivery::Disposition;
using delivery::Outcome;
using store::Step;

namespace {

constexpr std::size_t kReplyInEvent = 1000;
constexpr std::size_t kReplyInState = 500;
constexpr std::chrono::minutes kUntilReadAgain{1};
constexpr std::string_view kNoProvider = "none";  // it was not come so far
constexpr std::string_view kInTheClear = "none";
constexpr std::uint8_t kMostDefects = 3;  // then the message is set aside, for the others' sake

events::Type type_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::delivered:
      return events::Type::delivered;
    case Outcome::deferred:
      return events::Type::deferred;
    case Outcome::failed:
      return events::Type::failed;
    case Outcome::expired:
      return events::Type::expired;
    case Outcome::suppressed:
      return events::Type::suppressed;
  }
  return events::Type::operational;
}

std::string reply_text(const smtp::Reply& reply, std::size_t longest) {
  return printable(reply.code == 0 ? reply.text : smtp::to_string(reply), longest);
}

/// Nothing where a clock has been set back in between.
std::uint64_t milliseconds(Duration duration) {
  return static_cast<std::uint64_t>(std::max(duration, Duration(0)).count());
}

}  // namespace

struct OutcomeRecorder::Told {
  Attempt attempt;
  std::shared_ptr<const queue::Fresh> message;
  std::shared_ptr<const bounce::Classifier> classifier;  ///< null: delivered
  bounce::Verdict verdict;                               ///< the classifier's, whose rule it names
  Disposition disposition;  ///< its due time steady, as delivery counts
  Time now;                 ///< and these are wall times, as people and the spool have them
  Time due{};
};

std::optional<queue::Waiting> OutcomeRecorder::record(std::size_t thread, Attempt attempt) {
  fault_point("after-attempt");
  if (attempt.is_defect) {
    return after_defect(thread, std::move(attempt));
  }
  auto message = message_of(attempt);
  if (!message) {
    return without_message(thread, std::move(attempt), message.error());
  }
  Told told;
  told.message = *std::move(message);
  told.now = parts_.clock.now();
  if (attempt.reply.code < 200 || attempt.reply.code >= 300) {
    told.classifier = parts_.classifier();
    told.verdict = judge(attempt, *told.classifier);
    if (!attempt.is_suppressed) {
      refusals_.add(told.verdict.kind);
    }
  }
  const auto options = parts_.options();
  told.disposition = decide(attempt, told.verdict, options->retry_policy(attempt.waiting.domain),
                            parts_.clock.steady_now(), random_number());
  if (told.disposition.outcome == Outcome::deferred) {
    told.due = parts_.clock.to_wall(told.disposition.due);
  }
  told.attempt = std::move(attempt);
  const events::Event event = event_of(told);
  count(told, event);
  Step step;
  parts_.events.append(step, event);
  if (told.disposition.needs_mending) {
    ask_for_mending(step, told);
  }
  if (told.disposition.outcome == Outcome::deferred) {
    return defer(thread, std::move(step), std::move(told));
  }
  settle(thread, std::move(step), told);
  return std::nullopt;
}

/// By what the event says: where mail had gone that ended while it waited, too.
void OutcomeRecorder::count(const Told& told, const events::Event& event) {
  const Outcome outcome = told.disposition.outcome;
  counts_[static_cast<std::size_t>(outcome)].fetch_add(1, std::memory_order_relaxed);
  if (parts_.traffic == nullptr || outcome == Outcome::suppressed) {
    return;
  }
  const std::chrono::duration<double> took = std::chrono::milliseconds(event.queue_ms);
  Traffic& traffic = *parts_.traffic;
  traffic.accounts.attempt(to_string(event.account), outcome, took.count());
  traffic.providers.attempt(event.site.empty() ? kNoProvider : event.site, outcome, took.count());
  if (outcome == Outcome::delivered) {
    traffic.tls.attempt(event.tls_version.empty() ? kInTheClear : event.tls_version, outcome,
                        took.count());
  }
}

Result<std::shared_ptr<const queue::Fresh>> OutcomeRecorder::message_of(
    const Attempt& attempt) const {
  if (attempt.is_damaged) {
    return fail(Errc::corrupt, attempt.reply.text);
  }
  if (attempt.message) {
    return attempt.message;
  }
  if (attempt.waiting.fresh) {
    return attempt.waiting.fresh;
  }
  auto fresh = std::make_shared<queue::Fresh>();
  TRY(fresh->message, parts_.spool.read(attempt.waiting.message));
  return fresh;
}

std::optional<queue::Waiting> OutcomeRecorder::without_message(std::size_t thread, Attempt attempt,
                                                               const Error& why) {
  switch (why.code()) {
    case Errc::corrupt:
      set_aside(thread, attempt.waiting, "the stored message is damaged: " + why.text());
      return std::nullopt;
    case Errc::not_found:
      return std::nullopt;  // settled meanwhile
    default:
      break;
  }
  log::warning("a message can't be read for now and waits",
               {{"message", to_string(attempt.waiting.message)}, {"why", why.text()}});
  attempt.waiting.due = parts_.clock.steady_now() + kUntilReadAgain;
  return std::move(attempt.waiting);
}

std::optional<queue::Waiting> OutcomeRecorder::after_defect(std::size_t thread, Attempt attempt) {
  queue::Waiting waiting = std::move(attempt.waiting);
  if (++waiting.defects >= kMostDefects) {
    set_aside(thread, waiting, "trying it failed three times: " + attempt.reply.text);
    return std::nullopt;
  }
  log::error("a defect has ended an attempt; the message waits",
             {{"message", to_string(waiting.message)}, {"why", attempt.reply.text}});
  waiting.due = parts_.clock.steady_now() + kUntilReadAgain;
  waiting.fresh.reset();  // it may be what is wrong
  return waiting;
}

void OutcomeRecorder::set_aside(std::size_t thread, const queue::Waiting& waiting,
                                const std::string& why) {
  log::error("a message is set aside", {{"message", to_string(waiting.message)}, {"why", why}});
  Step step;
  if (const Result<> put = parts_.spool.set_aside(step, waiting.message); !put) {
    log::error("a message can't be set aside and stays in the spool",
               {{"message", to_string(waiting.message)}, {"why", put.error().text()}});
  }
  events::Event event;
  event.type = events::Type::operational;
  event.time = parts_.clock.now();
  event.account = waiting.account;
  event.message = waiting.message;
  event.recipient = waiting.recipient();
  event.what = "message_set_aside";
  event.detail = "set aside: " + why;
  parts_.events.append(step, event);
  parts_.committers[thread].note(std::move(step), {});
}

events::Event OutcomeRecorder::event_of(const Told& told) const {
  const Attempt& attempt = told.attempt;
  const spool::Message& message = told.message->message;
  events::Event event;
  event.type = type_of(told.disposition.outcome);
  event.time = told.now;
  event.account = message.account;
  event.message = message.id;
  event.recipient = attempt.waiting.recipient();
  event.from = mail::to_string(message.envelope.reverse_path);
  event.to = mail::to_string(message.envelope.recipients[attempt.waiting.index].address);
  event.from_domain = message.from_domain;
  event.stream = message.stream();
  event.size = message.size;
  add_labels(message.labels, event);
  if (attempt.peer) {
    event.site = attempt.peer->site;
    event.mx_host = attempt.peer->host;
    event.mx_address = attempt.peer->address;
    event.source_address = attempt.peer->source_address;
    event.tls_version = attempt.peer->tls_version;
    event.tls_cipher = attempt.peer->tls_cipher;
  }
  event.code = static_cast<std::uint64_t>(attempt.reply.code);
  event.enhanced = printable(attempt.reply.enhanced, 16);
  (attempt.is_suppressed ? event.detail : event.reply) = reply_text(attempt.reply, kReplyInEvent);
  bounce::Verdict verdict = told.verdict;
  if (told.disposition.outcome == Outcome::expired && attempt.reply.code == 0 &&
      attempt.reply.enhanced == delivery::kExpiredWaiting) {
    // It ended while it waited: the reason is what the last attempt had heard.
    const auto state = parts_.spool.read_state(message.id, attempt.waiting.index);
    if (state && *state && !(*state)->last_reply.empty()) {
      event.detail = event.reply;
      event.reply = (*state)->last_reply;
      event.site = (*state)->site;
      verdict = delivery::judge_last_reply(event.reply, *told.classifier);
    }
  }
  if (told.classifier) {
    event.kind = bounce::to_string(verdict.kind);
    event.category = bounce::to_string(verdict.category);
    event.rule = verdict.rule;
  }
  event.attempt = attempt.waiting.attempts + (attempt.is_suppressed ? 0 : 1);
  event.queue_ms = milliseconds(told.now - message.accepted);
  event.attempt_ms = milliseconds(attempt.took);
  event.next_attempt = told.due;
  return event;
}

void OutcomeRecorder::ask_for_mending(Step& step, const Told& told) {
  const spool::Message& message = told.message->message;
  if (!alerts_.take(message.account, message.from_domain, told.verdict.category, told.now)) {
    return;
  }
  events::Event event;
  event.type = events::Type::operational;
  event.time = told.now;
  event.account = message.account;
  event.from_domain = message.from_domain;
  event.site = told.attempt.peer ? told.attempt.peer->site : "";
  event.kind = bounce::to_string(told.verdict.kind);
  event.category = bounce::to_string(told.verdict.category);
  event.rule = told.verdict.rule;
  event.reply = reply_text(told.attempt.reply, kReplyInEvent);
  event.what = "domain_refused";
  event.detail = "the set-up of " + message.from_domain +
                 " has to be mended before its mail is taken: `postrider domain check " +
                 message.from_domain + "`";
  log::warning("a sending domain's set-up has to be mended",
               {{"domain", message.from_domain}, {"site", event.site}, {"reply", event.reply}});
  parts_.events.append(step, event);
}

void OutcomeRecorder::settle(std::size_t thread, Step step, const Told& told) {
  const queue::Waiting& waiting = told.attempt.waiting;
  const bool is_gone = parts_.spool.settle(step, waiting.message, waiting.index, waiting.count,
                                           waiting.attempts > 0);
  std::vector<queue::Waiting> report = add_report(step, told);
  if (is_gone && report.empty()) {
    parts_.committers[thread].note(std::move(step), {});
    return;
  }
  auto durable = [this, thread, is_gone, id = waiting.message, count = waiting.count,
                  report = std::move(report)](const Result<>& done) mutable {
    if (!done) {
      return;  // the store is ending; the next start finds things as they were
    }
    parts_.intake.release(std::move(report));
    if (is_gone) {
      return;
    }
    if (auto forgotten = parts_.spool.settled(id, count)) {
      parts_.committers[thread].note(*std::move(forgotten), {});
    }
  };
  parts_.committers[thread].note(std::move(step), std::move(durable));
}

std::optional<queue::Waiting> OutcomeRecorder::defer(std::size_t thread, Step step, Told told) {
  queue::Waiting waiting = told.attempt.waiting;
  ++waiting.attempts;
  waiting.elsewhere = 0;
  waiting.laters = static_cast<std::uint8_t>(waiting.laters + (told.disposition.is_later ? 1 : 0));
  const spool::RecipientState state{.attempts = waiting.attempts,
                                    .due = told.due,
                                    .is_settled = false,
                                    .laters = waiting.laters,
                                    .site = told.attempt.peer ? told.attempt.peer->site : "",
                                    .last_reply = reply_text(told.attempt.reply, kReplyInState)};
  parts_.spool.defer(step, waiting.message, waiting.index, state);
  std::vector<queue::Waiting> report = add_report(step, told);
  store::Completion durable;
  if (!report.empty()) {
    durable = [this, report = std::move(report)](const Result<>& done) mutable {
      if (done) {
        parts_.intake.release(std::move(report));
      }
    };
  }
  parts_.committers[thread].note(std::move(step), std::move(durable));
  waiting.due = told.disposition.due;
  waiting.fresh.reset();  // it had its first attempt: memory is for those that have not
  return waiting;
}

std::vector<queue::Waiting> OutcomeRecorder::add_report(Step& step, const Told& told) {
  const spool::Message& message = told.message->message;
  const auto action = report_wanted(message, told.attempt, told.disposition, parts_.directory);
  if (!action) {
    return {};
  }
  std::shared_ptr<const std::string> original = told.message->content;
  if (!original) {
    auto read = parts_.spool.read_content(message.id);
    original = std::make_shared<const std::string>(read ? std::move(read->bytes) : std::string());
  }
  const auto options = parts_.options();
  const queue::RetryPolicy& policy = options->retry_policy(told.attempt.waiting.domain);
  const MessageId id = parts_.intake.reserve(1);
  std::string report =
      build_report({.message = message,
                    .attempt = told.attempt,
                    .action = *action,
                    .is_expired = told.disposition.outcome == Outcome::expired,
                    .content = *original,
                    .hostname = parts_.hostname,
                    .id = id,
                    .now = told.now,
                    .expires = *action == mail::DsnAction::delayed
                                   ? std::optional(policy.expires(message.accepted))
                                   : std::nullopt});
  return parts_.intake.add_report(step, message.account, message.envelope.reverse_path,
                                  std::move(report), id, "delivery report");
}

}  // namespace postrider::relay
