// A client that sends bytes as a test writes them and reads what comes, over TCP or a Unix socket.
// Every wait is bounded.
#pragma once

#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>

namespace postrider::http {

class RawClient {
 public:
  explicit RawClient(const boost::asio::ip::tcp::endpoint& endpoint)
      : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    connect(endpoint.data(), static_cast<socklen_t>(endpoint.size()));
  }
  explicit RawClient(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
    connect(reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  }
  ~RawClient() { ::close(socket_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  /// False: the server has closed; what it said can still be read.
  bool send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) {
        return false;
      }
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  /// Reads on until `what` has come; everything up to and with it.
  std::string read_to(std::string_view what) {
    while (rest_.find(what) == std::string::npos) {
      if (!fill()) {
        throw std::runtime_error("closed before '" + std::string(what) + "' came: " + rest_);
      }
    }
    const std::size_t end = rest_.find(what) + what.size();
    std::string read = rest_.substr(0, end);
    rest_.erase(0, end);
    return read;
  }

  /// Everything until the server closes.
  std::string read_all() {
    while (fill()) {
    }
    return std::exchange(rest_, {});
  }

 private:
  void connect(const sockaddr* address, socklen_t size) const {
    const timeval limit{.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    if (::connect(socket_, address, size) != 0) {
      throw std::runtime_error(std::string("connecting: ") + std::strerror(errno));
    }
  }

  bool fill() {
    char bytes[4096];
    const ssize_t got = ::recv(socket_, bytes, sizeof(bytes), 0);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      throw std::runtime_error("nothing came in 20 s; before: " + rest_);
    }
    if (got <= 0) {
      return false;
    }
    rest_.append(bytes, static_cast<std::size_t>(got));
    return true;
  }

  int socket_;
  std::string rest_;
};

}  // namespace postrider::http
