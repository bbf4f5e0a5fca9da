// What the simulator's mailboxes send after they have taken a mail: a bounce of a host behind them,
// a complaint, an automatic answer. The mails themselves, and their way back.
//
// RFC 3464 (bounce, with a null return path), RFC 5965 (complaint, without the reader's address, as
// many providers send it), RFC 3834 (answer). Nothing goes to a null return path.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "base/clock.h"
#include "mail/address.h"
#include "simulator/behaviours.h"
#include "smtp/transaction.h"

namespace postrider::simulator {

struct SentBack {
  smtp::Envelope envelope;
  std::string content;
};

/// The mail that a mailbox answers.
struct Answered {
  mail::Address return_path;
  mail::Address mailbox;
  std::string_view content;
  std::string id;  ///< of the answer, unique
  Time now{};
};

/// Nothing: the mailbox sends none, or there is nobody to send it to. `complaints_to`: who has
/// asked for them. Pure; any thread.
std::optional<SentBack> sent_back(Sequel sequel, const Answered& answered,
                                  const mail::Address& complaints_to);

/// Brings it there after `wait` of real time; tries again as often, a few times, where it is put
/// off. What becomes of it goes to the log. Thread: the awaiting coroutine's.
boost::asio::awaitable<void> bring_back(SentBack mail, boost::asio::ip::tcp::endpoint to,
                                        std::chrono::milliseconds wait);

}  // namespace postrider::simulator
