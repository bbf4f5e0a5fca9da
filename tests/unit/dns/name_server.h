// A real authoritative name server (nsd) on loopback for a test's own zones, gone with its object.
#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <poll.h>
#include <signal.h>
#include <stdexcept>
#include <string>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>

namespace postrider::dns {

/// A port of 127.0.0.1 on which neither TCP nor UDP is in use.
inline std::uint16_t free_port() {
  namespace asio = boost::asio;
  asio::io_context io;
  while (true) {
    const asio::ip::tcp::acceptor tcp(io, {asio::ip::address_v4::loopback(), 0});
    asio::ip::udp::socket udp(io, asio::ip::udp::v4());
    boost::system::error_code in_use;
    udp.bind({asio::ip::address_v4::loopback(), tcp.local_endpoint().port()}, in_use);
    if (!in_use) {
      return tcp.local_endpoint().port();
    }
  }
}

class NameServer {
 public:
  /// `zones`: records without SOA and NS, by the zone's name.
  explicit NameServer(const std::map<std::string, std::string>& zones) : port_(free_port()) {
    char pattern[] = "/tmp/postrider-nsd-XXXXXX";
    if (::mkdtemp(pattern) == nullptr) {
      throw std::runtime_error("no temporary directory");
    }
    directory_ = pattern;
    write_configuration(zones);
    start();
  }

  ~NameServer() {
    if (process_ > 0) {
      ::kill(process_, SIGTERM);
      ::waitpid(process_, nullptr, 0);
    }
    ::close(log_);
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;

  /// As libunbound wants it: "127.0.0.1@5300".
  std::string address() const { return "127.0.0.1@" + std::to_string(port_); }

 private:
  void write_configuration(const std::map<std::string, std::string>& zones) {
    const std::string here = directory_.string();
    std::ofstream conf(directory_ / "nsd.conf");
    conf << "server:\n"
         << " ip-address: 127.0.0.1@" << port_ << "\n do-ip6: no\n server-count: 1\n"
         << " username: \"\"\n chroot: \"\"\n database: \"\"\n"
         << " zonesdir: \"" << here << "\"\n pidfile: \"" << here << "/nsd.pid\"\n"
         << " xfrdfile: \"" << here << "/xfrd.state\"\n xfrdir: \"" << here << "\"\n"
         << " zonelistfile: \"" << here << "/zone.list\"\n"
         << "remote-control:\n control-enable: no\n";
    for (const auto& [name, records] : zones) {
      conf << "zone:\n name: \"" << name << "\"\n zonefile: \"" << name << ".zone\"\n";
      std::ofstream(directory_ / (name + ".zone"))
          << "$ORIGIN " << name << ".\n$TTL 300\n"
          << "@ SOA ns hostmaster 1 3600 600 86400 300\n@ NS ns\nns A 127.0.0.1\n"
          << records;
    }
  }

  void start() {
    int ends[2] = {-1, -1};
    if (::pipe(ends) != 0) {
      throw std::runtime_error("no pipe");
    }
    const std::string conf = directory_ / "nsd.conf";
    process_ = ::fork();
    if (process_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGTERM);  // a test that is killed leaves none behind
      ::dup2(ends[1], STDERR_FILENO);
      ::close(ends[0]);
      ::close(ends[1]);
      ::execl("/usr/sbin/nsd", "nsd", "-d", "-c", conf.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(ends[1]);
    log_ = ends[0];
    wait_until_started();
  }

  void wait_until_started() {
    std::string said;
    while (said.find("nsd started") == std::string::npos) {
      pollfd waiting{.fd = log_, .events = POLLIN, .revents = 0};
      char bytes[1024];
      const ssize_t got = ::poll(&waiting, 1, 10000) == 1 ? ::read(log_, bytes, sizeof(bytes)) : 0;
      if (got <= 0) {
        throw std::runtime_error("nsd did not start: " + said);
      }
      said.append(bytes, static_cast<std::size_t>(got));
    }
  }

  std::uint16_t port_;
  std::filesystem::path directory_;
  pid_t process_ = -1;
  int log_ = -1;
};

}  // namespace postrider::dns
