#include "cli/own_certificate.h"

#include <cstdlib>
#include <filesystem>
#include <string>

namespace postrider::cli {

Result<std::shared_ptr<const net::TlsServer>> make_own_certificate() {
  std::string form = (std::filesystem::temp_directory_path() / "postrider-XXXXXX").string();
  if (::mkdtemp(form.data()) == nullptr) {
    return fail(Errc::unavailable, "making a folder for a certificate in " +
                                       std::filesystem::temp_directory_path().string() + " failed");
  }
  const std::filesystem::path folder = form;
  const auto write = [&]() -> Result<std::shared_ptr<const net::TlsServer>> {
    TRY_VOID(net::write_self_signed("mx.simulator.test", folder / "cert", folder / "key"));
    return net::TlsServer::create(folder / "cert", folder / "key");
  };
  auto certificate = write();
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  return certificate;
}

}  // namespace postrider::cli
