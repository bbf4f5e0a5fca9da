// What a file in MaxMind's format (MaxMind DB, version 2.0) knows of an address. It is copied into
// memory: the library maps files, and one that is written over while it is mapped would end the
// process (SIGBUS).
//
// Const calls from any thread; a look-up takes about a microsecond.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include <boost/asio/ip/address.hpp>

#include "base/result.h"

namespace postrider::readers {

class AddressFile {
 public:
  enum class Kind : std::uint8_t { countries, autonomous_systems };

  /// Errc::not_found; Errc::invalid: it is damaged, or of another kind.
  static Result<AddressFile> open(const std::filesystem::path& file, Kind kind);

  AddressFile(AddressFile&&) noexcept;
  AddressFile& operator=(AddressFile&&) noexcept;
  ~AddressFile();

  /// Where the address is, ISO 3166-1: "DE". Empty: the file does not say.
  std::string country(const boost::asio::ip::address& address) const;
  /// Of the network that announces it; 0: the file does not say.
  std::uint64_t autonomous_system(const boost::asio::ip::address& address) const;

 private:
  struct State;
  explicit AddressFile(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace postrider::readers
