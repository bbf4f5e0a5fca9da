// Helps OpenSSL to the code that is fastest on this processor.
//
// libcrypto chooses its RSA code when it is loaded: MULX and ADX where the processor has them, AVX2
// otherwise. On AMD's Zen 3 (family 19h without AVX-512 IFMA) the AVX2 code signs with RSA-2048 1.5
// times as fast as the one that is chosen (docs/performance.md). The only way to say so is the
// environment variable OPENSSL_ia32cap, which is read at load: the program starts itself again with
// it. An operator's own value is left alone.
//
// Thread: main's, before any other is started.
#pragma once

namespace postrider::cli {

/// Replaces the process by itself, with `arguments` (main's argv), where that makes RSA faster;
/// otherwise, or if it can't, returns.
void start_again_where_rsa_is_faster(char* const* arguments);

}  // namespace postrider::cli
