// TOML 1.0 to a tree with places. Errors are problems at a place; Errc::invalid never leaves here.
// Blocks for reading the file.
#pragma once

#include <expected>
#include <filesystem>
#include <string_view>

#include "relay/settings_tree.h"

namespace postrider::relay {

/// The problem is the first one only: what follows a syntax error can't be told from it.
std::expected<Table, Problem> parse_file(const std::filesystem::path& path);
std::expected<Table, Problem> parse_text(std::string_view text, std::string_view source);

/// "limits.errors_max=5", "log.level=debug", "retry.waits=['1m','5m']": a dotted TOML key and a
/// TOML value; what is no TOML value is taken as a string ("debug", "5m", "127.0.0.1:25").
std::expected<Table, Problem> parse_override(std::string_view text);

}  // namespace postrider::relay
