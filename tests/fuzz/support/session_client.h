// The client's end of a fuzzed SMTP session: a socket pair, the session behind it on a loop of its
// own, and a model that is told all that goes over the wire. After each call the session has done
// what it can without more bytes or more time.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string_view>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include "smtp/server_session.h"
#include "support/session_handler.h"
#include "support/session_model.h"
#include "support/tls_peer.h"

namespace postrider::fuzz {

class SessionClient {
 public:
  SessionClient(std::shared_ptr<const smtp::ServerOptions> options, Greeting greeting);
  ~SessionClient();
  SessionClient(const SessionClient&) = delete;
  SessionClient& operator=(const SessionClient&) = delete;

  void send(std::string_view bytes);
  void pause(std::chrono::seconds time);
  void start_tls();  ///< where the session awaits it
  void break_tls();  ///< bytes that are no record, where TLS is on
  void request_stop();
  void listen(bool listens);
  void end();     ///< nothing more is sent
  void finish();  ///< end(), and the session must end

  bool has_left() const { return has_left_; }

 private:
  void settle();
  void run();
  bool take();
  bool put(std::string_view bytes);

  boost::asio::io_context io_{1};
  std::shared_ptr<const smtp::ServerOptions> options_;
  HandlerLog log_;
  SessionModel model_;
  boost::asio::cancellation_signal stop_;
  std::optional<TlsPeer> tls_;
  int socket_ = -1;
  bool listens_ = true;
  bool has_ended_ = false;
  bool has_left_ = false;
};

}  // namespace postrider::fuzz
