// [acme]: where certificates for tracking hosts come from. Values; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace postrider::acme {

/// How we prove that a host is ours.
enum class ChallengeType : std::uint8_t {
  http_01,      ///< RFC 8555, 8.3: a file, in the clear, on port 80
  tls_alpn_01,  ///< RFC 8737: a certificate, on port 443
};

struct Options {
  std::string directory;             ///< URL; empty: off
  std::vector<std::string> contact;  ///< addresses that the authority may write to
  bool agree_to_terms = false;
  std::filesystem::path ca_file;  ///< roots for the directory itself; empty: those of the machine
  ChallengeType challenge = ChallengeType::http_01;
  std::string eab_key_id;  ///< external account binding (RFC 8555, 7.3.4); empty: none
  std::string eab_key;     ///< base64url, as the authority shows it
  std::chrono::seconds answer_within{30};  ///< an answer of the authority
  std::chrono::seconds done_within{120};   ///< its look at a challenge; its work on an order

  bool operator==(const Options&) const = default;
};

}  // namespace postrider::acme
