// What `postrider load` prints at its end, for people and as one JSON line. One thread.
#pragma once

#include <chrono>
#include <string>

#include "load/check.h"
#include "load/generator.h"

namespace postrider::cli {

/// The processor time of this process so far, user and system.
std::chrono::microseconds processor_time();

void print_summary(const load::Generator::Summary& summary, std::uint32_t run);
std::string summary_json(const load::Generator::Summary& summary, std::uint32_t run);

void print_findings(const load::Findings& findings);
std::string findings_json(const load::Findings& findings);

}  // namespace postrider::cli
