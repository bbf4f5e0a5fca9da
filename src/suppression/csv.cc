#include "suppression/csv.h"

#include <algorithm>

#include "base/text.h"

namespace postrider::suppression {

Result<std::vector<std::string>> parse_csv_line(std::string_view line) {
  std::vector<std::string> fields;
  line = line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
  std::size_t at = 0;
  while (true) {
    std::string& field = fields.emplace_back();
    if (at < line.size() && line[at] == '"') {
      for (++at;; ++at) {
        if (at >= line.size()) {
          return fail(Errc::invalid, "a quote does not end in its line");
        }
        if (line[at] == '"' && (at + 1 >= line.size() || line[at + 1] != '"')) {
          break;
        }
        at += line[at] == '"' ? 1 : 0;
        field.push_back(line[at]);
      }
      ++at;
    } else {
      const std::size_t end = std::min(line.find(',', at), line.size());
      field = trim(line.substr(at, end - at));
      at = end;
    }
    if (at >= line.size()) {
      return fields;
    }
    if (line[at] != ',') {
      return fail(Errc::invalid, "text stands behind a quote");
    }
    ++at;
  }
}

std::string csv_line(std::span<const std::string> fields) {
  std::string line;
  bool is_first = true;
  for (const std::string& field : fields) {
    line += is_first ? "" : ",";
    is_first = false;
    const bool is_formula = field.find_first_of("=+-@\t") == 0;
    if (!is_formula && field.find_first_of(",\"\r\n") == std::string::npos) {
      line += field;
      continue;
    }
    line += is_formula ? "\"'" : "\"";
    for (const char c : field) {
      line += c == '"' ? "\"\"" : std::string(1, c == '\n' || c == '\r' ? ' ' : c);
    }
    line += '"';
  }
  return line;
}

}  // namespace postrider::suppression
