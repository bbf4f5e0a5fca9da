// Checks user and password at the door, and slows down those who guess.
//
// A password that has been verified is remembered for some minutes as a keyed hash over user,
// password and stored hash, so that a busy client does not pay Argon2 for every connection and a
// changed password is never taken for the old one. Failures are counted by client address (IPv6:
// /64) and by user name over a sliding window: each further one is answered later, and past a limit
// all are refused for one window without looking at the password (also the right one: guessing
// learns nothing). An address from which the user has logged in within a day is not refused, nor
// counted, for the user's name, only for itself: a stranger who guesses can't lock a customer out.
// An unknown user costs as much time as a wrong password.
//
// verify() blocks for Argon2 (some 20 ms): call it on a blocking pool. look_up() never blocks.
// Any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/ip/address.hpp>

#include "base/clock.h"
#include "directory/directory.h"

namespace postrider::directory {

struct AuthenticatorOptions {
  Duration remember = std::chrono::minutes(5);
  Duration window = std::chrono::minutes(15);  ///< in which failures count
  std::uint32_t failures_by_address = 20;      ///< then refused until the window has passed
  std::uint32_t failures_by_user = 50;
  Duration familiar = std::chrono::hours(24);  ///< how long an address stays known for a user
  std::size_t entries_max = 100'000;           ///< of each table; the oldest go first
};

enum class Verdict : std::uint8_t { accepted, wrong, too_many_failures };

struct AuthResult {
  Verdict verdict = Verdict::wrong;
  std::shared_ptr<const Snapshot> snapshot;  ///< keeps `credential` and `account` alive
  const Credential* credential = nullptr;    ///< set if accepted
  const Account* account = nullptr;
  std::chrono::milliseconds delay{0};  ///< to wait before the reply
  /// Accepted, and the user has not come from there within `familiar`, nor since the start.
  bool is_new_place = false;
};

class Authenticator {
 public:
  /// Directory and clock must outlive it. The directory has been opened (libsodium is ready).
  Authenticator(const Directory& directory, const Clock& clock, AuthenticatorOptions options);
  ~Authenticator();

  /// Answers from memory: an accepted password that is remembered, or too many failures. Nothing:
  /// call verify().
  std::optional<AuthResult> look_up(const boost::asio::ip::address& client, std::string_view user,
                                    std::string_view password);
  AuthResult verify(const boost::asio::ip::address& client, std::string_view user,
                    std::string_view password);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace postrider::directory
