// What goes in one transaction: one recipient, or several of one message that get the same bytes.
//
// Made from what waits, loaded from the spool where it isn't in memory any more, and rendered; RSA
// signatures are made on the io threads in turn, so that one big site keeps every core busy.
//
// Thread: the site's; only the rendering itself runs elsewhere.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "delivery/render.h"
#include "delivery/services.h"
#include "net/event.h"
#include "queue/waiting.h"

namespace postrider::delivery {

class Batch : public std::enable_shared_from_this<Batch> {
 public:
  struct Suppressed {
    queue::Waiting waiting;
    std::string why;
  };
  struct Loaded {
    std::shared_ptr<Batch> batch;  ///< null: nobody is left
    std::shared_ptr<const queue::Fresh> message;
    std::vector<Suppressed> suppressed;
  };
  /// Takes `waiting`, all of one message, unless it can't be read (Errc::not_found: settled
  /// meanwhile). Leaves those that can't share a transaction with the first, because only one of
  /// them needs SMTPUTF8.
  static Result<Loaded> load(std::vector<queue::Waiting>& waiting, const Services& services,
                             const Options& options, const boost::asio::any_io_executor& executor);

  Batch(std::vector<queue::Waiting> waiting, std::shared_ptr<const queue::Fresh> fresh,
        RenderContext context, const boost::asio::any_io_executor& executor);

  const smtp::Envelope& envelope() const { return envelope_; }
  std::uint64_t estimated_bytes() const { return estimated_bytes_; }
  const std::shared_ptr<const queue::Fresh>& message() const { return fresh_; }
  std::vector<queue::Waiting>& waiting() { return waiting_; }

  /// Begins to render; `seven_bit` for a peer without 8BITMIME. `turn` chooses the thread.
  void start_rendering(const Services& services, bool seven_bit, std::size_t turn);
  /// Returns when start_rendering() has come to an end.
  boost::asio::awaitable<const Result<Rendered>*> rendered();
  const Result<Rendered>* rendered_now() const { return rendered_ ? &*rendered_ : nullptr; }

 private:
  Result<Rendered> render_now(bool seven_bit, Time now) const;

  std::vector<queue::Waiting> waiting_;
  std::shared_ptr<const queue::Fresh> fresh_;
  RenderContext context_;
  std::uint32_t first_index_;  ///< of waiting_, which may be taken away while others render
  std::string token_;
  smtp::Envelope envelope_;
  std::uint64_t estimated_bytes_ = 0;
  std::optional<Result<Rendered>> rendered_;
  net::Event is_rendered_;
};

}  // namespace postrider::delivery
