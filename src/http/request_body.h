// The JSON object that a request brings: each member asked for by name and kind, and none that
// nobody knows.
//
//   TRY(const RequestBody body, RequestBody::parse(text, {"name", "active"}));
//   TRY(const std::optional<bool> active, body.flag("active"));
//
// Values; any thread. Errc::invalid names the member and says what to send.
#pragma once

#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"

namespace postrider::http {

class RequestBody {
 public:
  /// Nothing at all counts as {}; a member that is null as one that isn't there.
  static Result<RequestBody> parse(std::string_view text,
                                   std::initializer_list<std::string_view> known);

  Result<std::optional<std::string>> text(std::string_view name) const;
  Result<std::optional<bool>> flag(std::string_view name) const;
  Result<std::string> required_text(std::string_view name) const;

 private:
  struct Other {};  ///< no member is a number, a list or an object
  std::map<std::string, std::variant<std::string, bool, Other>, std::less<>> members_;
};

/// A number from a query, `fallback` where it isn't there. Errc::invalid outside of [min, max].
Result<std::uint64_t> query_number(const std::string& name, const std::string& text,
                                   std::uint64_t min, std::uint64_t max, std::uint64_t fallback);

}  // namespace postrider::http
