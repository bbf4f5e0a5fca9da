// SHA-256 in pieces (OpenSSL's, which uses the processor's instructions; libsodium's doesn't: 300
// MB/s against 1,500). An object belongs to one thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

namespace postrider::mail {

using Sha256Digest = std::array<std::uint8_t, 32>;

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void update(std::string_view bytes);
  Sha256Digest finish();  ///< once; the object is used up

 private:
  struct State;
  std::unique_ptr<State> state_;
};

Sha256Digest sha256(std::string_view bytes);

}  // namespace postrider::mail
