// One connection of a load, which is opened again whenever it ends: takes a ticket, waits until its
// message is due, sends it, notes what was answered.
//
// A message whose connection had ended before the peer saw it goes over the next one. Whatever else
// breaks off is not sent again: it may arrive or not, and is noted as unanswered (000).
//
// Thread: the executor's, shared with the other senders of that thread and their figures.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "load/figures.h"
#include "load/load_message.h"
#include "load/log_file.h"
#include "load/log_line.h"
#include "load/options.h"
#include "load/pace.h"
#include "load/tickets.h"
#include "net/tls.h"
#include "smtp/client.h"

namespace postrider::load {

/// What all senders share; outlives them. Only `tickets` and `log` change.
struct Job {
  const Options& options;
  const std::uint32_t run;
  const Pace pace;
  const std::optional<Pace::Time> end;  ///< nothing is begun after it
  const std::shared_ptr<const std::string> body;
  const std::string date;
  const std::shared_ptr<const net::TlsClient> tls;  ///< null: in the clear
  Tickets& tickets;
  LogFile* log;  ///< null: none
};

class Sender {
 public:
  /// Both outlive it.
  Sender(Job& job, Figures& figures);

  /// Until there are no more tickets, the time is over, or it gives up.
  boost::asio::awaitable<void> run();

 private:
  template <class T = void>
  using awaitable = boost::asio::awaitable<T>;

  bool is_over() const;
  bool has_ticket();
  awaitable<std::optional<smtp::Client>> connect();
  awaitable<> send_over(smtp::Client& client);
  awaitable<smtp::TransactionResult> send(smtp::Client& client);
  void note_trouble(const Error& error);
  void record(const smtp::TransactionResult& result);
  awaitable<> pause(Pace::Time until);

  Job& job_;
  Figures& figures_;
  MessageMaker messages_;
  std::optional<std::uint64_t> ticket_;
  std::optional<Pace::Time> troubled_since_;  // the first failure since the last answer
  bool gave_up_ = false;
  std::string lines_;  // of the log; kept for its memory
};

}  // namespace postrider::load
