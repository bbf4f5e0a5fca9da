// Who may send what: accounts, their credentials and their domains, and the secrets of this
// installation. The embedded engine is SQLite (WAL, synchronous=FULL); its schema is versioned.
//
// Reading is from an immutable snapshot in memory, which a change replaces: the hot path takes no lock
// and touches no file. Changes are blocking calls (milliseconds, one at a time): run them off the io
// threads. All calls from any thread. Errors: invalid (says what is wrong with the argument),
// not_found, unavailable (the database; in its words).
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "mail/dkim.h"

namespace postrider::directory {

enum class Stream : std::uint8_t { automatic, bulk, transactional };

/// What an account without a NOTIFY parameter gets on final failure.
enum class DsnDefault : std::uint8_t { none, failure };

struct Account {
  AccountId id;
  std::string name;  ///< unique; [a-z0-9][a-z0-9-]{0,62}
  DsnDefault dsn = DsnDefault::none;
  bool own_return_paths = true;  ///< a return path (and a transaction) for each recipient
  bool is_active = true;
  Time created;
};

struct Credential {
  CredentialId id;
  AccountId account;
  std::string user;           ///< unique; given by us or by the operator
  std::string password_hash;  ///< Argon2id, libsodium's string form
  Stream stream = Stream::automatic;
  bool is_active = true;
  Time created;
};

struct DkimKey {
  std::string selector;
  std::shared_ptr<const mail::SigningKey> key;
  bool is_active = true;
};

struct Domain {
  std::string name;  ///< lower-case A-labels; belongs to one account
  AccountId account;
  bool is_verified = false;
  std::string verified_how;        ///< "operator", "txt", "dkim"; empty if it isn't
  std::string ownership_token;     ///< to publish: _postrider.NAME TXT "postrider-verify=TOKEN"
  std::string return_path_domain;  ///< "bounces.NAME"; empty: the installation's own
  std::vector<DkimKey> keys;
  std::vector<mail::DkimSignature> signatures;  ///< of the active keys, ready to sign with
  Time created;
};

/// Everything, at one moment. Immutable.
class Snapshot {
 public:
  const Account* account(AccountId id) const;
  const Account* account(std::string_view name) const;
  const Credential* credential(std::string_view user) const;
  const Domain* domain(std::string_view name) const;  ///< exact, lower-case A-labels

  std::vector<const Account*> accounts() const;       ///< by id
  std::vector<const Credential*> credentials() const;
  std::vector<const Domain*> domains() const;         ///< by name

 private:
  friend class Directory;
  std::unordered_map<std::uint64_t, Account> accounts_;
  std::unordered_map<std::string, std::uint64_t> account_names_;
  std::unordered_map<std::string, Credential> credentials_;
  std::unordered_map<std::string, std::shared_ptr<const Domain>> domains_;
};

enum class OpenMode { read_write, read_only };

class Directory {
 public:
  /// Creates the file (mode 0600) and its tables where they are missing, unless read_only.
  /// Errc::invalid where the schema is newer than this program.
  static Result<std::unique_ptr<Directory>> open(const std::filesystem::path& file, OpenMode mode);
  ~Directory();

  std::shared_ptr<const Snapshot> snapshot() const;

  /// 32 random bytes for `purpose` ("return-path", ...), made at first use and kept for ever.
  Result<std::array<std::uint8_t, 32>> secret(std::string_view purpose);

  Result<Account> add_account(std::string_view name, Time now);
  Result<Account> change_account(std::string_view name, std::optional<DsnDefault> dsn,
                                 std::optional<bool> own_return_paths,
                                 std::optional<bool> is_active);

  struct NewCredential {
    Credential credential;
    std::string password;  ///< shown once, never stored
  };
  /// `user` empty: one is made. `password` empty: one of 160 bits is made.
  Result<NewCredential> add_credential(AccountId account, std::string_view user,
                                       std::string_view password, Stream stream, Time now);
  Result<> remove_credential(std::string_view user);

  /// Adds the domain with fresh keys for RSA and Ed25519. Errc::invalid if another account has it.
  Result<Domain> add_domain(AccountId account, std::string_view name, bool verified, Time now);
  Result<Domain> verify_domain(std::string_view name, std::string_view how);
  Result<> remove_domain(std::string_view name);
  /// Replaces the domain's keys ("rsa", "ed25519" or both): for sandbox and tests.
  Result<Domain> set_keys(std::string_view name, std::vector<DkimKey> keys);

 private:
  struct State;
  explicit Directory(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// The records that `domain add` prints and `domain check` looks for.
struct DnsRecord {
  std::string name;
  std::string type;   ///< "TXT", "CNAME"
  std::string value;
  std::string purpose;  ///< "ownership", "dkim", "spf", "return-path", "dmarc"
  bool is_required = true;
};
/// `installation`: the host name that SPF includes and return paths point to.
std::vector<DnsRecord> records_to_publish(const Domain& domain, std::string_view installation);

}  // namespace postrider::directory
