// The directory that holds everything an installation has to keep, and the lock that makes one
// process its owner.
//
//   DIR/lock              held (flock) and with the pid of the relay that runs
//   DIR/spool/            the database of spool and events
//   DIR/directory.sqlite  accounts, domains, credentials, keys
//   DIR/certificate.pem, DIR/key.pem   self-signed, where none is configured
//   DIR/certificates/     of tracking hosts, got by ACME, with their keys and that of our account
//   DIR/control           the socket of the running relay
//   DIR/feedback.reading  which mails are being read (relay/reading_marks.h)
//   DIR/mail/             for postmaster and abuse, where nobody is named for them
//   DIR/restoring/        only while a backup is being restored
//
// Mode 0700. Errors say what to do.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "base/descriptor.h"
#include "base/result.h"

namespace postrider::relay {

class DataDirectory {
 public:
  /// Makes the directory where it is missing and takes the lock. Errc::unavailable: another
  /// instance has it (the text says which), it can't be made or written, or a restore into it did
  /// not come to its end.
  static Result<std::unique_ptr<DataDirectory>> own(const std::filesystem::path& path);
  ~DataDirectory();
  DataDirectory(const DataDirectory&) = delete;
  DataDirectory& operator=(const DataDirectory&) = delete;

  static std::filesystem::path spool(const std::filesystem::path& data) { return data / "spool"; }
  static std::filesystem::path directory_file(const std::filesystem::path& data) {
    return data / "directory.sqlite";
  }
  static std::filesystem::path control_socket(const std::filesystem::path& data) {
    return data / "control";
  }
  static std::filesystem::path lock_file(const std::filesystem::path& data) {
    return data / "lock";
  }
  static std::filesystem::path reading_marks(const std::filesystem::path& data) {
    return data / "feedback.reading";
  }
  static std::filesystem::path certificates(const std::filesystem::path& data) {
    return data / "certificates";
  }
  static std::filesystem::path mail(const std::filesystem::path& data) { return data / "mail"; }
  /// What is being restored lies here until all of it is there.
  static std::filesystem::path restoring(const std::filesystem::path& data) {
    return data / "restoring";
  }

 private:
  explicit DataDirectory(Descriptor lock) : lock_(std::move(lock)) {}
  Descriptor lock_;
};

}  // namespace postrider::relay
