#include "track/line_lengths.h"

#include <algorithm>

#include "track/token.h"

namespace postrider::track {
namespace {

constexpr auto kNowhere = std::string_view::npos;

std::size_t size_written(const Plan& plan, const Edit& edit) {
  const std::size_t token = edit.what == Edit::What::text ? 0 : kTokenLetters;
  return text_before_token(plan, edit).size() + token + text_behind_token(edit).size();
}

/// As far as the LF or CR LF behind `at`.
std::size_t rest_of_line(std::string_view text, std::size_t at) {
  const std::size_t end = std::min(text.find('\n', at), text.size());
  return end > at && text[end - 1] == '\r' ? end - at - 1 : end - at;
}

std::size_t longest_line(std::string_view text) {
  std::size_t longest = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = rest_of_line(text, at);
    longest = std::max(longest, size);
    at = std::min(text.find('\n', at + size), text.size() - 1) + 1;
  }
  return longest;
}

}  // namespace

bool outgrows_lines(std::string_view message, const Region& region, const Plan& plan) {
  const std::string_view text = message.substr(0, region.end);
  for (auto edit = region.edits.begin(); edit != region.edits.end();) {
    const std::size_t before = edit->begin == 0 ? kNowhere : text.rfind('\n', edit->begin - 1);
    const std::size_t begin = before == kNowhere ? 0 : before + 1;
    std::size_t at = begin;
    std::size_t length = 0;
    // All edits that stand on what becomes of one line.
    do {
      length += edit->begin - at + size_written(plan, *edit);
      at = edit->end;
      ++edit;
    } while (edit != region.edits.end() &&
             text.substr(at, edit->begin - at).find('\n') == kNowhere);
    const std::size_t rest = rest_of_line(text, at);
    // A line that was too long as it came has to find another way in any case.
    if (length + rest > kLongestLine &&
        longest_line(text.substr(begin, at + rest - begin)) <= kLongestLine) {
      return true;
    }
  }
  return false;
}

}  // namespace postrider::track
