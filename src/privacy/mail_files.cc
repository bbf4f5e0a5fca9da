#include "privacy/mail_files.h"

#include <string>
#include <system_error>
#include <vector>

#include "base/read_file.h"

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
    if (person.is_named_in(read_file(entry.path()).value_or(""))) {
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
