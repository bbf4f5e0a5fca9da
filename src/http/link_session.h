// One connection to a tracking host: HTTP/1.0 and 1.1 on a stream of ours, answered by the link
// service.
//
// RFC 9110, 9112 (parsed by Boost.Beast). Bounded: header, extension and trailer of a chunk 16 KiB
// each, body 64 KiB, 10 s for a TLS
// handshake, 5 s for the first byte of a connection, 15 s of silence between requests (1 s while
// it is crowded), 20 s for a request to come and for each write. Thread: the stream's.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>

#include "base/current.h"
#include "http/link_service.h"
#include "net/connection_limiter.h"
#include "net/network.h"
#include "net/stream.h"

namespace postrider::http {

/// What all sessions of a listener have in common; outlives them.
struct LinkSessions {
  LinkService& service;
  const Current<std::vector<net::Network>>& proxies;  ///< that are believed about their client
  std::shared_ptr<const net::TlsServer> tls;          ///< null: in the clear
  std::function<bool()> is_crowded;
  std::atomic<bool> is_stopping = false;
};

/// `place` is given back when the connection has ended.
boost::asio::awaitable<void> serve_links(net::Stream stream, LinkSessions& sessions,
                                         net::ConnectionLimiter::Lease place);

/// Whom a request comes from: the peer, or, where that is one of `proxies`, the last address of its
/// X-Forwarded-For that is none.
boost::asio::ip::address client_of(const boost::asio::ip::address& peer,
                                   std::string_view forwarded_for,
                                   const std::vector<net::Network>& proxies);

}  // namespace postrider::http
