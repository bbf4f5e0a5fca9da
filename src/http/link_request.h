// A request to a tracking host, and what is answered. Values.
#pragma once

#include <string>
#include <string_view>

#include <boost/asio/ip/address.hpp>

namespace postrider::http {

struct LinkRequest {
  std::string method;
  std::string path;  ///< without the query
  std::string host;  ///< lower case, without a port and a dot at the end; empty: none was named
  std::string user_agent;
  std::string accept;
  std::string accept_language;
  std::string purpose;  ///< Sec-Purpose, Purpose, X-Purpose or X-Moz
  std::string body;
  boost::asio::ip::address client;
};

struct LinkAnswer {
  int status = 200;
  std::string_view content_type = "text/html; charset=utf-8";
  std::string body;
  std::string location;    ///< printable ASCII
  std::string_view allow;  ///< of 405
};

inline bool is_read(const LinkRequest& request) {
  return request.method == "GET" || request.method == "HEAD";
}

}  // namespace postrider::http
