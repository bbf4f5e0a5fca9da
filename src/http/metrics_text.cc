#include "http/metrics_text.h"

#include <fmt/format.h>

namespace postrider::http {
namespace {

std::string escaped(std::string_view label) {
  std::string out;
  for (const char c : label) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') {
      out.push_back('\\');
    }
    out.push_back(c);
  }
  return out;
}

}  // namespace

void MetricsText::family(std::string_view name, std::string_view help, std::string_view kind) {
  name_ = name;
  text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, kind);
}

void MetricsText::line(Labels labels, std::string_view value) {
  text_ += name_;
  char before = '{';
  for (const auto& [label, content] : labels) {
    text_ += fmt::format("{}{}=\"{}\"", before, label, escaped(content));
    before = ',';
  }
  text_ += fmt::format("{} {}\n", labels.size() == 0 ? "" : "}", value);
}

void MetricsText::sample(std::uint64_t value, Labels labels) {
  line(labels, std::to_string(value));
}

void MetricsText::sample(double value, Labels labels) {
  line(labels, fmt::format("{}", value));
}

}  // namespace postrider::http
