#include "directory/tracking.h"

#include <algorithm>

#include "base/text.h"

namespace postrider::directory {

std::string name_of_host(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) {
    return {};
  }
  url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find('/'));
  const auto bracket = url.rfind(']');
  return lower(url.substr(0, url.find(':', bracket == std::string_view::npos ? 0 : bracket)));
}

void remember_former_host(Tracking& tracking, std::string_view former) {
  const std::string name = name_of_host(former);
  if (name.empty() || name == name_of_host(tracking.host) || has_led_through(tracking, name)) {
    return;
  }
  tracking.former_hosts.append(tracking.former_hosts.empty() ? "" : " ").append(name);
}

bool has_led_through(const Tracking& tracking, std::string_view name) {
  return !name.empty() && std::ranges::count(split(tracking.former_hosts, ' '), name) != 0;
}

}  // namespace postrider::directory
