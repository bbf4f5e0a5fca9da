// Words of which a query must choose one. Pure; any thread. Errc::invalid names the parameter and
// says what is allowed.
#pragma once

#include <string>

#include "base/result.h"

namespace postrider::http {

Result<> check_category(const std::string& name);  ///< of the bounce taxonomy
Result<> check_stream(const std::string& name);
Result<> check_country(const std::string& name);  ///< two letters (ISO 3166-1), in any case

}  // namespace postrider::http
