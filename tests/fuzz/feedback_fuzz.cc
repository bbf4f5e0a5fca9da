// Complaints from anywhere: what is read of them is fit to be shown, and mail that is none stays
// so.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/text.h"
#include "bounce/feedback_report.h"

namespace {

using namespace postrider;

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view message(reinterpret_cast<const char*>(data), size);
  const bounce::FeedbackReport report = bounce::read_feedback(message);
  if (!report.is_feedback()) {
    require(report.recipient.empty() && report.own_id.empty());
  }
  require(report.source_ip.find_first_not_of("0123456789abcdefABCDEF.:") == std::string::npos);
  require(is_printable(report.user_agent) && is_printable(report.reported_domain));
  return 0;
}
