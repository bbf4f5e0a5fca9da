// Prometheus' text exposition format, version 0.0.4: families with their help and kind, then
// samples. The caller keeps the samples of a family together. Values; any thread.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/duration_counts.h"

namespace postrider::http {

class MetricsText {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  void counter(std::string_view name, std::string_view help) { family(name, help, "counter"); }
  void gauge(std::string_view name, std::string_view help) { family(name, help, "gauge"); }
  void histogram(std::string_view name, std::string_view help) { family(name, help, "histogram"); }
  /// Of the family that was begun last.
  void sample(std::uint64_t value, Labels labels = {});
  void sample(double value, Labels labels = {});
  /// Its buckets, sum and count. `bounds`: of `counts`. `label` may be empty.
  void sample(const DurationCounts& counts, std::span<const double> bounds,
              std::pair<std::string_view, std::string_view> label = {});

  std::string take() { return std::move(text_); }

 private:
  void family(std::string_view name, std::string_view help, std::string_view kind);
  void line(Labels labels, std::string_view value);

  std::string text_;
  std::string name_;
};

}  // namespace postrider::http
