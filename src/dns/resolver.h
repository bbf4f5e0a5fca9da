// DNS look-ups through libunbound, asynchronously, with its cache, its negative caching and its
// DNSSEC verdict.
//
// RFC 1035, 2308 (negative caching), 4033 (DNSSEC). Types here are the few that mail needs.
//
// CNAMEs are followed, up to 8. The built-in answers of libunbound for local names (localhost,
// test.) stay, but give way to a stub zone below test.; the hosts file is not read.
//
// Errors: not_found (the name or the type doesn't exist: a permanent answer), unavailable
// (SERVFAIL, no answer, a longer chain of CNAMEs, DNSSEC that doesn't verify, a server that lies
// about formats: never a reason to bounce), invalid (not a name), closed (the awaiting coroutine
// was cancelled).
//
// Thread: made on and used from any io thread; results come back to the awaiting coroutine's
// thread. As ever, coroutines are joined before the context that they wait on dies.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>

#include "base/result.h"

namespace postrider::dns {

struct ResolverOptions {
  std::vector<std::string> forwarders;  ///< "192.0.2.53" or "192.0.2.53@5353"; empty: ask the roots
  struct Stub {
    std::string zone;    ///< "example.test"; "." for everything
    std::string server;  ///< "127.0.0.1@5300"
    bool operator==(const Stub&) const = default;
  };
  std::vector<Stub> stubs;             ///< authoritative servers for zones of their own
  bool use_system_resolvers = true;    ///< /etc/resolv.conf, where no forwarders are given
  std::filesystem::path trust_anchor;  ///< root key file for DNSSEC; empty: no validation
  /// For one look-up with all its tries, from when it is its turn.
  std::chrono::milliseconds timeout{std::chrono::seconds(20)};
  std::size_t asked_at_a_time = 500;  ///< the others wait for their turn
};

enum class Security : std::uint8_t { insecure, secure, bogus };

struct Mx {
  std::uint16_t preference = 0;
  std::string host;  ///< lower case, no trailing dot; "" for the null MX (RFC 7505)
};

template <class T>
struct Answer {
  std::vector<T> records;
  std::string canonical_name;  ///< at the end of the CNAME chain; lower case, no trailing dot
  Security security = Security::insecure;
  std::chrono::seconds ttl{0};
};

class Resolver {
 public:
  virtual ~Resolver() = default;
  virtual boost::asio::awaitable<Result<Answer<Mx>>> mx(std::string name) = 0;
  /// A and AAAA as asked; v4 and v6 both false is a programming error. Not_found if neither exists.
  virtual boost::asio::awaitable<Result<Answer<boost::asio::ip::address>>> addresses(
      std::string name, bool v4, bool v6) = 0;
  virtual boost::asio::awaitable<Result<Answer<std::string>>> txt(std::string name) = 0;
  virtual boost::asio::awaitable<Result<Answer<std::string>>> cname(std::string name) = 0;
};

/// `executor`: of the io thread that watches libunbound's descriptor. Its context must outlive the
/// resolver, which keeps it from running out of work. Errc::invalid names a bad option.
Result<std::shared_ptr<Resolver>> make_resolver(const boost::asio::any_io_executor& executor,
                                                const ResolverOptions& options);

}  // namespace postrider::dns
