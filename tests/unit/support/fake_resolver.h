// A resolver without a network.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>

#include "dns/resolver.h"

namespace postrider::test {

/// Answers from memory; "down" in a name is a server that fails.
class FakeResolver : public dns::Resolver {
 public:
  std::map<std::string, std::vector<dns::Mx>> mail;
  std::map<std::string, std::vector<boost::asio::ip::address>> hosts;

  boost::asio::awaitable<Result<dns::Answer<dns::Mx>>> mx(std::string name) override {
    co_return find(mail, name);
  }
  boost::asio::awaitable<Result<dns::Answer<boost::asio::ip::address>>> addresses(
      std::string name, bool v4, bool v6) override {
    Result<dns::Answer<boost::asio::ip::address>> found = find(hosts, name);
    if (found) {
      std::erase_if(found->records, [&](const boost::asio::ip::address& a) {
        return (a.is_v4() && !v4) || (a.is_v6() && !v6);
      });
      if (found->records.empty()) {
        co_return fail(Errc::not_found, "no address");
      }
    }
    co_return found;
  }
  boost::asio::awaitable<Result<dns::Answer<std::string>>> txt(std::string /*name*/) override {
    co_return fail(Errc::not_found, "no TXT");
  }
  boost::asio::awaitable<Result<dns::Answer<std::string>>> cname(std::string /*name*/) override {
    co_return fail(Errc::not_found, "no CNAME");
  }

 private:
  template <class T>
  static Result<dns::Answer<T>> find(const std::map<std::string, std::vector<T>>& in,
                                     const std::string& name) {
    if (name.contains("down")) {
      return fail(Errc::unavailable, "SERVFAIL");
    }
    const auto found = in.find(name);
    if (found == in.end()) {
      return fail(Errc::not_found, "no such name");
    }
    return dns::Answer<T>{.records = found->second,
                          .canonical_name = name,
                          .security = dns::Security::secure,
                          .ttl = std::chrono::seconds(60)};
  }
};

}  // namespace postrider::test
