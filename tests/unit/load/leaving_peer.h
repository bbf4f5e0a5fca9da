// A peer that serves one connection after another, each up to a point at which it closes it.
#pragma once

#include <istream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>

namespace postrider::load {

enum class Leaves { at_mail, after_dot, at_quit };

class LeavingPeer {
 public:
  using tcp = boost::asio::ip::tcp;

  /// One entry for each connection; then it listens no more.
  explicit LeavingPeer(std::vector<Leaves> script)
      : acceptor_(io_, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)),
        endpoint_(acceptor_.local_endpoint()),
        thread_([this, all = std::move(script)] { serve(all); }) {}

  tcp::endpoint endpoint() const { return endpoint_; }

 private:
  void serve(const std::vector<Leaves>& script) {
    for (const Leaves leaves : script) {
      tcp::socket socket(io_);
      acceptor_.accept(socket);
      try {
        talk(socket, leaves);
      } catch (const boost::system::system_error&) {
        continue;  // the client left first
      }
    }
    acceptor_.close();
  }

  static void talk(tcp::socket& socket, Leaves leaves) {
    boost::asio::streambuf received;
    say(socket, "220 hello");
    for (bool in_content = false;;) {
      const std::string line = next_line(socket, received);
      if (line.starts_with("QUIT") || (leaves == Leaves::at_mail && line.starts_with("MAIL"))) {
        return;
      }
      if (in_content) {
        in_content = line != ".";
        if (!in_content && leaves == Leaves::after_dot) {
          return;
        }
        if (in_content) {
          continue;
        }
      }
      in_content = line == "DATA";
      say(socket, in_content ? "354 go ahead" : "250 ok");
    }
  }

  static std::string next_line(tcp::socket& socket, boost::asio::streambuf& received) {
    boost::asio::read_until(socket, received, "\r\n");
    std::istream in(&received);
    std::string line;
    std::getline(in, line);
    line.pop_back();
    return line;
  }

  static void say(tcp::socket& socket, const std::string& line) {
    boost::asio::write(socket, boost::asio::buffer(line + "\r\n"));
  }

  boost::asio::io_context io_;
  tcp::acceptor acceptor_;
  tcp::endpoint endpoint_;
  std::jthread thread_;
};

}  // namespace postrider::load
