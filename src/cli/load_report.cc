#include "cli/load_report.h"

#include <algorithm>
#include <fmt/core.h>
#include <sys/resource.h>

#include "base/json_text.h"
#include "cli/table.h"

namespace postrider::cli {

using load::Findings;
using load::Generator;

namespace {

constexpr std::size_t kNamedToPeople = 20;

double seconds(std::chrono::microseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

double milliseconds(std::chrono::microseconds duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

double per_second(std::uint64_t count, std::chrono::microseconds duration) {
  return duration.count() > 0 ? static_cast<double>(count) / seconds(duration) : 0.0;
}

double per_thousand(std::chrono::microseconds processor, std::uint64_t messages) {
  return messages > 0 ? seconds(processor) * 1000 / static_cast<double>(messages) : 0.0;
}

std::string name_of(load::LoadId id) {
  return load::run_name(id.run) + " " + std::to_string(id.number);
}

void print_ids(const char* heading, const std::vector<load::LoadId>& ids, std::uint64_t of) {
  if (ids.empty()) {
    return;
  }
  fmt::print("\n{} (run and number):\n", heading);
  for (std::size_t i = 0; i < std::min(ids.size(), kNamedToPeople); ++i) {
    fmt::print("  {}\n", name_of(ids[i]));
  }
  if (of > kNamedToPeople) {
    fmt::print("  ... --json names {}\n", Findings::kMostNamed);
  }
}

void add_ids(JsonText& json, const char* name, const std::vector<load::LoadId>& ids) {
  json.begin_array(name);
  for (const load::LoadId& id : ids) {
    json.value(name_of(id));
  }
  json.end_array();
}

}  // namespace

std::chrono::microseconds processor_time() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return std::chrono::seconds(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         std::chrono::microseconds(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

void print_summary(const Generator::Summary& summary, std::uint32_t run) {
  const load::Figures& figures = summary.figures;
  const load::Latencies& latencies = figures.latencies;
  const auto ms = [](std::chrono::microseconds value) {
    return fmt::format("{:.1f} ms", milliseconds(value));
  };
  const auto processor = processor_time();
  Table table({"LOAD " + load::run_name(run), ">"});
  table.add({"messages accepted", std::to_string(figures.messages_accepted)});
  table.add(
      {"a second", fmt::format("{:.0f}", per_second(figures.messages_accepted, summary.took))});
  table.add({"seconds", fmt::format("{:.2f}", seconds(summary.took))});
  table.add({"recipients accepted", std::to_string(figures.accepted)});
  table.add({"refused", std::to_string(figures.refused)});
  table.add({"unanswered", std::to_string(figures.unanswered)});
  table.add({"final dot to answer, p50", ms(latencies.percentile(0.5))});
  table.add({"p90", ms(latencies.percentile(0.9))});
  table.add({"p99", ms(latencies.percentile(0.99))});
  table.add({"longest", ms(latencies.longest())});
  table.add({"latest behind its rate", ms(figures.latest)});
  table.add({"connections", std::to_string(figures.connections)});
  table.add({"connection errors", std::to_string(figures.connection_errors)});
  table.add({"processor seconds of the load", fmt::format("{:.2f}", seconds(processor))});
  table.add(
      {"for 1,000 messages", fmt::format("{:.4f}", per_thousand(processor, figures.messages))});
  table.print();
}

std::string summary_json(const Generator::Summary& summary, std::uint32_t run) {
  const load::Figures& figures = summary.figures;
  const load::Latencies& latencies = figures.latencies;
  const auto processor = processor_time();
  JsonText json;
  json.begin_object();
  json.field("run", load::run_name(run));
  json.field("messages", figures.messages);
  json.field("messages_accepted", figures.messages_accepted);
  json.field("messages_untried", summary.untried);
  json.field("accepted_per_second", per_second(figures.messages_accepted, summary.took));
  json.field("seconds", seconds(summary.took));
  json.field("accepted", figures.accepted);
  json.field("refused", figures.refused);
  json.field("unanswered", figures.unanswered);
  json.begin_object("latency_ms");
  json.field("p50", milliseconds(latencies.percentile(0.5)));
  json.field("p90", milliseconds(latencies.percentile(0.9)));
  json.field("p99", milliseconds(latencies.percentile(0.99)));
  json.field("max", milliseconds(latencies.longest()));
  json.end_object();
  json.field("behind_ms_max", milliseconds(figures.latest));
  json.field("connections", figures.connections);
  json.field("connection_errors", figures.connection_errors);
  json.field("cpu_seconds", seconds(processor));
  json.field("cpu_seconds_per_1000", per_thousand(processor, figures.messages));
  if (!figures.trouble.empty()) {
    json.field("last_trouble", figures.trouble);
  }
  json.end_object();
  return json.take();
}

void print_findings(const Findings& findings) {
  Table table({"RECIPIENTS", ">"});
  const auto bad = [](std::uint64_t count) {
    return Cell(std::to_string(count), count > 0 ? Colour::bad : Colour::good);
  };
  const auto doubtful = [](std::uint64_t count) {
    return Cell(std::to_string(count), count > 0 ? Colour::doubtful : Colour::plain);
  };
  table.add({"accepted", std::to_string(findings.accepted)});
  table.add({"refused", std::to_string(findings.refused)});
  table.add({"unanswered", std::to_string(findings.unanswered)});
  table.add({"arrived", std::to_string(findings.arrived)});
  table.add({"lost: accepted and not arrived", bad(findings.lost)});
  table.add({"copies beyond the first", doubtful(findings.copies)});
  table.add({"refused and yet arrived", doubtful(findings.refused_arrived)});
  table.add({"unanswered and arrived", std::to_string(findings.unanswered_arrived)});
  table.add({"arrived without a line in the log", std::to_string(findings.unlogged_arrived)});
  table.print();
  print_ids("Lost", findings.lost_ids, findings.lost);
  print_ids("Arrived more than once", findings.copied_ids, findings.copied_ids.size());
}

std::string findings_json(const Findings& findings) {
  JsonText json;
  json.begin_object();
  json.field("accepted", findings.accepted);
  json.field("refused", findings.refused);
  json.field("unanswered", findings.unanswered);
  json.field("arrived", findings.arrived);
  json.field("lost", findings.lost);
  json.field("copies", findings.copies);
  json.field("refused_arrived", findings.refused_arrived);
  json.field("unanswered_arrived", findings.unanswered_arrived);
  json.field("unlogged_arrived", findings.unlogged_arrived);
  add_ids(json, "lost_ids", findings.lost_ids);
  add_ids(json, "copied_ids", findings.copied_ids);
  json.end_object();
  return json.take();
}

}  // namespace postrider::cli
