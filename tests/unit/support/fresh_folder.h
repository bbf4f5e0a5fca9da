// A folder of its own for a test, gone with it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace postrider::test {

class FreshFolder {
 public:
  FreshFolder() {
    std::string form = (std::filesystem::temp_directory_path() / "postrider-XXXXXX").string();
    path_ = ::mkdtemp(form.data());
  }
  ~FreshFolder() { std::filesystem::remove_all(path_); }
  FreshFolder(const FreshFolder&) = delete;
  FreshFolder& operator=(const FreshFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const char* name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace postrider::test
