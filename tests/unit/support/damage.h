// A database as a crash leaves it, and what disks do to its files.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace postrider::test {

/// The database and the file beside it, as kill -9 would leave them now.
inline void copy_database(const std::filesystem::path& from, const std::filesystem::path& to) {
  namespace fs = std::filesystem;
  fs::copy(from, to, fs::copy_options::recursive);
  fs::copy_file(from.string() + ".acknowledged", to.string() + ".acknowledged",
                fs::copy_options::overwrite_existing);
}

/// Those whose name ends so, or begins so, in order.
inline std::vector<std::filesystem::path> files_like(const std::filesystem::path& directory,
                                                     const std::string& part) {
  std::vector<std::filesystem::path> found;
  for (const auto& file : std::filesystem::directory_iterator(directory)) {
    const std::string name = file.path().filename();
    if ((name.ends_with(part) || name.starts_with(part)) && file.file_size() > 0) {
      found.push_back(file.path());
    }
  }
  std::ranges::sort(found);
  return found;
}

inline void flip_bit(const std::filesystem::path& file, std::uint64_t at) {
  std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
  bytes.seekg(static_cast<std::streamoff>(at));
  const auto byte = static_cast<char>(bytes.get() ^ 0x10);
  bytes.seekp(static_cast<std::streamoff>(at));
  bytes.put(byte);
  ASSERT_TRUE(bytes.good()) << file;
}

inline void cut_to(const std::filesystem::path& file, std::uint64_t size) {
  std::filesystem::resize_file(file, size);
}

}  // namespace postrider::test
