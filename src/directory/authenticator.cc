#include "directory/authenticator.h"

#include <algorithm>
#include <mutex>
#include <sodium.h>
#include <utility>

#include "directory/failure_counter.h"
#include "directory/password.h"
#include "directory/recent_table.h"

namespace postrider::directory {
namespace {

namespace ip = boost::asio::ip;

constexpr Duration kFirstDelay{250};
constexpr Duration kLongestDelay{4000};

/// Doubles with each failure.
Duration delay_after(std::uint32_t failures) {
  const std::uint32_t doublings = std::min(failures - 1, 4U);
  return std::min(kFirstDelay * (1 << doublings), kLongestDelay);
}

/// Whom an address belongs to: itself, or with IPv6 the /64 that one host chooses from.
std::string holder(const ip::address& address) {
  if (address.is_v4()) {
    return address.to_string();
  }
  const auto v6 = address.to_v6();
  if (v6.is_v4_mapped()) {
    return ip::make_address_v4(ip::v4_mapped, v6).to_string();
  }
  const auto bytes = v6.to_bytes();
  return std::string(bytes.begin(), bytes.begin() + 8);
}

/// Whose password a guess for an unknown user is compared with.
std::string nobodys_hash() {
  return hash_password(random_text(20)).value_or(std::string());
}

struct Found {
  std::shared_ptr<const Snapshot> snapshot;
  const Credential* credential = nullptr;  ///< null: unknown, or it or its account is switched off
  const Account* account = nullptr;
};

Found find(const Directory& directory, std::string_view user) {
  Found found{.snapshot = directory.snapshot()};
  const Credential* credential = found.snapshot->credential(user);
  const Account* account =
      credential == nullptr ? nullptr : found.snapshot->account(credential->account);
  if (account != nullptr && credential->is_active && account->is_active) {
    found.credential = credential;
    found.account = account;
  }
  return found;
}

AuthResult accept(Found found, bool is_new_place) {
  return {.verdict = Verdict::accepted,
          .snapshot = std::move(found.snapshot),
          .credential = found.credential,
          .account = found.account,
          .is_new_place = is_new_place};
}

AuthResult refuse() {
  return {.verdict = Verdict::too_many_failures,
          .snapshot = nullptr,
          .credential = nullptr,
          .account = nullptr,
          .delay = kLongestDelay};
}

}  // namespace

struct Authenticator::State {
  State(const Directory& a_directory, const Clock& a_clock, const AuthenticatorOptions& options)
      : directory(a_directory),
        clock(a_clock),
        remembered(options.entries_max, options.remember),
        familiar(options.entries_max, options.familiar),
        by_address({options.window, options.failures_by_address, options.entries_max}),
        by_user({options.window, options.failures_by_user, options.entries_max}) {
    randombytes_buf(key.data(), key.size());
  }

  /// Keyed BLAKE2b over the parts, each with its length, so that no two lists of parts coincide.
  Digest digest(std::initializer_list<std::string_view> parts) const;
  /// Under what a login is known: none of it can be read back.
  struct Digests {
    Digest secret;
    Digest by_address;
    Digest by_user;
    Digest pair;
  };
  Digests digests(const ip::address& client, std::string_view user, std::string_view password,
                  std::string_view hash) const {
    return {.secret = digest({"password", user, password, hash}),
            .by_address = digest({"address", holder(client)}),
            .by_user = digest({"user", user}),
            .pair = digest({"pair", user, holder(client)})};
  }
  bool is_refused(const Digest& address, const Digest& user, const Digest& pair, Time now);
  AuthResult count_failure(const Digest& address, const Digest& user, const Digest& pair, Time now);

  const Directory& directory;
  const Clock& clock;
  std::array<std::uint8_t, crypto_generichash_KEYBYTES> key{};
  const std::string stranger = nobodys_hash();

  std::mutex mutex;  // guards what follows; never held over a hash
  struct Nothing {};
  RecentTable<Nothing> remembered;  // user, password, stored hash
  RecentTable<Nothing> familiar;    // user, address
  FailureCounter by_address;
  FailureCounter by_user;
};

Digest Authenticator::State::digest(std::initializer_list<std::string_view> parts) const {
  Digest out{};
  crypto_generichash_state hash;
  crypto_generichash_init(&hash, key.data(), key.size(), out.size());
  for (const std::string_view part : parts) {
    const std::uint64_t size = part.size();
    crypto_generichash_update(&hash, reinterpret_cast<const unsigned char*>(&size), sizeof(size));
    crypto_generichash_update(&hash, reinterpret_cast<const unsigned char*>(part.data()), size);
  }
  crypto_generichash_final(&hash, out.data(), out.size());
  sodium_memzero(&hash, sizeof(hash));
  return out;
}

bool Authenticator::State::is_refused(const Digest& address, const Digest& user, const Digest& pair,
                                      Time now) {
  return by_address.is_refused(address, now) ||
         (by_user.is_refused(user, now) && familiar.find(pair, now) == nullptr);
}

AuthResult Authenticator::State::count_failure(const Digest& address, const Digest& user,
                                               const Digest& pair, Time now) {
  std::uint32_t failures = by_address.count(address, now);
  if (familiar.find(pair, now) == nullptr) {
    failures = std::max(failures, by_user.count(user, now));
  }
  return {.verdict = Verdict::wrong,
          .snapshot = nullptr,
          .credential = nullptr,
          .account = nullptr,
          .delay = delay_after(failures)};
}

Authenticator::Authenticator(const Directory& directory, const Clock& clock,
                             AuthenticatorOptions options)
    : state_(std::make_unique<State>(directory, clock, options)) {}

Authenticator::~Authenticator() = default;

std::optional<AuthResult> Authenticator::look_up(const ip::address& client, std::string_view user,
                                                 std::string_view password) {
  Found found = find(state_->directory, user);
  // Unknown users are hashed too, so that the time to an answer says nothing of who exists.
  const std::string& hash =
      found.credential == nullptr ? state_->stranger : found.credential->password_hash;
  const auto [secret, by_address, by_user, pair] = state_->digests(client, user, password, hash);
  const Time now = state_->clock.steady_now();

  const std::lock_guard lock(state_->mutex);
  if (state_->is_refused(by_address, by_user, pair, now)) {
    return refuse();
  }
  if (found.credential == nullptr || state_->remembered.find(secret, now) == nullptr) {
    return std::nullopt;
  }
  const bool is_new_place = state_->familiar.find(pair, now) == nullptr;
  state_->familiar.touch(pair, now);
  return accept(std::move(found), is_new_place);
}

AuthResult Authenticator::verify(const ip::address& client, std::string_view user,
                                 std::string_view password) {
  if (const auto known = look_up(client, user, password)) {
    return *known;
  }
  Found found = find(state_->directory, user);
  const bool exists = found.credential != nullptr;
  const std::string& hash = exists ? found.credential->password_hash : state_->stranger;
  const bool matches = is_password(password, hash);
  const auto [secret, by_address, by_user, pair] = state_->digests(client, user, password, hash);
  const Time now = state_->clock.steady_now();

  const std::lock_guard lock(state_->mutex);
  // While Argon2 ran, others may have reached the limit: the answer then must not tell either.
  if (state_->is_refused(by_address, by_user, pair, now)) {
    return refuse();
  }
  if (!exists || !matches) {
    return state_->count_failure(by_address, by_user, pair, now);
  }
  state_->remembered.touch(secret, now);
  const bool is_new_place = state_->familiar.find(pair, now) == nullptr;
  state_->familiar.touch(pair, now);
  return accept(std::move(found), is_new_place);
}

}  // namespace postrider::directory
