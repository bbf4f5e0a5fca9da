#include "http/query_words.h"

#include <algorithm>

#include "base/text.h"
#include "bounce/taxonomy.h"

namespace postrider::http {

Result<> check_category(const std::string& name) {
  if (bounce::parse_category(name)) {
    return {};
  }
  std::string allowed;
  for (const bounce::Category category : bounce::all_categories()) {
    allowed.append(allowed.empty() ? "" : ", ").append(bounce::to_string(category));
  }
  return fail(Errc::invalid, "category: '" + printable(name, 40) + "' is none of " + allowed);
}

Result<> check_stream(const std::string& name) {
  if (name == "bulk" || name == "transactional") {
    return {};
  }
  return fail(Errc::invalid,
              "stream: '" + printable(name, 40) + "' is none of bulk, transactional");
}

Result<> check_country(const std::string& name) {
  if (name.size() == 2 && std::ranges::all_of(name, is_alpha)) {
    return {};
  }
  return fail(Errc::invalid,
              "country: '" + printable(name, 40) + "' is not two letters (ISO 3166-1), as in DE");
}

}  // namespace postrider::http
