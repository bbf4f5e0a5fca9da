// How we find out whether a host leads to us, whatever stands in between: it is asked for an answer
// that only this installation can give. Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace postrider::http {

constexpr std::string_view kProbePath = "/.well-known/postrider/";
constexpr const char* kProbeSecret = "link-probe";  ///< its purpose in the directory

using ProbeSecret = std::array<std::uint8_t, 32>;

/// A question: 32 hexadecimal digits, by chance.
std::string make_probe();
/// What is answered at `host` (lower case); empty: `probe` is none.
std::string probe_answer(const ProbeSecret& secret, std::string_view host, std::string_view probe);

}  // namespace postrider::http
