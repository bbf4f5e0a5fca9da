// Who may send what: accounts, their credentials and their domains, and the secrets of this
// installation. The embedded engine is SQLite (WAL, synchronous=FULL); its schema is versioned.
//
// Reading is from an immutable snapshot in memory, which a change replaces: the hot path touches no
// file and takes one lock, for as long as it takes to copy a shared_ptr. (Not
// std::atomic<shared_ptr>: libstdc++ 12's is a lock too, and one that the thread sanitizer cannot
// see through.)
//
// Changes are blocking calls, one at a time: milliseconds, add_credential() and add_domain() some
// tens of them (Argon2, an RSA key). Run them off the io threads. All calls from any thread. A
// snapshot does not see what another process changes: one process writes, and it is the relay while
// it runs.
//
// Errors: invalid (says what is wrong with the argument), not_found, unavailable (the database; in
// its words), corrupt (the file is damaged).
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "directory/bulk_pause.h"
#include "directory/retention.h"
#include "directory/tracking.h"
#include "directory/webhook.h"
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
  Tracking tracking;
  BulkPause bulk_pause;
  Retention retention = {};
  Time created;
};

/// What is to change of an account.
struct AccountChange {
  std::optional<DsnDefault> dsn = {};
  std::optional<bool> own_return_paths = {};
  std::optional<bool> is_active = {};
  std::function<void(Tracking&)> tracking = {};  ///< sets what it wants, checked before
  /// Decides by what it finds, and sets it; while no other change is made.
  std::function<void(BulkPause&)> bulk_pause = {};
  std::function<void(Retention&)> retention = {};
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
  std::string return_path_domain;  ///< "bounces.NAME" or empty: the installation's own
  std::vector<DkimKey> keys;
  std::vector<mail::DkimSignature> signatures;  ///< of the active keys, ready to sign with
  Time created;
};

/// Everything, at one moment. Immutable once published.
class Snapshot {
 public:
  const Account* account(AccountId id) const;
  const Account* account(std::string_view name) const;
  const Credential* credential(std::string_view user) const;
  const Domain* domain(std::string_view name) const;  ///< exact, lower-case A-labels
  bool is_verified(std::string_view domain, AccountId account) const;  ///< one of the account's

  std::vector<const Account*> accounts() const;  ///< by id
  std::vector<const Credential*> credentials() const;
  std::vector<const Domain*> domains() const;  ///< by name

  /// Whether links of the account may lead through the tracking host `name` (lower case): not where
  /// it is another account's, and never was this one's.
  bool may_lead_through(std::string_view name, AccountId account) const;

  /// Null: it is tracked as its stream is.
  const CampaignTracking* campaign_tracking(AccountId account, std::string_view campaign) const;
  std::vector<const CampaignTracking*> campaign_trackings() const;  ///< by account and name

  /// Null: there is none. As long as an endpoint does not change, it is the same object.
  std::shared_ptr<const Webhook> webhook(WebhookId id) const;
  std::vector<std::shared_ptr<const Webhook>> webhooks() const;  ///< by id

 private:
  friend class Directory;

  void put(Account account);
  void move_tracking_host(AccountId account, std::string_view from, std::string_view to);
  void put(Credential credential);
  void put(Domain domain);
  void put(Webhook webhook);
  void put(CampaignTracking tracking);
  void remove_campaign_tracking(AccountId account, std::string_view campaign);
  void remove_credential(std::string_view user);
  void remove_domain(std::string_view name);
  void remove_webhook(WebhookId id);

  /// Finds a std::string by a string_view without making one.
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  template <class Value>
  using ByName = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;

  // Shared, so that the copy that a change begins with is a copy of pointers.
  std::map<AccountId, std::shared_ptr<const Account>> accounts_;
  ByName<AccountId> account_names_;
  ByName<std::vector<AccountId>> tracking_hosts_;  // whose links lead there now
  ByName<std::shared_ptr<const Credential>> credentials_;
  ByName<std::shared_ptr<const Domain>> domains_;
  std::map<WebhookId, std::shared_ptr<const Webhook>> webhooks_;
  std::map<std::pair<AccountId, std::string>, std::shared_ptr<const CampaignTracking>> campaigns_;
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
  /// Errc::not_found where they are missing and the directory is read_only.
  Result<std::array<std::uint8_t, 32>> secret(std::string_view purpose);

