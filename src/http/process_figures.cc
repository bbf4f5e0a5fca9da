#include "http/process_figures.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <sys/resource.h>
#include <unistd.h>

namespace postrider::http {
namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

/// proc(5): field 22 of /proc/self/stat is the start, in ticks since the machine's.
double start_of_process() {
  std::ifstream stat("/proc/self/stat");
  std::string line;
  std::getline(stat, line);
  const std::size_t end_of_name = line.rfind(')');
  if (end_of_name == std::string::npos) {
    return 0;
  }
  std::istringstream rest(line.substr(end_of_name + 1));
  std::string field;
  for (int number = 3; number <= 22; ++number) {
    rest >> field;
  }
  double uptime = 0;
  std::ifstream("/proc/uptime") >> uptime;
  const double ticks = std::strtod(field.c_str(), nullptr);
  const double since_start = uptime - ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count() - since_start;
}

std::uint64_t count_open_files() {
  std::error_code ec;
  std::uint64_t count = 0;
  for (std::filesystem::directory_iterator it("/proc/self/fd", ec), end; !ec && it != end;
       it.increment(ec)) {
    ++count;
  }
  return count;
}

}  // namespace

ProcessFigures process_figures() {
  ProcessFigures figures;
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0) {
    figures.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  }
  std::uint64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages >> pages;
  figures.resident_bytes = pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  figures.open_files = count_open_files();
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    figures.open_files_max = limit.rlim_cur;
  }
  static const double started = start_of_process();
  figures.started = started;
  return figures;
}

}  // namespace postrider::http
