// DKIM against a second implementation (support/plain_dkim.h): the relaxed body and its hash,
// however the body is cut; the relaxed fields; and a receiver's verification of what is signed.
// The product signs relaxed/relaxed only, so there is no simple form to compare.
#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/text.h"
#include "mail/dkim.h"
#include "mail/header.h"
#include "support/choices.h"
#include "support/plain_dkim.h"
#include "support/require.h"

namespace {

using namespace postrider;
using fuzz::require;

constexpr Time kNow{std::chrono::milliseconds(1795499532999)};

// Of RFC 8463, appendix A.
constexpr std::string_view kEd25519Pem =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
    "-----END PRIVATE KEY-----\n";

const mail::DkimSignature& ed25519() {
  static const mail::DkimSignature signature{
      .domain = "example.org",
      .selector = "s1",
      .key = std::make_shared<mail::SigningKey>(*mail::SigningKey::from_pem(kEd25519Pem))};
  return signature;
}

const mail::DkimSignature& rsa() {
  static const mail::DkimSignature signature{
      .domain = "a-long-name-for-a-domain.of-several-labels.example",
      .selector = "2026-11",
      .key = std::make_shared<mail::SigningKey>(
          *mail::SigningKey::generate(mail::DkimAlgorithm::rsa_sha256))};
  return signature;
}

std::string_view as_text(const mail::BodyHash& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

void check_body(std::string_view body, const fuzz::PieceSizes& sizes) {
  const std::string wanted = fuzz::plain_relaxed_body(body);
  require(mail::relax_body(body) == wanted, "the relaxed body is that of the RFC", wanted);
  const mail::BodyHash hash = mail::hash_body(fuzz::cut(body, sizes));
  require(as_text(hash) == fuzz::plain_sha256(wanted), "the hash is that of the relaxed body");
}

/// Messages have CRLF lines by the time they are signed: the rest is refused or made so.
std::string with_crlf(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\r\n";
    } else if (c != '\r' && c != '\0') {
      out += c;
    }
  }
  return out;
}

void check_fields(std::string_view header) {
  for (const std::string& field : fuzz::plain_fields(header)) {
    // The RFC speaks of fields; a line without a name is none, and is never signed.
    require(fuzz::plain_name(field).empty() ||
                mail::relax_field(field) == fuzz::plain_relaxed_field(field),
            "the relaxed field is that of the RFC", field);
  }
}

void check_layout(std::string_view field) {
  require(field.starts_with("DKIM-Signature: ") && field.ends_with("\r\n"), "it is a field", field);
  for (std::string_view rest = field; !rest.empty();) {
    const auto end = rest.find("\r\n");
    require(end != std::string_view::npos && end <= 78, "it is folded at 78 columns", field);
    rest.remove_prefix(end + 2);
    require(rest.empty() || rest.front() == ' ', "it is one field", field);
  }
}

/// Each field that occurs n times is named n times, or once more where it is oversigned.
void check_coverage(std::string_view header, const fuzz::Tags& tags) {
  const auto signed_names = fuzz::names_in(fuzz::tag_of(tags, "h"));
  const auto fields = fuzz::plain_fields(header);
  for (const mail::SignedField& wanted : mail::default_signed_fields()) {
    const std::string name = lower(wanted.name);
    const auto present = std::ranges::count(fields, name, fuzz::plain_name);
    require(std::ranges::count(signed_names, name) == present + (wanted.oversign ? 1 : 0),
            "fields are signed where they occur, and once more", wanted.name);
  }
}

void check_signature(std::string_view header, const mail::BodyHash& hash,
                     const mail::DkimSignature& signature) {
  const auto field = mail::sign_header(header, hash, std::span(&signature, 1), kNow);
  require(field.has_value(), "what has CRLF lines can be signed");
  check_layout(*field);
  const fuzz::Tags tags = fuzz::plain_tags(*field);
  require(fuzz::tag_of(tags, "d") == signature.domain &&
              fuzz::tag_of(tags, "s") == signature.selector &&
              fuzz::tag_of(tags, "c") == "relaxed/relaxed" &&
              fuzz::tag_of(tags, "t") == "1795499532",
          "tags say what was asked for", *field);
  check_coverage(header, tags);
  require(fuzz::plain_verify(header, *field, as_text(hash), signature.key->dns_record()),
          "a receiver's verification holds", *field);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Choices choices(data, size);
  const std::uint8_t choice = choices.byte();
  const fuzz::PieceSizes sizes = fuzz::take_sizes(choices);
  check_body(choices.rest(), sizes);

  const std::string message = with_crlf(choices.rest());
  const auto end = message.find("\r\n\r\n");
  const std::string header = message.starts_with("\r\n") ? ""
                             : end == std::string::npos  ? message + "\r\n"
                                                         : message.substr(0, end + 2);
  check_fields(header);
  const std::string_view body =
      std::string_view(message).substr(std::min(header.size() + 2, message.size()));
  const mail::BodyHash hash = mail::hash_body(std::span(&body, 1));
  // RSA takes twenty times as long, and differs in nothing but the last step.
  check_signature(header, hash, choice % 16 == 1 ? rsa() : ed25519());
  return 0;
}
