#include "cli/message_content.h"

#include <fmt/core.h>
#include <optional>
#include <unistd.h>

#include "cli/ask.h"
#include "http/request_target.h"

namespace postrider::cli {
namespace {

std::string for_terminal(const std::string& content) {
  std::string shown;
  for (const char c : content) {
    const auto octet = static_cast<unsigned char>(c);
    if (c == '\n' || c == '\t' || (octet >= 0x20 && octet != 0x7f)) {
      shown.push_back(c);
    } else if (c != '\r') {
      shown += fmt::format("\\x{:02x}", octet);
    }
  }
  return shown;
}

}  // namespace

void show_content(Context& context, const std::string& id, bool headers, bool body) {
  const auto client = open_client(context);
  if (!client) {
    return;
  }
  std::string all;
  for (const auto& [wanted, name] : {std::pair(headers, "headers"), std::pair(body, "body")}) {
    if (!wanted) {
      continue;
    }
    const std::optional<std::string> part =
        ask(context, *client,
            {.target = fmt::format("/v1/messages/{}/{}", http::percent_encode(id), name)});
    if (!part) {
      return;
    }
    all += (all.empty() ? "" : "\r\n") + *part;
  }
  fmt::print("{}", ::isatty(STDOUT_FILENO) == 1 ? for_terminal(all) : all);
}

}  // namespace postrider::cli
