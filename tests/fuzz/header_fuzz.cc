// Messages from anywhere: they are taken apart without loss, and what is made of them is well
// formed.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "mail/dkim.h"
#include "mail/downconvert.h"
#include "mail/dsn.h"
#include "mail/header.h"

namespace {

using namespace postrider;

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

void check_sections(std::string_view message) {
  const mail::Sections sections = mail::split_message(message);
  std::size_t at = 0;
  for (const mail::Field& field : sections.fields) {
    require(field.offset == at && field.whole == message.substr(at, field.whole.size()));
    require(mail::is_header_safe(field.name));
    at += field.whole.size();
    const std::string value = mail::unfold(field.value);
    require(value.find('\r') == std::string::npos && value.find('\n') == std::string::npos);
  }
  require(at == sections.header.size());
  require(sections.has_separator || sections.body.empty());
}

void check_body_hash(std::string_view message) {
  const std::array<std::string_view, 2> pieces{message.substr(0, message.size() / 3),
                                               message.substr(message.size() / 3)};
  require(mail::hash_body(pieces) == mail::hash_body(std::span(&message, 1)));
  const std::string relaxed = mail::relax_body(message);
  require(mail::relax_body(relaxed) == relaxed);
}

void check_conversion(std::string_view message) {
  if (const auto converted = mail::to_seven_bit(message)) {
    const mail::ContentFacts facts = mail::inspect(*converted);
    require(!facts.has_eight_bit_header && !facts.has_eight_bit_body);
  }
}

void check_report(std::string_view message) {
  mail::DsnMessage report;
  report.reporting_mta = "relay.example.org";
  report.message_id = "<1@relay.example.org>";
  report.to = {.local = "ann", .domain = "example.org"};
  mail::DsnRecipient recipient;
  recipient.final_recipient = {.local = "bob", .domain = "example.net"};
  recipient.diagnostic = message.substr(0, 2000);
  report.recipients.push_back(recipient);
  report.original = message;
  const std::string text = mail::build_dsn(report);
  const mail::Sections sections = mail::split_message(text);
  require(sections.has_separator && sections.fields.size() >= 8);
  for (const mail::Field& field : sections.fields) {
    require(!field.name.empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view message(reinterpret_cast<const char*>(data), size);
  check_sections(message);
  check_body_hash(message);
  check_conversion(message);
  check_report(message);
  return 0;
}
