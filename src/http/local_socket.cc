#include "http/local_socket.h"

#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

namespace postrider::http {

namespace asio = boost::asio;
using local = asio::local::stream_protocol;

namespace {

constexpr std::size_t kLongestPath = sizeof(sockaddr_un::sun_path) - 1;

bool somebody_listens(const asio::any_io_executor& executor, const local::endpoint& endpoint) {
  local::socket probe(executor);
  boost::system::error_code ec;
  probe.connect(endpoint, ec);
  return !ec;
}

}  // namespace

Result<local::acceptor> open_local_listener(const asio::any_io_executor& executor,
                                            const std::string& path) {
  if (path.size() > kLongestPath) {
    return fail(Errc::unavailable, "the socket's path " + path + " is longer than " +
                                       std::to_string(kLongestPath) +
                                       " bytes: choose a data directory with a shorter name");
  }
  const local::endpoint endpoint(path);
  if (somebody_listens(executor, endpoint)) {
    return fail(Errc::unavailable,
                "another process listens on " + path + ": stop it, or use another data directory");
  }
  ::unlink(path.c_str());
  local::acceptor acceptor(executor);
  boost::system::error_code ec;
  acceptor.open(endpoint.protocol(), ec);
  if (!ec) {
    acceptor.bind(endpoint, ec);
  }
  // Before listen(): until then every connection is refused, whoever makes it.
  if (!ec && ::chmod(path.c_str(), 0600) != 0) {
    ec.assign(errno, boost::system::system_category());
  }
  if (!ec) {
    acceptor.listen(local::acceptor::max_listen_connections, ec);
  }
  if (ec) {
    return fail(Errc::unavailable, "listening on " + path + ": " + ec.message() +
                                       "; the data directory must be writable by this user");
  }
  return acceptor;
}

}  // namespace postrider::http
