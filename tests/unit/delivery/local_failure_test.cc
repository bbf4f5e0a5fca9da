// What this machine can't do is no fault of the host that it wanted to reach.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "delivery/connector.h"
#include "net/network.h"

namespace postrider::delivery {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

class NoResolver final : public dns::Resolver {
 public:
  asio::awaitable<Result<dns::Answer<dns::Mx>>> mx(std::string) override { co_return no(); }
  asio::awaitable<Result<dns::Answer<asio::ip::address>>> addresses(std::string, bool,
                                                                    bool) override {
    co_return no();
  }
  asio::awaitable<Result<dns::Answer<std::string>>> txt(std::string) override { co_return no(); }
  asio::awaitable<Result<dns::Answer<std::string>>> cname(std::string) override { co_return no(); }

 private:
  static std::unexpected<Error> no() { return fail(Errc::unavailable, "nobody asks"); }
};

/// Whether the host that refused, or was not asked, is thought ill of.
bool is_troubled_after(const Options& options, std::string& why) {
  asio::io_context io;
  tcp::acceptor closed(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  const tcp::endpoint target = closed.local_endpoint();
  closed.close();
  auto destination = std::make_shared<Destination>();
  destination->site = "route";
  destination->is_route = true;
  destination->hosts = {{.name = "127.0.0.1", .preference = 0, .addresses = {}}};
  destination->port = target.port();
  NoResolver resolver;
  TroubledHosts troubled;
  const TlsClients tls;
  asio::co_spawn(
      io, connect_to_site(destination, options, resolver, tls, troubled, 0),
      [&](const std::exception_ptr& error, const std::expected<Connected, Refusal>& got) {
        EXPECT_FALSE(error);
        why = got ? "connected" : got.error().reply.text;
      });
  io.run_for(std::chrono::seconds(20));
  return troubled.contains(net::to_string(target));
}

TEST(LocalFailure, IsNotHeldAgainstTheHost) {
  std::string why;
  EXPECT_TRUE(is_troubled_after({}, why)) << why;
  Options options;
  options.source_v4 = asio::ip::make_address_v4("192.0.2.1");  // nobody's
  EXPECT_FALSE(is_troubled_after(options, why)) << why;
  EXPECT_NE(why.find("this machine can't connect"), std::string::npos) << why;
}

}  // namespace
}  // namespace postrider::delivery
