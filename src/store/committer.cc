#include "store/committer.h"

#include <utility>

#include <boost/asio/async_result.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace postrider::store {

namespace asio = boost::asio;

Committer::Committer(Store& store, asio::io_context& context, net::Mailbox& mailbox)
    : store_(store), context_(context), mailbox_(mailbox) {}

asio::awaitable<Result<>> Committer::commit(Step step) {
  return asio::async_initiate<decltype(asio::use_awaitable), void(Result<>)>(
      [this](auto handler, Step wanted) {
        add(std::move(wanted), Urgency::promise,
            [resume = std::move(handler)](const Result<>& done) mutable {
              std::move(resume)(done);
            });
      },
      asio::use_awaitable, std::move(step));
}

void Committer::note(Step step, Completion completed) {
  add(std::move(step), Urgency::note, std::move(completed));
}

void Committer::add(Step step, Urgency urgency, Completion completed) {
  if (gathered_.empty()) {
    // Runs behind every handler that is ready now: one hand-over for all of them.
    asio::post(context_, [this] { store_.submit(gathered_); });
  }
  gathered_.push_back({.step = std::move(step),
                       .urgency = urgency,
                       .completed = std::move(completed),
                       .reply_to = &mailbox_});
}

}  // namespace postrider::store
