#include "base/read_file.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

#include "base/descriptor.h"

namespace postrider {
namespace {

constexpr std::size_t kPiece = 64 << 10;

std::unexpected<Error> failure(const std::filesystem::path& path) {
  return fail(errno == ENOENT ? Errc::not_found : Errc::unavailable,
              path.string() + " can't be read: " + std::generic_category().message(errno));
}

}  // namespace

Result<std::string> read_file(const std::filesystem::path& path, std::uint64_t bytes_max) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) {
    return failure(path);
  }
  std::string content;
  std::array<char, kPiece> piece;
  while (true) {
    const ssize_t size = ::read(file.number(), piece.data(), piece.size());
    if (size == 0) {
      return content;
    }
    if (size < 0 && errno != EINTR) {
      return failure(path);
    }
    content.append(piece.data(), size < 0 ? 0 : static_cast<std::size_t>(size));
    if (content.size() > bytes_max) {
      return fail(Errc::invalid,
                  path.string() + " has more than " + std::to_string(bytes_max) + " bytes");
    }
  }
}

}  // namespace postrider
