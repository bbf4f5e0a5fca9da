#include "acme/certificate_folder.h"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "base/descriptor.h"
#include "base/read_file.h"
#include "base/text.h"

namespace postrider::acme {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kCertificate = ".pem";
constexpr std::string_view kFailure = ".failed";
constexpr std::string_view kDraft = ".new";
constexpr const char* kAccountKey = "account-key.pem";

std::unexpected<Error> trouble(const fs::path& path) {
  return fail(Errc::unavailable, "writing " + path.string() + ": " + std::strerror(errno));
}

std::string content_of(const fs::path& file) {
  return read_file(file).value_or("");
}

/// "2026-12-01T00:00:00.000Z 3 2026-12-01T01:00:00.000Z why"
std::string line_of(const Failure& failure) {
  return format_time(failure.at) + " " + std::to_string(failure.count) + " " +
         format_time(failure.not_before) + " " + printable(failure.why) + "\n";
}

Failure parse_failure(std::string_view line) {
  Failure failure;
  const auto take = [&line] {
    const std::string_view word = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(word.size() + 1, line.size()));
    return word;
  };
  failure.at = parse_time(take()).value_or(Time{});
  const std::string_view count = take();
  std::from_chars(count.data(), count.data() + count.size(), failure.count);
  failure.not_before = parse_time(take()).value_or(Time{});
  failure.why = trim(line);
  return failure;
}

}  // namespace

Result<> CertificateFolder::write(const std::string& name, const std::string& content) {
  if (::mkdir(folder_.c_str(), 0700) != 0 && errno != EEXIST) {
    return trouble(folder_);
  }
  const fs::path path = folder_ / name;
  const fs::path draft = path.string() + std::string(kDraft);
  ::unlink(draft.c_str());  // what a process that was killed has left
  {
    const Descriptor file(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file.is_open() || !file.write_all(content) || ::fsync(file.number()) != 0) {
      return trouble(draft);
    }
  }
  const Descriptor folder(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (::rename(draft.c_str(), path.c_str()) != 0 || ::fsync(folder.number()) != 0) {
    return trouble(path);
  }
  return {};
}

Result<AccountKey> CertificateFolder::account_key() {
  const fs::path file = folder_ / kAccountKey;
  std::error_code ec;
  if (fs::exists(file, ec)) {
    auto key = AccountKey::parse(content_of(file));
    if (!key) {
      return fail(Errc::corrupt, file.string() + ": " + key.error().text() +
                                     "; restore it from a backup, or remove it for a new account");
    }
    return key;
  }
  TRY(AccountKey key, AccountKey::make());
  TRY_VOID(write(kAccountKey, key.pem()));
  return key;
}

Result<CertificateFolder::Content> CertificateFolder::load() const {
  Content content;
  std::error_code ec;
  if (!fs::exists(folder_, ec)) {
    return content;
  }
  fs::directory_iterator next(folder_, ec);
  for (; !ec && next != fs::directory_iterator(); next.increment(ec)) {
    const std::string name = next->path().filename().string();
    if (name.ends_with(kFailure)) {
      content.failures[name.substr(0, name.size() - kFailure.size())] =
          parse_failure(content_of(next->path()));
    } else if (name.ends_with(kCertificate) && name != kAccountKey) {
      content.certificates[name.substr(0, name.size() - kCertificate.size())] =
          content_of(next->path());
    }
  }
  if (ec) {
    return fail(Errc::unavailable, "reading " + folder_.string() + ": " + ec.message());
  }
  return content;
}

Result<> CertificateFolder::put(const std::string& host, const std::string& pem) {
  TRY_VOID(write(host + std::string(kCertificate), pem));
  forget_failure(host);
  return {};
}

void CertificateFolder::forget_failure(const std::string& host) {
  std::error_code ignored;
  fs::remove(folder_ / (host + std::string(kFailure)), ignored);
}

void CertificateFolder::remove(const std::string& host) {
  std::error_code ignored;
  fs::remove(folder_ / (host + std::string(kCertificate)), ignored);
  forget_failure(host);
}

Result<> CertificateFolder::note(const std::string& host, const Failure& failure) {
  return write(host + std::string(kFailure), line_of(failure));
}

}  // namespace postrider::acme
