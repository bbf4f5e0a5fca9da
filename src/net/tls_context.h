// Inner part of net: users see tls.h. How all our contexts begin. Any thread.
#pragma once

#include <memory>
#include <openssl/ssl.h>

namespace postrider::net {

struct ContextFree {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using Context = std::unique_ptr<SSL_CTX, ContextFree>;

/// TLS 1.2 and above, without renegotiation and compression.
Context make_context(const SSL_METHOD* method);

}  // namespace postrider::net
