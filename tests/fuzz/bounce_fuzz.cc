// Bounce mails from anywhere: what is read of them stays within its bounds and is fit to be shown.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/text.h"
#include "bounce/bounce_report.h"
#include "bounce/charset.h"
#include "bounce/html_text.h"
#include "bounce/mime_reader.h"

namespace {

using namespace postrider;

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

void check_parts(std::string_view message) {
  // Small ones, so that each limit is met.
  const bounce::MimeLimits limits{.bytes_most = 1 << 16,
                                  .head_bytes_most = 2000,
                                  .fields_most = 20,
                                  .depth_most = 3,
                                  .parts_most = 10};
  const bounce::MimeMessage read = bounce::read_mime(message, limits);
  require(!read.parts.empty() && read.parts.size() <= limits.parts_most);
  for (const bounce::MimePart& part : read.parts) {
    require(part.depth <= limits.depth_most && part.fields.size() <= limits.fields_most);
    require(part.body.empty() ||
            (part.body.data() >= message.data() &&
             part.body.data() + part.body.size() <= message.data() + message.size()));
    require(is_utf8(bounce::text_of(part, 10'000)));
  }
}

void check_report(std::string_view message) {
  const bounce::BounceReport report = bounce::read_bounce(message);
  require(report.recipients.size() <= bounce::kRecipientsMost);
  require(!report.autoreply || report.recipients.empty());
  for (const bounce::ReportedRecipient& recipient : report.recipients) {
    require(!recipient.recipient.empty());
    require(is_printable(recipient.text) && is_printable(recipient.mta));
    require(recipient.code == 0 || (recipient.code >= 400 && recipient.code < 600));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view message(reinterpret_cast<const char*>(data), size);
  check_parts(message);
  check_report(message);
  require(is_utf8(bounce::decode_words(message.substr(0, 2000))));
  bounce::html_to_text(message);
  return 0;
}
