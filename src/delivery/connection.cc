#include "delivery/connection.h"

#include <algorithm>
#include <cassert>
#include <utility>
#include <vector>

#include <boost/asio/this_coro.hpp>

#include "base/log.h"
#include "delivery/batch.h"
#include "delivery/site.h"

namespace postrider::delivery {

namespace asio = boost::asio;
using asio::awaitable;

namespace {

constexpr int kElsewhereMost = 2;              // hosts after the first that an attempt goes to
constexpr std::uint32_t kRecipientsMax = 100;  // RFC 5321, 4.5.3.1.8: every server takes as many

using BatchPtr = std::shared_ptr<Batch>;

class Connection {
 public:
  Connection(Site& site, Connected connected, std::shared_ptr<const Options> options,
             asio::any_io_executor executor)
      : site_(site),
        connected_(std::move(connected)),
        client_(*connected_.client),
        options_(std::move(options)),
        executor_(std::move(executor)) {}

  awaitable<void> run() {
    try {
      co_await send_all();
    } catch (const std::exception& defect) {
      if (site_.is_stopping()) {
        throw;  // broken off: all is in the spool
      }
      hand_back(defect);
    }
  }

 private:
  awaitable<void> send_all() {
    current_ = co_await next_or_wait();
    while (current_) {
      co_await send_current();
      if (!current_ && is_usable_) {
        current_ = co_await next_or_wait();
      }
    }
    if (is_usable_) {
      co_await client_.quit();
    }
  }

  /// Sends current_, with the envelope of the next behind it, which then is the current one.
  awaitable<void> send_current() {
    const Result<Rendered>* rendered = current_->rendered_now();
    if (rendered == nullptr) {
      rendered = co_await current_->rendered();
    }
    if (!*rendered) {
      could_not_render(*current_, rendered->error());
      is_usable_ = !envelope_is_ahead_;  // the peer waits for a message that will not come
      current_.reset();
      co_return;
    }
    ++sent_;
    next_ = may_send_more() ? take() : nullptr;
    // A message for BDAT can't have DATA sent ahead of it.
    const bool may_go_ahead = next_ && !next_->message()->message.has_long_lines;
    envelope_is_ahead_ = may_go_ahead && client_.features().pipelining;
    const auto pieces = (*rendered)->pieces();
    const smtp::Outgoing outgoing{
        .envelope = &current_->envelope(),
        .content = pieces,
        .content_bytes = pieces[0].size() + pieces[1].size(),
        .has_dot_lines = current_->message()->message.has_dot_lines || needs_seven_bit(*current_),
        .has_long_lines = current_->message()->message.has_long_lines};
    smtp::TransactionResult result =
        co_await client_.transact(outgoing, may_go_ahead ? &next_->envelope() : nullptr,
                                  may_go_ahead ? next_->estimated_bytes() : 0);
    is_usable_ = !result.broken && !result.closing;
    if (next_ && !is_usable_) {
      site_.put_back(std::move(next_->waiting()));
      next_.reset();
    }
    settle(*current_, result);  // behind `next_`: what is put back here was in front of it
    current_ = std::exchange(next_, nullptr);
  }

  /// An exception ends this connection and no other, and nobody is lost in it.
  void hand_back(const std::exception& defect) {
    log::error("a defect has ended a connection",
               {{"site", site_.destination()->site}, {"why", defect.what()}});
    if (next_) {
      site_.put_back(std::move(next_->waiting()));
    }
    if (current_) {
      note_defect(std::move(current_->waiting()), defect.what());
    }
  }

  void note_defect(std::vector<queue::Waiting> waiting, const std::string& what) {
    for (queue::Waiting& one : waiting) {
      site_.record({.waiting = std::move(one),
                    .message = nullptr,
                    .peer = connected_.peer,
                    .reply = {.enhanced = {}, .text = what},
                    .is_defect = true});
    }
  }

  bool needs_seven_bit(const Batch& batch) const {
    return batch.message()->message.has_eight_bit_body && !client_.features().eight_bit_mime;
  }

  bool may_send_more() const {
    const std::uint32_t ours = site_.destination()->limits.messages_per_connection;
    const std::uint32_t theirs = client_.features().transactions_max;
    return sent_ < (theirs == 0 ? ours : std::min(ours, theirs));
  }

  awaitable<BatchPtr> next_or_wait() {
    if (!may_send_more()) {
      co_return nullptr;
    }
    if (BatchPtr batch = take()) {
      co_return batch;
    }
    const auto until = std::chrono::steady_clock::now() + options_->idle_timeout;
    while (std::chrono::steady_clock::now() < until && !site_.is_stopping()) {
      co_await site_.wait_for_work(options_->idle_timeout);
      if (!client_.stream().is_quiet()) {
        is_usable_ = false;  // it closed, or said 421, while nothing was going on
        co_return nullptr;
      }
      if (BatchPtr batch = take()) {
        co_return batch;
      }
    }
    co_return nullptr;
  }

  /// The next batch that this peer can be given; what it can't is settled on the way.
  BatchPtr take() {
    const std::uint32_t theirs = client_.features().recipients_max;
    const std::uint32_t most = theirs == 0 ? kRecipientsMax : std::min(theirs, kRecipientsMax);
    while (true) {
      std::vector<queue::Waiting> waiting = site_.take(most);
      if (waiting.empty()) {
        return nullptr;
      }
      const std::vector<queue::Waiting> taken = waiting;
      BatchPtr batch;
      try {
        batch = make_batch(waiting);
      } catch (const std::exception& defect) {
        note_defect(taken, defect.what());
        continue;
      }
      if (!waiting.empty()) {
        site_.put_back(std::move(waiting));
      }
      if (batch) {
        return batch;
      }
    }
  }

