// A server that decides by what a client says first which certificate it shows: by the name that it
// asks for (SNI, RFC 6066, 3) and the protocols that it speaks (ALPN, RFC 7301).
//
// Any thread; what decides is called on the thread of each handshake and must not wait.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/tls.h"

namespace postrider::net {

struct TlsHello {
  std::string host;                    ///< lower case; empty: none was named
  std::vector<std::string> protocols;  ///< by ALPN

  bool speaks(std::string_view protocol) const;
};

/// Never null.
using TlsChoice = std::function<std::shared_ptr<const TlsServer>(const TlsHello&)>;

/// One for all connections, so that sessions are resumed; lives as long as handshakes go on.
std::shared_ptr<const TlsServer> choosing_server(TlsChoice choose);

/// Key and chain from one PEM text, the leaf first. With a `protocol`, that one is agreed on, and
/// who does not offer it is refused. Errc::invalid.
Result<std::shared_ptr<const TlsServer>> server_from_pem(const std::string& pem,
                                                         const std::string& protocol = "");

}  // namespace postrider::net
