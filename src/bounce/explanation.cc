#include "bounce/explanation.h"

#include <fmt/core.h>

#include "bounce/rule.h"

namespace postrider::bounce {
namespace {

std::string_view meaning(Kind kind) {
  switch (kind) {
    case Kind::hard:
      return "this address can't receive mail, now or later";
    case Kind::soft:
      return "mailbox or server can't take it at present";
    case Kind::block:
      return "their side refuses us, not the recipient's address";
    case Kind::complaint:
      return "the reader called it spam";
    case Kind::autoreply:
      return "an answer by a machine, no bounce";
    case Kind::unknown:
      return "nobody knows yet";
  }
  return "";
}

std::string_view consequence(Retry retry) {
  switch (retry) {
    case Retry::yes:
      return "Tried again to the end of the schedule";
    case Retry::no:
      return "Not tried again";
    case Retry::later:
      return "Final by its code, and yet tried again a few times";
  }
  return "";
}

std::string codes(const Finding& finding) {
  std::string codes = finding.code == 0 ? "" : std::to_string(finding.code);
  codes += codes.empty() || finding.enhanced.empty() ? "" : " ";
  return codes + finding.enhanced;
}

std::string judged_by(const Finding& finding) {
  if (finding.rule == nullptr) {
    const std::string said = codes(finding);
    return said.empty() ? "No rule knows this wording, and there is no code."
                        : fmt::format("No rule knows this wording or the code {}.", said);
  }
  const Rule& rule = *finding.rule;
  if (finding.is_by_code()) {
    return fmt::format("No rule knows the wording; rule '{}' judges by the code {}: {}.", rule.id,
                       codes(finding), to_string(rule.category));
  }
  return fmt::format("The wording is known to rule '{}' (source: {}): {}.", rule.id, rule.source,
                     to_string(rule.category));
}

std::string disagreement(const Finding& finding) {
  if (finding.rule == nullptr || finding.is_by_code()) {
    return "";
  }
  const int code_class = finding.code / 100;
  if (finding.verdict.kind == Kind::hard && code_class == 4) {
    return fmt::format(" The code {} says temporary; the words are believed.", finding.code);
  }
  if (finding.verdict.kind != Kind::hard && code_class == 5) {
    return fmt::format(
        " The code {} alone would say that the address is dead; the words are "
        "believed.",
        finding.code);
  }
  return "";
}

}  // namespace

std::string explain(const Finding& finding) {
  const Verdict& verdict = finding.verdict;
  return fmt::format(
      "{} {}: {}.{} {}, {}.", judged_by(finding), to_string(verdict.kind), meaning(verdict.kind),
      disagreement(finding), consequence(verdict.retry),
      verdict.suppress ? "and the address is suppressed" : "and the address is not suppressed");
}

}  // namespace postrider::bounce
