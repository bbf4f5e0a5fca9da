// Configurations from anywhere: settings, or problems that name a place and can be shown, and
// nothing else. Settings that hold, written as `values` says them, are read again as the same.
//
// The input is the text of the file; its lines "--set KEY=VALUE" go on the command line instead.
#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "base/text.h"
#include "relay/settings_toml.h"
#include "support/require.h"

namespace postrider::relay {
namespace {

using fuzz::require;

/// A file in memory, under a name that can be opened.
class MemoryFile {
 public:
  MemoryFile() : descriptor_(::memfd_create("settings", MFD_CLOEXEC)) {
    require(descriptor_ >= 0, "a file in memory can be made");
  }
  ~MemoryFile() { ::close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::string write(std::string_view text) const {
    require(::ftruncate(descriptor_, 0) == 0 && ::pwrite(descriptor_, text.data(), text.size(),
                                                         0) == static_cast<ssize_t>(text.size()),
            "a file in memory can be written");
    return "/proc/self/fd/" + std::to_string(descriptor_);
  }

 private:
  int descriptor_;
};

struct Written {
  std::string text;
  std::vector<std::string> overrides;
};

Written parts_of(std::string_view input) {
  constexpr std::string_view kOverride = "--set ";
  Written written;
  for (const std::string_view line : split(input, '\n')) {
    if (line.starts_with(kOverride)) {
      written.overrides.emplace_back(line.substr(kOverride.size()));
    } else {
      written.text += std::string(line) + "\n";
    }
  }
  return written;
}

void check_problem(const Problem& problem, const std::string& file, const Written& written) {
  const auto lines = std::ranges::count(written.text, '\n');
  require(is_printable(to_string(problem)), "a problem can be shown", to_string(problem));
  require(!problem.what.empty(), "a problem says what is wrong");
  require(problem.place.source == file ? problem.place.line <= lines + 1
                                       : problem.place.source.starts_with("--set "),
          "a problem has a place", to_string(problem));
}

/// "retry.rule[1]" is the table "retry.rule", once more.
std::string header_of(const std::string& table) {
  if (table.empty()) {
    return "";
  }
  const auto bracket = table.find('[');
  return bracket == std::string::npos ? "[" + table + "]\n"
                                      : "[[" + table.substr(0, bracket) + "]]\n";
}

/// A file that sets all of `values`; nothing where one of them can't be written down (a secret, a
/// name that TOML wants in quotes).
std::string write(const std::vector<SettingValue>& values) {
  std::vector<std::pair<std::string, std::string>> tables;
  for (const auto& [key, value] : values) {
    const bool is_plain = std::ranges::all_of(key, [](char c) {
      return is_alpha(c) || is_digit(c) || std::string_view("_-.[]").contains(c);
    });
    if (!is_plain || key.contains("..") || value == "\"(set)\"") {
      return {};
    }
    const auto bracket = key.find("].");
    const auto end = bracket != std::string::npos ? bracket + 1 : key.rfind('.');
    const std::string table = end == std::string::npos ? "" : key.substr(0, end);
    auto place = std::ranges::find(tables, table, &std::pair<std::string, std::string>::first);
    if (place == tables.end()) {
      place = tables.insert(tables.end(), {table, header_of(table)});
    }
    // In a table of a list "" stands for an alternative that was not chosen, and can't be written.
    const bool is_unset = value.empty() || (value == "\"\"" && bracket != std::string::npos);
    if (!is_unset) {
      place->second += key.substr(table.empty() ? 0 : end + 1) + " = " + value + "\n";
    }
  }
  std::string text;
  for (const auto& [table, lines] : tables) {
    text += lines;
  }
  return text;
}

std::string show(const LoadedSettings& loaded) {
  std::string text;
  for (const Problem& problem : loaded.problems) {
    text += "\n" + to_string(problem);
  }
  for (const auto& [key, value] : loaded.values) {
    text += "\n" + key + " = " + value;
  }
  return text;
}

void check_written_again(const LoadedSettings& loaded, const MemoryFile& memory) {
  const std::string text = write(loaded.values);
  if (text.empty()) {
    return;
  }
  const LoadedSettings again = load_settings({.file = memory.write(text), .overrides = {}});
  require(again.problems.empty(), "values that hold can be written down", text + show(again));
  require(std::ranges::equal(again.values, loaded.values,
                             [](const SettingValue& a, const SettingValue& b) {
                               return a.key == b.key && a.value == b.value;
                             }),
          "values are read as they were written", text + show(loaded) + "\nthen" + show(again));
}

void check(std::string_view input) {
  static const MemoryFile memory;
  const Written written = parts_of(input);
  const std::string file = memory.write(written.text);
  const LoadedSettings loaded = load_settings({.file = file, .overrides = written.overrides});
  for (const Problem& problem : loaded.problems) {
    check_problem(problem, file, written);
  }
  if (loaded.problems.empty()) {
    require(!loaded.settings.hostname.empty() && !loaded.settings.return_path_domain.empty(),
            "names are never empty");
    check_written_again(loaded, memory);
  }
}

}  // namespace
}  // namespace postrider::relay

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  postrider::relay::check({reinterpret_cast<const char*>(data), size});
  return 0;
}
