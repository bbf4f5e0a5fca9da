#include "http/link_probe.h"

#include <algorithm>
#include <sodium.h>

#include "base/text.h"

namespace postrider::http {
namespace {

constexpr std::size_t kProbeBytes = 16;

bool is_probe(std::string_view text) {
  return text.size() == 2 * kProbeBytes &&
         std::ranges::all_of(text, [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
}

}  // namespace

std::string make_probe() {
  std::string bytes(kProbeBytes, '\0');
  randombytes_buf(bytes.data(), bytes.size());
  return hex(bytes);
}

std::string probe_answer(const ProbeSecret& secret, std::string_view host, std::string_view probe) {
  if (!is_probe(probe)) {
    return {};
  }
  const std::string asked = std::string(probe) + " " + std::string(host);
  std::string mac(32, '\0');
  crypto_generichash(reinterpret_cast<unsigned char*>(mac.data()), mac.size(),
                     reinterpret_cast<const unsigned char*>(asked.data()), asked.size(),
                     secret.data(), secret.size());
  return hex(mac);
}

}  // namespace postrider::http
