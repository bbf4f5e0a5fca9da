// Which action answers a request: by method and by a pattern of the path, in which {name} stands
// for one segment.
//
// Immutable once it is asked; any thread. An unknown path is 404, a known one with another method
// 405 that says which there are.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "http/server.h"

namespace postrider::http {

/// A request that has found its route.
struct Call {
  Request request;
  std::map<std::string, std::string> names;  ///< what stood for {name}; never empty

  const std::string& name(const std::string& key) const { return names.at(key); }
  /// From the query; empty if it isn't there.
  std::string query(const std::string& key) const;
};

class Router {
 public:
  using Action = std::function<boost::asio::awaitable<Response>(Call)>;

  void add(std::string method, std::string_view pattern, Action action);

  boost::asio::awaitable<Response> answer(Request request) const;

 private:
  struct Route {
    std::string method;
    std::vector<std::string> pattern;  ///< segments
    Action action;
  };
  std::vector<Route> routes_;
};

}  // namespace postrider::http