  struct TrackingKey {
    std::uint8_t id = 0;  ///< 1 to 255
    std::array<std::uint8_t, 32> key{};
  };
  /// What tracking tokens are made with, the newest first: one at least, made at first use.
  /// Errc::not_found as secret().
  Result<std::vector<TrackingKey>> tracking_keys();
  /// Adds a newest one, in the place of the oldest where there are 200.
  Result<std::vector<TrackingKey>> rotate_tracking_keys();
  /// No token of this key is understood any more: for one that has leaked. Errc::not_found;
  /// Errc::invalid: it is the only one.
  Result<std::vector<TrackingKey>> remove_tracking_key(std::uint8_t id);

  using ContentKey = std::array<std::uint8_t, 32>;
  /// What a day's headers and bodies are encrypted with; made at first use. Nothing: it has been
  /// dropped, or there never was one. Days since 1970.
  Result<ContentKey> make_content_key(std::uint32_t day);
  Result<std::optional<ContentKey>> content_key(std::uint32_t day) const;
  /// Keys of days before this one go, and with them what they have encrypted. How many.
  Result<std::uint64_t> drop_content_keys(std::uint32_t before);
  /// The file and its log are written again, without what has been erased.
  Result<> purge();

  Result<Account> add_account(std::string_view name, Time now);
  Result<Account> change_account(std::string_view name, const AccountChange& change);

  /// Adds it, or takes the place of what there is. Errc::not_found: no such account.
  Result<> set_campaign_tracking(const CampaignTracking& wanted);
  Result<> remove_campaign_tracking(AccountId account, std::string_view campaign);

  /// Who is not to be tracked, or less. No snapshot has them: relay/tracking_refusals.h does.
  Result<std::vector<TrackingRefusal>> tracking_refusals();
  Result<> put_tracking_refusal(const TrackingRefusal& refusal);  ///< also where there is one
  Result<> remove_tracking_refusal(AccountId account, const TrackingRefusal::Address& address);

  struct NewCredential {
    Credential credential;
    std::string password;  ///< shown once, never stored
  };
  /// `user` empty: one is made ("NAME-xxxxxxxx"); otherwise 1 to 128 printable ASCII characters
  /// without spaces. `password` empty: one of 160 bits is made; otherwise 8 to 1000 bytes.
  Result<NewCredential> add_credential(AccountId account, std::string_view user,
                                       std::string_view password, Stream stream, Time now);
  Result<> remove_credential(std::string_view user);

  /// Adds the domain with fresh keys for RSA ("pr1r") and Ed25519 ("pr1e"). Errc::invalid if an
  /// account has it already. Return paths are the installation's own until use_own_return_path().
  Result<Domain> add_domain(AccountId account, std::string_view name, bool verified, Time now);
  /// `how`: "operator", "txt" or "dkim".
  Result<Domain> verify_domain(std::string_view name, std::string_view how);
  /// Return paths in bounces.NAME, or in the installation's domain again. To be set once that name
  /// points to the installation in DNS: before, receivers would refuse a sender without a mail
  /// host.
  Result<Domain> use_own_return_path(std::string_view name, bool own);
  Result<> remove_domain(std::string_view name);
  /// Replaces the domain's keys; selectors differ. For sandbox and tests.
  Result<Domain> set_keys(std::string_view name, std::vector<DkimKey> keys);

  /// Who calls has checked what is in it (webhook/endpoint_check.h); the id is given here.
  Result<Webhook> add_webhook(Webhook webhook);
  Result<Webhook> change_webhook(WebhookId id, const std::function<void(Webhook&)>& change);
  Result<> remove_webhook(WebhookId id);

 private:
  struct State;
  using TrackingKeys = std::vector<TrackingKey>;
  Result<TrackingKeys> change_tracking_keys(const std::function<Result<>(TrackingKeys&)>& change);

  explicit Directory(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// The records that `domain add` prints and `domain check` looks for.
struct DnsRecord {
  std::string name;
  std::string type;  ///< "TXT", "CNAME"
  std::string value;
  std::string purpose;      ///< "ownership", "dkim", "spf", "return-path", "dmarc"
  bool is_required = true;  ///< false: mail goes without it, and arrives better with it
};
/// `installation`: the host name that SPF includes and return paths point to.
std::vector<DnsRecord> records_to_publish(const Domain& domain, std::string_view installation);

}  // namespace postrider::directory
