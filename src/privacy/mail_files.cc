#include "privacy/mail_files.h"

#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

namespace postrider::privacy {

namespace fs = std::filesystem;

Result<std::uint64_t> remove_mails(const fs::path& folder, const Person& person) {
  std::error_code failed;
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder, failed)) {
    std::error_code gone;
    if (!entry.is_regular_file(gone)) {
      continue;
    }
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string mail{std::istreambuf_iterator<char>(file), {}};
    if (person.is_named_in(mail)) {
      found.push_back(entry.path());
    }
  }
  for (const fs::path& mail : found) {
    fs::remove(mail, failed);
    if (failed) {
      return fail(Errc::unavailable, "removing " + mail.string() + ": " + failed.message());
    }
  }
  return found.size();
}

}  // namespace postrider::privacy
