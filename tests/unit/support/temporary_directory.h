// A directory (accounts and domains) in a folder that goes when the test ends.
#pragma once

#include <filesystem>
#include <gtest/gtest.h>
#include <memory>
#include <stdlib.h>
#include <string>

#include "directory/directory.h"

namespace postrider {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = testing::TempDir() + "postrider-XXXXXX";
    path_ = ::mkdtemp(pattern.data());
    auto opened =
        directory::Directory::open(path_ / "directory.sqlite", directory::OpenMode::read_write);
    EXPECT_TRUE(opened) << opened.error().text();
    directory_ = *std::move(opened);
  }
  ~TemporaryDirectory() {
    directory_.reset();
    std::filesystem::remove_all(path_);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  directory::Directory& operator*() { return *directory_; }
  directory::Directory* operator->() { return directory_.get(); }

 private:
  std::filesystem::path path_;
  std::unique_ptr<directory::Directory> directory_;
};

}  // namespace postrider
