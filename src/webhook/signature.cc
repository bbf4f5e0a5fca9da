#include "webhook/signature.h"

#include <array>
#include <chrono>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <optional>

#include "base/text.h"

namespace postrider::webhook {
namespace {

constexpr std::string_view kPrefix = "whsec_";
constexpr std::size_t kIdBytes = 16;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string hmac_sha256(std::string_view key, std::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  unsigned length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(text), text.size(),
       digest.data(), &length);
  return std::string(reinterpret_cast<const char*>(digest.data()), length);
}

}  // namespace

Result<std::string> parse_secret(std::string_view text) {
  std::optional<std::string> key;
  if (text.starts_with(kPrefix)) {
    key = decode_base64(text.substr(kPrefix.size()));
  }
  if (!key || key->size() < 24 || key->size() > 64) {
    return fail(Errc::invalid,
                "a signing secret is \"whsec_\" and the base64 of 24 to 64 random bytes");
  }
  return *std::move(key);
}

std::string sign(std::span<const std::string> secrets, std::string_view id, Time time,
                 std::string_view body) {
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
  std::string signed_text(id);
  signed_text += "." + std::to_string(seconds) + ".";
  signed_text += body;
  std::string all;
  for (const std::string& secret : secrets) {
    if (const Result<std::string> key = parse_secret(secret)) {
      all += (all.empty() ? "v1," : " v1,") + base64(hmac_sha256(*key, signed_text));
    }
  }
  return all;
}

std::string request_id(std::uint64_t endpoint, std::string_view body) {
  std::string text = std::to_string(endpoint) + ".";
  text += body;
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(bytes_of(text), text.size(), digest.data());
  return "msg_" + hex(std::string_view(reinterpret_cast<const char*>(digest.data()), kIdBytes));
}

}  // namespace postrider::webhook
