// The certificate that our listeners show: loaded at the start, made where none is configured, and
// loaded again when its files have changed, without a restart. Sessions keep the one they began
// with.
//
// Any thread.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

#include "base/result.h"
#include "net/tls.h"
#include "relay/settings.h"

namespace postrider::relay {

class Certificate {
 public:
  /// Makes the self-signed pair in the data directory if none is configured and none is there.
  static Result<std::unique_ptr<Certificate>> load(const Settings& settings);

  std::shared_ptr<const net::TlsServer> current() const;
  std::filesystem::path file() const;  ///< where it lies

  /// Looks whether the files have changed and takes them if they are good; if not, says so in the
  /// log and keeps the old ones.
  void look_again();
  Result<> change_to(const Settings& settings);

 private:
  using FileTime = std::filesystem::file_time_type;
  Certificate(TlsSettings files, std::shared_ptr<const net::TlsServer> server);
  static FileTime changed_at(const TlsSettings& files);

  mutable std::mutex mutex_;
  TlsSettings files_;
  FileTime changed_at_;
  std::shared_ptr<const net::TlsServer> server_;
};

}  // namespace postrider::relay
