// Reading the relay's answers: what is missing, or is of another kind because the relay is of
// another version, is empty, 0 or false. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <boost/json/array.hpp>
#include <boost/json/fwd.hpp>

namespace postrider::cli {

const boost::json::value& member(const boost::json::value& object, std::string_view name);
std::string text(const boost::json::value& object, std::string_view name);
std::uint64_t number(const boost::json::value& object, std::string_view name);
bool flag(const boost::json::value& object, std::string_view name);
const boost::json::array& list(const boost::json::value& object, std::string_view name);

/// The number as text.
std::string digits(const boost::json::value& object, std::string_view name);
/// "yes" or "no".
std::string yes_no(const boost::json::value& object, std::string_view name);

}  // namespace postrider::cli
