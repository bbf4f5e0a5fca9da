// A small file system of a test's own, for what only a full or failing disk shows: ext4 in a file,
// mounted over a loop device. Needs root and loop devices; is_mounted() is false where it can't be.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <gtest/gtest.h>
#include <string>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <thread>
#include <unistd.h>

#include "support/fresh_folder.h"

namespace postrider::test {

class SmallDisk {
 public:
  /// `features`: as mkfs.ext4 has them; without "extent" it can't reserve blocks, like ext3.
  explicit SmallDisk(std::uint64_t bytes, const std::string& features = "extent") {
    std::ofstream(folder_ / "image").close();
    std::filesystem::resize_file(folder_ / "image", bytes);
    std::filesystem::create_directory(path());
    is_mounted_ =
        run("mkfs.ext4 -q -F -m 0 -O " + features + " " + (folder_ / "image").string()) && mount();
  }
  ~SmallDisk() { unmount(); }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  bool is_mounted() const { return is_mounted_; }
  std::filesystem::path path() const { return folder_ / "disk"; }

  /// Takes all room but `leave` bytes.
  void fill(std::uint64_t leave) {
    const int file = ::open((path() / "ballast").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    off_t end = 0;
    for (off_t size = off_t{64} << 20; size >= 1024;) {
      const bool fits = std::filesystem::space(path()).available > leave + std::uint64_t(size);
      if (fits && ::posix_fallocate(file, end, size) == 0) {
        end += size;
      } else {
        size /= 2;
      }
    }
    ::fsync(file);
    ::close(file);
  }
  void make_room() { std::filesystem::remove(path() / "ballast"); }

  /// From now on every write fails with EIO, and what has not been synced is gone.
  bool fail() {
    constexpr unsigned long kShutDown = 0x8004587d;  // EXT4_IOC_SHUTDOWN
    std::uint32_t without_flushing = 2;
    const int root = ::open(path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool done = root >= 0 && ::ioctl(root, kShutDown, &without_flushing) == 0;
    ::close(root);
    return done;
  }

  /// As after a power cut: the journal is replayed.
  bool mount_again() {
    unmount();
    is_mounted_ = mount();
    return is_mounted_;
  }

 private:
  bool mount() const {
    return run("mount -o loop " + (folder_ / "image").string() + " " + path().string());
  }
  /// On a busy machine it may be in use for a moment longer than its files are open. Detached it
  /// would live on, and be what the next mount() finds.
  void unmount() {
    for (int i = 0; is_mounted_ && ::umount(path().c_str()) != 0; ++i) {
      if (i == 250) {
        ::umount2(path().c_str(), MNT_DETACH);
        break;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    is_mounted_ = false;
  }
  static bool run(const std::string& command) {
    return std::system((command + " >/dev/null 2>&1").c_str()) == 0;  // NOLINT: our own words only
  }

  FreshFolder folder_;
  bool is_mounted_ = false;
};

/// In a test: `disk` of so many bytes (and features), or the test is skipped.
#define MOUNT_OR_SKIP(disk, ...)                               \
  postrider::test::SmallDisk disk(__VA_ARGS__);                \
  if (!(disk).is_mounted()) {                                  \
    GTEST_SKIP() << "needs root, mkfs.ext4 and a loop device"; \
  }

}  // namespace postrider::test
