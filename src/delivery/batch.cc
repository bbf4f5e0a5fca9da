#include "delivery/batch.h"

#include <utility>

#include "track/plan.h"
#include "track/untracked.h"

namespace postrider::delivery {

namespace asio = boost::asio;

namespace {

Result<std::shared_ptr<const queue::Fresh>> read_from_spool(MessageId id,
                                                            const spool::Spool& spool) {
  auto fresh = std::make_shared<queue::Fresh>();
  TRY(fresh->message, spool.read(id));
  TRY(spool::Content content, spool.read_content(id), "message " + to_string(id));
  fresh->content = std::make_shared<const std::string>(std::move(content.bytes));
  if (fresh->message.is_tracked) {
    TRY(const track::Plan plan, track::decode_plan(content.plan), "message " + to_string(id));
    TRY(track::Splice splice, track::Splice::prepare(plan, *fresh->content),
        "message " + to_string(id));
    fresh->splice = std::make_shared<const track::Splice>(std::move(splice));
    if (!fresh->message.less_known.empty()) {
      TRY(fresh->untracked, track::untracked_splice(plan, *fresh->content),
          "message " + to_string(id));
    }
  }
  return std::shared_ptr<const queue::Fresh>(std::move(fresh));
}

/// Leaves in `waiting` those whose address needs what the first's does not, or the other way round.
std::vector<queue::Waiting> take_alike(std::vector<queue::Waiting>& waiting,
                                       const spool::Message& message) {
  const auto needs_utf8 = [&](const queue::Waiting& one) {
    return !message.envelope.recipients[one.index].address.is_ascii();
  };
  const bool first_does = needs_utf8(waiting.front());
  std::vector<queue::Waiting> alike;
  std::vector<queue::Waiting> others;
  for (queue::Waiting& one : waiting) {
    (needs_utf8(one) == first_does ? alike : others).push_back(std::move(one));
  }
  waiting = std::move(others);
  return alike;
}

/// Who left, complained or bounced while the mail waited.
std::vector<Batch::Suppressed> take_suppressed(std::vector<queue::Waiting>& waiting,
                                               const queue::Fresh& fresh,
                                               const Services& services) {
  const spool::Message& message = fresh.message;
  std::vector<Batch::Suppressed> suppressed;
  const suppression::List* list = services.suppressions;
  const bool is_report = message.from_domain.empty();
  if (list == nullptr || is_report || list->is_current(fresh.suppressions)) {
    return suppressed;
  }
  const Time now = services.clock.now();
  std::vector<queue::Waiting> others;
  for (queue::Waiting& one : waiting) {
    const auto hit = list->find(one.account, message.envelope.recipients[one.index].address,
                                message.stream(), now);
    if (hit) {
      suppressed.push_back({.waiting = std::move(one), .why = suppression::to_string(*hit)});
    } else {
      others.push_back(std::move(one));
    }
  }
  waiting = std::move(others);
  return suppressed;
}

}  // namespace

Result<Batch::Loaded> Batch::load(std::vector<queue::Waiting>& waiting, const Services& services,
                                  const Options& options, const asio::any_io_executor& executor) {
  Loaded loaded;
  loaded.message = waiting.front().fresh;
  if (!loaded.message) {
    TRY(loaded.message, read_from_spool(waiting.front().message, services.spool));
  }
  loaded.suppressed = take_suppressed(waiting, *loaded.message, services);
  if (!waiting.empty()) {
    std::vector<queue::Waiting> alike = take_alike(waiting, loaded.message->message);
    RenderContext context = render_context(services, options);
    if (loaded.message->message.has_own_copies()) {
      context.tracking_keys = services.tracking_keys.current();
    }
    loaded.batch =
        std::make_shared<Batch>(std::move(alike), loaded.message, std::move(context), executor);
  }
  return loaded;
}

Batch::Batch(std::vector<queue::Waiting> waiting, std::shared_ptr<const queue::Fresh> fresh,
             RenderContext context, const asio::any_io_executor& executor)
    : waiting_(std::move(waiting)),
      fresh_(std::move(fresh)),
      context_(std::move(context)),
      first_index_(waiting_.front().index),
      is_rendered_(executor) {
  std::vector<std::uint32_t> indexes;
  indexes.reserve(waiting_.size());
  for (const queue::Waiting& one : waiting_) {
    indexes.push_back(one.index);
  }
  token_ = copy_token(fresh_->message, first_index_, context_);
  envelope_ = outgoing_envelope(fresh_->message, indexes, token_, context_);
  estimated_bytes_ = estimated_size(*fresh_, context_);
}

void Batch::start_rendering(const Services& services, bool seven_bit, std::size_t turn) {
  const Time now = services.clock.now();
  if (!is_costly(fresh_->message, *context_.directory)) {
    rendered_ = render_now(seven_bit, now);
    return;
  }
  // Also where it is this thread's turn it is posted: what is ready to be sent goes out first.
  net::Mailbox& back = services.threads.mailbox(net::IoThreads::current());
  net::Mailbox& there = services.threads.mailbox(turn % services.threads.count());
  there.post([self = shared_from_this(), &back, seven_bit, now] {
    Result<Rendered> made = self->render_now(seven_bit, now);
    back.post([self, made = std::move(made)]() mutable {
      self->rendered_ = std::move(made);
      self->is_rendered_.set();
    });
  });
}

asio::awaitable<const Result<Rendered>*> Batch::rendered() {
  const auto self = shared_from_this();
  while (!self->rendered_) {
    co_await self->is_rendered_.wait(net::Deadline::max());
  }
  co_return &*self->rendered_;
}

/// It may run where nobody catches: in an io thread's mailbox.
Result<Rendered> Batch::render_now(bool seven_bit, Time now) const try {
  return seven_bit ? render_seven_bit(*fresh_, first_index_, token_, context_, now)
                   : render(*fresh_, first_index_, token_, context_, now);
} catch (const std::exception& defect) {
  return fail(Errc::defect, defect.what());
}

}  // namespace postrider::delivery