  /// Leaves in `waiting` those that need another transaction. Null: it has been settled.
  BatchPtr make_batch(std::vector<queue::Waiting>& waiting) {
    Result<Batch::Loaded> loaded = Batch::load(waiting, site_.services(), *options_, executor_);
    if (!loaded) {
      could_not_load(std::exchange(waiting, {}), loaded.error());
      return nullptr;
    }
    note_suppressed(*loaded);
    BatchPtr batch = std::move(loaded->batch);
    if (!batch) {
      return nullptr;
    }
    const Result<> takes_it =
        smtp::check_peer(client_.features(), batch->envelope(), batch->estimated_bytes());
    if (takes_it) {
      batch->start_rendering(site_.services(), needs_seven_bit(*batch), site_.next_turn());
      return batch;
    }
    const bool too_big =
        client_.features().size_max > 0 && batch->estimated_bytes() > client_.features().size_max;
    settle_all(*batch, {.enhanced = too_big ? "5.3.4" : "5.6.7", .text = takes_it.error().text()},
               true);
    return nullptr;
  }

  void note_suppressed(Batch::Loaded& loaded) {
    for (Batch::Suppressed& one : loaded.suppressed) {
      site_.record({.waiting = std::move(one.waiting),
                    .message = loaded.message,
                    .peer = connected_.peer,
                    .reply = {.enhanced = {}, .text = std::move(one.why)},
                    .is_suppressed = true});
    }
  }

  void could_not_load(std::vector<queue::Waiting> waiting, const Error& why) {
    if (why.code() == Errc::not_found) {
      return;
    }
    for (queue::Waiting& one : waiting) {
      site_.record({.waiting = std::move(one),
                    .message = nullptr,
                    .peer = connected_.peer,
                    .reply = {.enhanced = "4.3.0", .text = why.text()},
                    .is_damaged = why.code() == Errc::corrupt});
    }
  }

  void could_not_render(Batch& batch, const Error& why) {
    if (why.code() == Errc::defect) {
      note_defect(std::move(batch.waiting()), why.text());
      return;
    }
    const bool never = why.code() == Errc::invalid;
    settle_all(batch, {.enhanced = never ? "5.6.3" : "4.3.0", .text = why.text()}, never);
  }

  void settle_all(Batch& batch, const smtp::Reply& reply, bool is_final) {
    for (queue::Waiting& waiting : batch.waiting()) {
      site_.record({.waiting = std::move(waiting),
                    .message = batch.message(),
                    .peer = connected_.peer,
                    .reply = reply,
                    .is_final = is_final});
    }
  }

  void settle(Batch& batch, smtp::TransactionResult& result) {
    assert(result.recipients.size() == batch.waiting().size());
    const bool had_none = result.progress == smtp::Progress::nothing;
    if (had_none && sent_ > 1) {
      site_.put_back(std::move(batch.waiting()));
      return;
    }
    if (had_none && connected_.has_alternative && may_go_elsewhere(batch)) {
      site_.troubled().add(connected_.peer->address);
      site_.put_back(std::move(batch.waiting()));
      return;
    }
    for (std::size_t i = 0; i < result.recipients.size(); ++i) {
      smtp::Reply& reply = result.recipients[i];
      const bool is_timeout =
          reply.code == 0 && result.broken && result.broken->code() == Errc::timeout;
      if (reply.code == 0) {
        reply = no_reply(result);
      }
      site_.record({.waiting = std::move(batch.waiting()[i]),
                    .message = batch.message(),
                    .peer = connected_.peer,
                    .reply = std::move(reply),
                    .is_timeout = is_timeout,
                    .took = std::chrono::floor<std::chrono::milliseconds>(result.took)});
    }
  }

  /// Counts it. A host that says nothing for minutes must not be followed by others for hours.
  static bool may_go_elsewhere(Batch& batch) {
    return std::ranges::all_of(batch.waiting(), [](queue::Waiting& waiting) {
      return ++waiting.elsewhere <= kElsewhereMost;
    });
  }

  static smtp::Reply no_reply(const smtp::TransactionResult& result) {
    const std::string why = result.broken ? result.broken->text() : "no reply";
    const bool after_dot = result.progress == smtp::Progress::unconfirmed;
    return {.enhanced = "4.4.2",
            .text = (after_dot ? "after the final dot: " : "during the transaction: ") + why};
  }

  Site& site_;
  Connected connected_;
  smtp::Client& client_;
  std::shared_ptr<const Options> options_;
  asio::any_io_executor executor_;
  BatchPtr current_;  // loaded and not settled
  BatchPtr next_;     // its envelope may have gone out behind current_
  std::uint32_t sent_ = 0;
  bool is_usable_ = true;
  bool envelope_is_ahead_ = false;
};

}  // namespace

awaitable<void> run_connection_to_its_end(Site& site, Connected connected,
                                          std::shared_ptr<const Options> options) {
  Connection connection(site, std::move(connected), std::move(options),
                        co_await asio::this_coro::executor);
  co_await connection.run();
}

}  // namespace postrider::delivery
