#include "directory/password.h"

#include <array>
#include <cstdint>
#include <sodium.h>

namespace postrider::directory {
namespace {

constexpr unsigned long long kPasses = crypto_pwhash_OPSLIMIT_INTERACTIVE;
constexpr std::size_t kMemoryBytes = std::size_t{19} << 20;

}  // namespace

Result<std::string> hash_password(std::string_view password) {
  std::array<char, crypto_pwhash_STRBYTES> out{};
  if (crypto_pwhash_str(out.data(), password.data(), password.size(), kPasses, kMemoryBytes) != 0) {
    return fail(Errc::unavailable, "hashing a password: no memory for Argon2id");
  }
  return std::string(out.data());
}

bool is_password(std::string_view password, const std::string& hash) {
  return crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
}

std::string random_text(std::size_t bytes) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz234567";
  std::string out;
  out.reserve((bytes * 8 + 4) / 5);
  for (std::size_t made = 0; made * 5 < bytes * 8; ++made) {
    out.push_back(kLetters[randombytes_uniform(kLetters.size())]);
  }
  return out;
}

}  // namespace postrider::directory
