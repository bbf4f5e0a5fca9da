// Opens a session as the load's options say: connection, TLS, EHLO, AUTH.
//
// Thread: the awaiting coroutine's.
#pragma once

#include <memory>
#include <optional>

#include <boost/asio/awaitable.hpp>

#include "base/result.h"
#include "load/options.h"
#include "net/tls.h"
#include "smtp/client.h"

namespace postrider::load {

struct Opened {
  std::optional<smtp::Client> client;  ///< nothing: `error` says why
  std::optional<Error> error;
  bool is_final = false;  ///< trying again would end the same way: a wrong password, no TLS there
};

/// `options` outlive the await. `tls` is null where options.tls is none.
boost::asio::awaitable<Opened> open_session(const Options& options,
                                            std::shared_ptr<const net::TlsClient> tls);

}  // namespace postrider::load
