// A certificate for a server of tests. One thread.
#pragma once

#include <memory>

#include "base/result.h"
#include "net/tls.h"

namespace postrider::cli {

/// Signed by itself, for as long as this process lives: nothing of it stays on the disk.
Result<std::shared_ptr<const net::TlsServer>> make_own_certificate();

}  // namespace postrider::cli
