// Requests to one endpoint: HTTP/1.1 over connections that are kept, each made to an address that
// was looked up and checked for it (address_check.h), so that no name can lead anywhere else
// between the check and the connection.
//
// Certificates are checked by name. Redirects are answers like any other and are not followed. Of
// an answer 16 KiB of head (and of what chunks carry besides) and 64 KiB of body are read; a body
// that is longer or does not come costs the connection, not the answer.
//
// Deadlines: 10 s to connect, 10 s for TLS, and what the caller says from the first byte sent to
// the end of the answer; looking a name up takes as long as the resolver allows.
//
// RFC 9110, 9112. Thread: the awaiting coroutine's; several requests may run side by side. Errors:
// invalid (the address may not be, the certificate is wrong), not_found (no such name), timeout,
// closed, unavailable.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "base/result.h"
#include "dns/resolver.h"
#include "net/network.h"
#include "net/stream.h"
#include "net/tls.h"
#include "webhook/url.h"

namespace postrider::webhook {

struct HttpAnswer {
  unsigned status = 0;
  std::string body;  ///< its beginning, where there is more
  std::vector<std::pair<std::string, std::string>> fields;

  std::string_view field(std::string_view name) const;  ///< the first; empty: there is none
};

struct HttpRequest {
  std::string method;
  Url url;
  std::string head;  ///< lines besides Host and Content-Length, each with its line end
  std::string body;
  std::vector<net::Network> allowed;  ///< as check_address()
  std::chrono::milliseconds answer_within{};
};

class HttpClient {
 public:
  HttpClient(dns::Resolver& resolver, std::shared_ptr<const net::TlsClient> tls);

  boost::asio::awaitable<Result<HttpAnswer>> ask(HttpRequest request);
  /// The same with POST.
  boost::asio::awaitable<Result<HttpAnswer>> post(Url url, std::string head, std::string body,
                                                  std::vector<net::Network> allowed,
                                                  std::chrono::milliseconds answer_within);

  void close_idle() { idle_.clear(); }

 private:
  struct Kept {
    net::Stream stream;
    std::string host;  ///< scheme, host and port
    std::chrono::steady_clock::time_point opened;
  };
  boost::asio::awaitable<Result<net::Stream>> open(const Url& url,
                                                   const std::vector<net::Network>& allowed);
  std::optional<Kept> take_idle(const std::string& host);
  void keep(Kept kept);

  dns::Resolver& resolver_;
  std::shared_ptr<const net::TlsClient> tls_;
  std::vector<Kept> idle_;
};

}  // namespace postrider::webhook
