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

void MetricsText::sample(const DurationCounts& counts, std::span<const double> bounds,
                         std::pair<std::string_view, std::string_view> label) {
  const std::string own =
      label.first.empty() ? "" : fmt::format("{}=\"{}\"", label.first, escaped(label.second));
  std::uint64_t count = 0;
  for (std::size_t i = 0; i <= bounds.size(); ++i) {
    count += counts.counts[i];
    const std::string bound = i < bounds.size() ? fmt::format("{}", bounds[i]) : "+Inf";
    text_ += fmt::format("{}_bucket{{{}{}le=\"{}\"}} {}\n", name_, own, own.empty() ? "" : ",",
                         bound, count);
  }
  const std::string labels = own.empty() ? "" : "{" + own + "}";
  text_ +=
      fmt::format("{}_sum{} {}\n{}_count{} {}\n", name_, labels, counts.sum, name_, labels, count);
}

}  // namespace postrider::http
