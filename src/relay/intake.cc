#include "relay/intake.h"

#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "bounce/taxonomy.h"
#include "delivery/judgement.h"
#include "links/link_store.h"
#include "mail/header.h"
#include "relay/instructions.h"
#include "relay/tracking.h"
#include "retention/content_store.h"

namespace postrider::relay {

using boost::asio::awaitable;

Intake::Intake(Parts parts)
    : parts_(std::move(parts)), fresh_bytes_(std::make_shared<std::atomic<std::uint64_t>>(0)) {}

awaitable<Result<MessageId>> Intake::accept(Submission submission,
                                            std::shared_ptr<const directory::Snapshot> directory) {
  const auto count = static_cast<std::uint32_t>(submission.envelope.recipients.size());
  const MessageId id = reserve(count);
  Result<Prepared> prepared =
      prepare(submission, id, *directory, parts_.installation, parts_.clock.now());
  if (!prepared) {
    figures_.refused.fetch_add(1, std::memory_order_relaxed);
    co_return fail(prepared.error());
  }
  if (parts_.refusals != nullptr) {
    respect_refusals(*prepared, *parts_.refusals);
  }
  const Duration keep_for =
      parts_.content == nullptr
          ? Duration(0)
          : retention::content_kept(directory->account(prepared->fresh->message.account),
                                    parts_.content_kept());
  directory.reset();
  std::string().swap(submission.content);  // a copy of it is what is kept
  const std::vector<Suppressed> suppressed = find_suppressed(*prepared->fresh);
  const std::shared_ptr<const queue::Fresh> fresh = prepared->fresh;
  store::Step step;
  add_message(step, *prepared, suppressed);
  if (keep_for > Duration(0) && suppressed.size() < count) {
    keep_content(step, *fresh, keep_for);
  }
  add_events(step, *prepared, submission.origin, suppressed);
  store::Committer& committer = parts_.committers[net::IoThreads::current()];
  const Result<> durable = co_await committer.commit(std::move(step));
  if (!durable) {
    co_return fail(Error(durable.error()).within("accepting message " + to_string(id)));
  }
  figures_.messages.fetch_add(1, std::memory_order_relaxed);
  figures_.recipients.fetch_add(count, std::memory_order_relaxed);
  figures_.bytes.fetch_add(fresh->message.size, std::memory_order_relaxed);
  figures_.suppressed.fetch_add(suppressed.size(), std::memory_order_relaxed);
  if (parts_.traffic != nullptr) {
    parts_.traffic->accounts.accept(to_string(fresh->message.account), count);
  }
  forget_suppressed(id, count, suppressed);
  release(waiting_of(fresh, suppressed));
  co_return id;
}

std::vector<Intake::Suppressed> Intake::find_suppressed(queue::Fresh& fresh) const {
  std::vector<Suppressed> found;
  if (parts_.suppressions == nullptr) {
    return found;
  }
  const spool::Message& message = fresh.message;
  fresh.suppressions = parts_.suppressions->version();
  for (std::uint32_t i = 0; i < message.recipient_count(); ++i) {
    if (auto hit =
            parts_.suppressions->find(message.account, message.envelope.recipients[i].address,
                                      message.stream(), message.accepted)) {
      found.push_back({.index = i, .hit = *std::move(hit)});
    }
  }
  return found;
}

/// Of a message that goes to nobody nothing is kept but its events.
void Intake::add_message(store::Step& step, const Prepared& prepared,
                         const std::vector<Suppressed>& suppressed) const {
  const queue::Fresh& fresh = *prepared.fresh;
  const spool::Message& message = fresh.message;
  if (suppressed.size() == message.recipient_count()) {
    return;
  }
  std::string plan;
  if (prepared.plan) {
    plan = track::encode_plan(*prepared.plan);
  }
  if (prepared.has_links) {
    links::LinkStore::put(step, message.id, tracked_message(prepared));
  }
  parts_.spool.add(step, message, fresh.content, plan);
  for (const Suppressed& one : suppressed) {
    parts_.spool.settle(step, message.id, one.index, message.recipient_count(), false);
  }
}

/// Mail goes before what people may look at: a failure is told and no more.
void Intake::keep_content(store::Step& step, const queue::Fresh& fresh, Duration keep_for) const {
  const spool::Message& message = fresh.message;
  const Result<> kept =
      parts_.content->put(step, message.id, *fresh.content, keep_for, message.accepted);
  if (!kept) {
    log::warning("a message's content is not kept for people to look at",
                 {{"message", to_string(message.id)}, {"why", kept.error().text()}});
  }
}

/// The others still wait: none of these is the last to settle.
void Intake::forget_suppressed(MessageId id, std::uint32_t count,
                               const std::vector<Suppressed>& suppressed) const {
  if (suppressed.size() == count) {
    return;
  }
  for (std::size_t i = 0; i < suppressed.size(); ++i) {
    parts_.spool.settled(id, count);
  }
}

void Intake::add_events(store::Step& step, const Prepared& prepared, const Origin& origin,
                        const std::vector<Suppressed>& suppressed) const {
  const spool::Message& message = prepared.fresh->message;
  events::Event event;
  event.type = events::Type::accepted;
  event.time = message.accepted;
  event.account = message.account;
  event.message = message.id;
  event.from = mail::to_string(message.envelope.reverse_path);
  event.header_from = prepared.header_from;
  event.from_domain = message.from_domain;
  event.subject = prepared.subject;
  event.stream = message.stream();
  event.size = message.size;
  add_labels(message.labels, event);
  event.session = origin.session;
  event.client = origin.client;
  event.user = origin.user;
  const events::SharedEvent shared(event);
  for (std::uint32_t i = 0; i < message.recipient_count(); ++i) {
    parts_.events.append(step, shared, recipient_of(message.id, i),
                         mail::to_string(message.envelope.recipients[i].address));
  }
  if (!suppressed.empty()) {
    event.type = events::Type::suppressed;
    event.kind = bounce::to_string(bounce::Kind::block);
    event.category = bounce::to_string(bounce::Category::suppressed);
    event.rule = delivery::kSuppressionList;
    for (const Suppressed& one : suppressed) {
      event.recipient = recipient_of(message.id, one.index);
      event.to = mail::to_string(message.envelope.recipients[one.index].address);
      event.detail = suppression::to_string(one.hit);
      parts_.events.append(step, event);
    }
  }
  if (!prepared.tracking_problem.empty()) {
    add_problem(step, prepared);
  }
}

/// About the message, and so about its first recipient.
void Intake::add_problem(store::Step& step, const Prepared& prepared) const {
  const spool::Message& message = prepared.fresh->message;
  events::Event event;
  event.type = events::Type::operational;
  event.time = message.accepted;
  event.account = message.account;
  event.message = message.id;
  event.recipient = recipient_of(message.id, 0);
  event.what = "not_tracked";
  event.detail = prepared.tracking_problem;
  add_labels(message.labels, event);
  parts_.events.append(step, event);
}

/// Null where the memory for bodies is used up; gives back what it counts when the last one lets
/// go.
std::shared_ptr<const queue::Fresh> Intake::keep_fresh(std::shared_ptr<const queue::Fresh> fresh) {
  const std::uint64_t size = fresh->content->size() + (fresh->splice ? fresh->splice->size() : 0) +
                             (fresh->untracked ? fresh->untracked->size() : 0);
  if (fresh_bytes_->fetch_add(size, std::memory_order_relaxed) + size > parts_.fresh_bytes_max) {
    fresh_bytes_->fetch_sub(size, std::memory_order_relaxed);
    return nullptr;
  }
  const queue::Fresh* kept = fresh.get();
  return {kept, [used = fresh_bytes_, size, fresh = std::move(fresh)](const queue::Fresh*) mutable {
            used->fetch_sub(size, std::memory_order_relaxed);
            fresh.reset();
          }};
}

std::vector<queue::Waiting> Intake::waiting_of(const std::shared_ptr<const queue::Fresh>& fresh,
                                               const std::vector<Suppressed>& left_out) {
  const spool::Message& message = fresh->message;
  const auto kept = keep_fresh(fresh);
  std::vector<queue::Waiting> all;
  all.reserve(message.recipient_count());
  auto next_left_out = left_out.begin();
  for (std::uint32_t i = 0; i < message.recipient_count(); ++i) {
    if (next_left_out != left_out.end() && next_left_out->index == i) {
      ++next_left_out;
      continue;
    }
    all.push_back({.message = message.id,
                   .account = message.account,
                   .index = i,
                   .count = message.recipient_count(),
                   .attempts = 0,
                   .has_own_copy = message.has_own_copies(),
                   .is_bulk = message.is_bulk,
                   .accepted = message.accepted,
                   .due = message.accepted,
                   .domain = message.envelope.recipients[i].address.domain,
                   .fresh = kept});
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
  report.fresh = std::make_shared<queue::Fresh>();
  report.fresh->content = std::make_shared<const std::string>(std::move(content));
  spool::Message& message = report.fresh->message;
  message.id = id;
  message.account = account;
  message.accepted = parts_.clock.now();
  message.envelope.recipients.push_back({.address = to, .notify = smtp::kNotifyNever, .orcpt = {}});
  describe(message, *report.fresh->content);
  add_message(step, report, {});
  report.subject = detail;
  Origin origin;
  origin.client = "internal";
  add_events(step, report, origin, {});
  return waiting_of(report.fresh, {});
}

}  // namespace postrider::relay
