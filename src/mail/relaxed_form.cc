#include "mail/relaxed_form.h"

#include "base/text.h"
#include "mail/dkim.h"

namespace postrider::mail {
namespace {

bool is_wsp(char c) {
  return c == ' ' || c == '\t';
}

void append_name(std::string& out, std::string_view name) {
  while (!name.empty() && is_wsp(name.back())) {
    name.remove_suffix(1);
  }
  for (const char c : name) {
    out.push_back(to_lower(c));
  }
}

/// Unfolded, runs of white space as one space, none at either end.
void append_value(std::string& out, std::string_view value) {
  bool space = false;
  bool begun = false;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (is_wsp(value[i])) {
      space = true;
    } else if (value.substr(i, 2) == "\r\n") {
      ++i;
    } else {
      if (space && begun) {
        out.push_back(' ');
      }
      space = false;
      begun = true;
      out.push_back(value[i]);
    }
  }
}

}  // namespace

void append_relaxed_field(std::string& out, std::string_view whole_field) {
  const auto colon = whole_field.find(':');
  append_name(out, whole_field.substr(0, colon));
  if (colon != std::string_view::npos) {
    out.push_back(':');
    append_value(out, whole_field.substr(colon + 1));
  }
  out += "\r\n";
}

std::string relax_field(std::string_view whole_field) {
  std::string out;
  out.reserve(whole_field.size());
  append_relaxed_field(out, whole_field);
  return out;
}

}  // namespace postrider::mail
