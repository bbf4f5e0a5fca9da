#include "relay/intake.h"

#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "mail/header.h"

namespace postrider::relay {

using boost::asio::awaitable;

Intake::Intake(Parts parts)
    : parts_(std::move(parts)), fresh_bytes_(std::make_shared<std::atomic<std::uint64_t>>(0)) {}

awaitable<Result<MessageId>> Intake::accept(Submission submission) {
  const Origin origin = submission.origin;
  const auto count = static_cast<std::uint32_t>(submission.envelope.recipients.size());
  const MessageId id = reserve(count);
  const auto snapshot = parts_.directory.snapshot();
  Result<Prepared> prepared =
      prepare(std::move(submission), id, *snapshot, parts_.hostname, parts_.clock.now());
  if (!prepared) {
    figures_.refused.fetch_add(1, std::memory_order_relaxed);
    co_return fail(prepared.error());
  }
  store::Step step;
  parts_.spool.add(step, prepared->message, prepared->content);
  add_events(step, *prepared, origin);
  store::Committer& committer = parts_.committers[net::IoThreads::current()];
  const Result<> durable = co_await committer.commit(std::move(step));
  if (!durable) {
    co_return fail(Error(durable.error()).within("accepting message " + to_string(id)));
  }
  figures_.messages.fetch_add(1, std::memory_order_relaxed);
  figures_.recipients.fetch_add(count, std::memory_order_relaxed);
  figures_.bytes.fetch_add(prepared->message.size, std::memory_order_relaxed);
  release(waiting_of(prepared->message, prepared->content));
  co_return id;
}

void Intake::add_events(store::Step& step, const Prepared& prepared, const Origin& origin) const {
  const spool::Message& message = prepared.message;
  events::Event event;
  event.type = events::Type::accepted;
  event.time = message.accepted;
  event.account = message.account;
  event.message = message.id;
  event.from = mail::to_string(message.envelope.reverse_path);
  event.header_from = prepared.header_from;
  event.subject = prepared.subject;
  event.stream = message.is_bulk ? "bulk" : "transactional";
  event.size = message.size;
  event.session = origin.session;
  event.client = origin.client;
  event.user = origin.user;
  for (std::uint32_t i = 0; i < message.recipient_count(); ++i) {
    event.recipient = recipient_of(message.id, i);
    event.to = mail::to_string(message.envelope.recipients[i].address);
    parts_.events.append(step, event);
  }
}

std::shared_ptr<const queue::Fresh> Intake::keep_fresh(const spool::Message& message,
                                                       std::shared_ptr<const std::string> content) {
  const std::uint64_t size = content->size();
  if (fresh_bytes_->fetch_add(size, std::memory_order_relaxed) + size > parts_.fresh_bytes_max) {
    fresh_bytes_->fetch_sub(size, std::memory_order_relaxed);
    return nullptr;
  }
  auto fresh = std::make_unique<queue::Fresh>();
  fresh->message = message;
  fresh->content = std::move(content);
  return {fresh.release(), [used = fresh_bytes_, size](const queue::Fresh* done) {
            used->fetch_sub(size, std::memory_order_relaxed);
            delete done;
          }};
}

std::vector<queue::Waiting> Intake::waiting_of(const spool::Message& message,
                                               std::shared_ptr<const std::string> content) {
  const auto fresh = keep_fresh(message, std::move(content));
  std::vector<queue::Waiting> all;
  all.reserve(message.recipient_count());
  for (std::uint32_t i = 0; i < message.recipient_count(); ++i) {
    all.push_back({.message = message.id,
                   .account = message.account,
                   .index = i,
                   .count = message.recipient_count(),
                   .attempts = 0,
                   .accepted = message.accepted,
                   .due = message.accepted,
                   .domain = message.envelope.recipients[i].address.domain,
                   .fresh = fresh});
  }
  return all;
}

void Intake::release(std::vector<queue::Waiting> waiting) {
  for (queue::Waiting& one : waiting) {
    deliver_(std::move(one));
  }
}

std::vector<queue::Waiting> Intake::add_report(store::Step& step, AccountId account,
                                               const mail::Address& to, std::string content,
                                               MessageId id, const std::string& detail) {
  Prepared report;
  report.content = std::make_shared<const std::string>(std::move(content));
  spool::Message& message = report.message;
  const mail::ContentFacts facts = mail::inspect(*report.content);
  message.id = id;
  message.account = account;
  message.accepted = parts_.clock.now();
  message.envelope.recipients.push_back({.address = to, .notify = smtp::kNotifyNever, .orcpt = {}});
  message.size = report.content->size();
  message.has_eight_bit_header = facts.has_eight_bit_header;
  message.has_eight_bit_body = facts.has_eight_bit_body;
  message.has_dot_lines = facts.has_dot_lines;
  parts_.spool.add(step, message, report.content);
  report.subject = detail;
  Origin origin;
  origin.client = "internal";
  add_events(step, report, origin);
  return waiting_of(message, report.content);
}

}  // namespace postrider::relay
