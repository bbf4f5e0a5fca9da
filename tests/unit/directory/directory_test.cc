#include "directory/directory.h"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <initializer_list>
#include <iterator>
#include <string>
#include <sys/stat.h>
#include <thread>

#include "directory/sqlite.h"
#include "support/fresh_folder.h"

namespace postrider::directory {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

constexpr Time kNow{std::chrono::milliseconds(1'790'000'000'123)};

class DirectoryTest : public testing::Test {
 protected:
  void SetUp() override { reopen(); }

  void reopen(OpenMode mode = OpenMode::read_write) {
    directory.reset();
    auto opened = Directory::open(file, mode);
    ASSERT_TRUE(opened) << opened.error().text();
    directory = *std::move(opened);
  }

  /// As an older version left it: without what later migrations have added.
  void bring_down_to(int version) {
    directory.reset();
    auto database = Database::open(file, true);
    const auto undo = [&](int migration, std::initializer_list<const char*> statements) {
      for (const char* statement : statements) {
        if (version < migration) {
          ASSERT_TRUE(database->execute(statement)) << statement;
        }
      }
    };
    undo(7, {"ALTER TABLE account DROP COLUMN former_tracking_hosts"});
    undo(6, {"DROP TABLE content_key", "ALTER TABLE account DROP COLUMN events_days",
             "ALTER TABLE account DROP COLUMN content_days"});
    undo(5, {"DROP TABLE campaign_tracking", "DROP TABLE tracking_refusal"});
    undo(4, {"ALTER TABLE account DROP COLUMN bulk_paused",
             "ALTER TABLE account DROP COLUMN bulk_pause_changed",
             "ALTER TABLE account DROP COLUMN bulk_pause_by",
             "ALTER TABLE account DROP COLUMN bulk_pause_why",
             "ALTER TABLE account DROP COLUMN counted_from"});
    undo(
        3,
        {"ALTER TABLE account DROP COLUMN tracking_host", "ALTER TABLE account DROP COLUMN privacy",
         "ALTER TABLE account DROP COLUMN track_bulk",
         "ALTER TABLE account DROP COLUMN track_transactional",
         "ALTER TABLE account DROP COLUMN track_plain_text",
         "ALTER TABLE account DROP COLUMN preserve_signed",
         "ALTER TABLE account DROP COLUMN url_tags", "ALTER TABLE account DROP COLUMN kept_hosts"});
    ASSERT_TRUE(
        database->execute("UPDATE schema_version SET version = " + std::to_string(version)));
  }

  AccountId shop() { return directory->add_account("shop", kNow).value().id; }

  test::FreshFolder folder;
  const std::filesystem::path file = folder / "directory.sqlite";
  std::unique_ptr<Directory> directory;
};

template <class T>
Error error_of(const Result<T>& result) {
  return result ? Error(Errc::closed, "no error") : result.error();
}

TEST_F(DirectoryTest, FileIsForItsOwnerOnly) {
  shop();
  for (const auto* name : {"directory.sqlite", "directory.sqlite-wal"}) {
    struct stat facts{};
    ASSERT_EQ(::stat((folder / name).c_str(), &facts), 0) << name;
    EXPECT_EQ(facts.st_mode & 0777U, 0600U) << name;
  }
}

TEST_F(DirectoryTest, AccountIsThereAtOnceAndAfterReopening) {
  const AccountId id = shop();
  ASSERT_TRUE(
      directory->change_account("shop", {.dsn = DsnDefault::failure, .own_return_paths = false}));
  for (int round = 0; round < 2; ++round) {
    const auto snapshot = directory->snapshot();
    const Account* account = snapshot->account("shop");
    ASSERT_NE(account, nullptr);
    EXPECT_EQ(account, snapshot->account(id));
    EXPECT_EQ(account->dsn, DsnDefault::failure);
    EXPECT_FALSE(account->own_return_paths);
    EXPECT_TRUE(account->is_active);
    EXPECT_EQ(account->created, kNow);
    reopen();
  }
}

TEST_F(DirectoryTest, AHostIsOfThoseWhoseLinksLeadThereOrOnceDid) {
  const AccountId one = shop();
  const AccountId two = directory->add_account("bakery", kNow).value().id;
  const auto move = [&](std::string_view account, const std::string& host) {
    ASSERT_TRUE(directory->change_account(
        account, {.tracking = [host](Tracking& tracking) { tracking.host = host; }}));
  };
  const auto who = [&](std::string_view host) {
    const auto snapshot = directory->snapshot();
    return std::string(snapshot->may_lead_through(host, one) ? "shop " : "") +
           (snapshot->may_lead_through(host, two) ? "bakery" : "");
  };
  move("shop", "https://T.example:8443");
  EXPECT_EQ(who("t.example"), "shop ");
  EXPECT_EQ(who("free.example"), "shop bakery");
  EXPECT_EQ(who(""), "shop bakery") << "a request that names none";
  move("bakery", "https://t.example");
  EXPECT_EQ(who("t.example"), "shop bakery") << "shared";
  move("bakery", "https://[::1]:80");
  EXPECT_EQ(who("[::1]"), "bakery");
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(who("t.example"), "shop bakery") << "what the bakery has sent leads there";
    reopen();
  }
  move("shop", "");
  EXPECT_EQ(who("t.example"), "shop bakery") << "nobody's any more";
  const AccountId three = directory->add_account("third", kNow).value().id;
  move("third", "http://t.example");
  EXPECT_EQ(who("t.example"), "shop bakery");
  EXPECT_FALSE(directory->snapshot()->may_lead_through("[::1]", three));
  EXPECT_EQ(directory->snapshot()->account("bakery")->tracking.former_hosts, "t.example");
}

TEST_F(DirectoryTest, TrackingIsKeptAndChangedByItsParts) {
  shop();
  EXPECT_EQ(directory->snapshot()->account("shop")->tracking, Tracking());
  const Tracking wanted{.host = "https://links.example.org",
                        .privacy = Privacy::pseudonymous,
                        .bulk = {.opens = false, .clicks = true},
                        .transactional = {.opens = true, .clicks = false},
                        .plain_text = true,
                        .preserve_signed = true,
                        .url_tags = "utm_source=shop",
                        .kept_hosts = "a.example b.example"};
  ASSERT_TRUE(directory->change_account(
      "shop", {.tracking = [&](Tracking& tracking) { tracking = wanted; }}));
  ASSERT_TRUE(directory->change_account("shop", {.dsn = DsnDefault::failure}));
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(directory->snapshot()->account("shop")->tracking, wanted);
    reopen();
  }
}

TEST_F(DirectoryTest, ADirectoryWithoutTrackingIsBroughtUp) {
  shop();
  bring_down_to(2);
  EXPECT_THAT(error_of(Directory::open(file, OpenMode::read_only)).text(),
              HasSubstr("start the relay once"));
  reopen();
  ASSERT_NE(directory->snapshot()->account("shop"), nullptr);
  EXPECT_EQ(directory->snapshot()->account("shop")->tracking, Tracking());
}

TEST_F(DirectoryTest, APauseOfBulkMailIsKeptAndDecidedByWhatIsThere) {
  shop();
  EXPECT_EQ(directory->snapshot()->account("shop")->bulk_pause, BulkPause());
  const BulkPause wanted{.is_paused = true,
                         .changed = kNow,
                         .by = "ann",
                         .why = "a bought list",
                         .counted_from = kNow - std::chrono::hours(1)};
  ASSERT_TRUE(
      directory->change_account("shop", {.bulk_pause = [&](BulkPause& pause) { pause = wanted; }}));
  ASSERT_TRUE(directory->change_account("shop", {.dsn = DsnDefault::failure}));
  ASSERT_TRUE(directory->change_account(
      "shop", {.bulk_pause = [&](BulkPause& pause) { EXPECT_EQ(pause, wanted); }}));
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(directory->snapshot()->account("shop")->bulk_pause, wanted);
    reopen();
  }
}

TEST_F(DirectoryTest, ADirectoryWithoutPausesIsBroughtUp) {
  shop();
  bring_down_to(3);
  reopen();
  ASSERT_NE(directory->snapshot()->account("shop"), nullptr);
  EXPECT_EQ(directory->snapshot()->account("shop")->bulk_pause, BulkPause());
}

TEST_F(DirectoryTest, CampaignsHaveTrackingOfTheirOwn) {
  const AccountId account = shop();
  const CampaignTracking spring{.account = account,
                                .campaign = "spring",
                                .switches = TrackingSwitches{.opens = true, .clicks = false},
                                .privacy = kPrivacyMost};
  const CampaignTracking autumn{.account = account,
                                .campaign = "autumn",
                                .switches = std::nullopt,
                                .privacy = Privacy::anonymous};
  ASSERT_TRUE(directory->set_campaign_tracking(
      {.account = account, .campaign = "spring", .switches = TrackingSwitches()}));
  ASSERT_TRUE(directory->set_campaign_tracking(spring));
  ASSERT_TRUE(directory->set_campaign_tracking(autumn));
  for (int round = 0; round < 2; ++round) {
    const auto snapshot = directory->snapshot();
    ASSERT_NE(snapshot->campaign_tracking(account, "spring"), nullptr);
    EXPECT_EQ(*snapshot->campaign_tracking(account, "spring"), spring);
    EXPECT_EQ(*snapshot->campaign_tracking(account, "autumn"), autumn);
    EXPECT_EQ(snapshot->campaign_tracking(AccountId{99}, "spring"), nullptr);
    EXPECT_EQ(snapshot->campaign_trackings().size(), 2U);
    reopen();
  }
  ASSERT_TRUE(directory->remove_campaign_tracking(account, "spring"));
  EXPECT_EQ(directory->snapshot()->campaign_tracking(account, "spring"), nullptr);
  EXPECT_EQ(error_of(directory->remove_campaign_tracking(account, "spring")).code(),
            Errc::not_found);
  CampaignTracking of_nobody = spring;
  of_nobody.account = AccountId{99};
  EXPECT_EQ(error_of(directory->set_campaign_tracking(of_nobody)).code(), Errc::not_found);
}

TEST_F(DirectoryTest, SnapshotInHandIsNotChanged) {
  const auto before = directory->snapshot();
  shop();
  EXPECT_EQ(before->account("shop"), nullptr);
  EXPECT_NE(directory->snapshot()->account("shop"), nullptr);
}

TEST_F(DirectoryTest, NameThatIsTakenOrMalformedIsRefused) {
  shop();
  EXPECT_EQ(error_of(directory->add_account("shop", kNow)).code(), Errc::invalid);
  for (const auto* name : {"", "Shop", "-shop", "sh op", "sh/op"}) {
    const Error error = error_of(directory->add_account(name, kNow));
    EXPECT_EQ(error.code(), Errc::invalid) << name;
    EXPECT_THAT(error.text(), HasSubstr("lower-case letters")) << name;
  }
  EXPECT_EQ(error_of(directory->add_account(std::string(64, 'a'), kNow)).code(), Errc::invalid);
  EXPECT_TRUE(directory->add_account(std::string(63, 'a'), kNow));
}

TEST_F(DirectoryTest, CredentialIsMadeAndItsPasswordIsNotStored) {
  const auto made = directory->add_credential(shop(), "", "", Stream::bulk, kNow);
  ASSERT_TRUE(made) << made.error().text();
  EXPECT_THAT(made->credential.user, MatchesRegex("shop-[a-z2-7]{8}"));
  EXPECT_THAT(made->password, MatchesRegex("[a-z2-7]{32}"));
  reopen();
  const auto snapshot = directory->snapshot();
  const Credential* stored = snapshot->credential(made->credential.user);
  ASSERT_NE(stored, nullptr);
  EXPECT_THAT(stored->password_hash, HasSubstr("$argon2id$v=19$m=19456,t=2,p=1$"));
  EXPECT_EQ(stored->stream, Stream::bulk);
  EXPECT_EQ(stored->id, made->credential.id);
}

TEST_F(DirectoryTest, CredentialNeedsAnAccountAFreeUserAndADecentPassword) {
  const AccountId id = shop();
  const auto add = [&](AccountId account, const char* user, const char* password) {
    return error_of(directory->add_credential(account, user, password, Stream::automatic, kNow));
  };
  EXPECT_EQ(add(AccountId{99}, "ann", "long enough").code(), Errc::not_found);
  EXPECT_THAT(add(id, "ann lee", "long enough").text(), HasSubstr("is not a user name"));
  EXPECT_THAT(add(id, "ann", "short").text(), HasSubstr("8 to 1000 bytes"));
  EXPECT_EQ(add(id, "ann", "long enough").code(), Errc::closed);
  EXPECT_THAT(add(id, "ann", "long enough").text(), HasSubstr("'ann' exists already"));
}

TEST_F(DirectoryTest, RemovedCredentialIsGoneForGood) {
  const AccountId id = shop();
  ASSERT_TRUE(directory->add_credential(id, "ann", "long enough", Stream::automatic, kNow));
  ASSERT_TRUE(directory->remove_credential("ann"));
  EXPECT_EQ(directory->snapshot()->credential("ann"), nullptr);
  EXPECT_EQ(error_of(directory->remove_credential("ann")).code(), Errc::not_found);
  reopen();
  EXPECT_EQ(directory->snapshot()->credential("ann"), nullptr);
}

TEST_F(DirectoryTest, IdOfARemovedCredentialIsNeverGivenAgain) {
  const AccountId id = shop();
  const auto first = directory->add_credential(id, "ann", "long enough", Stream::automatic, kNow);
  ASSERT_TRUE(directory->remove_credential("ann"));
  reopen();
  const auto second = directory->add_credential(id, "bob", "long enough", Stream::automatic, kNow);
  EXPECT_GT(second->credential.id, first->credential.id);
}

TEST_F(DirectoryTest, DomainComesWithTwoKeysThatStillSignAfterReopening) {
  const AccountId id = shop();
  const auto added = directory->add_domain(id, "Example.COM", false, kNow);
  ASSERT_TRUE(added) << added.error().text();
  reopen();
  const auto snapshot = directory->snapshot();
  const Domain* domain = snapshot->domain("example.com");
  ASSERT_NE(domain, nullptr);
  EXPECT_EQ(domain->account, id);
  EXPECT_FALSE(domain->is_verified);
  EXPECT_EQ(domain->ownership_token, added->ownership_token);
  EXPECT_EQ(domain->return_path_domain, "");
  ASSERT_EQ(domain->signatures.size(), 2U);
  for (const auto& signature : domain->signatures) {
    EXPECT_EQ(signature.domain, "example.com");
    EXPECT_TRUE(signature.key->sign("bytes"));
  }
  EXPECT_EQ(domain->keys[0].key->dns_record(), added->keys[0].key->dns_record());
  EXPECT_EQ(domain->keys[1].key->dns_record(), added->keys[1].key->dns_record());
}

TEST_F(DirectoryTest, DomainBelongsToOneAccountOnly) {
  const AccountId first = shop();
  const AccountId second = directory->add_account("rival", kNow)->id;
  ASSERT_TRUE(directory->add_domain(first, "example.com", false, kNow));
  EXPECT_THAT(error_of(directory->add_domain(second, "EXAMPLE.com", false, kNow)).text(),
              HasSubstr("belongs to another account"));
  EXPECT_THAT(error_of(directory->add_domain(first, "example.com", false, kNow)).text(),
              HasSubstr("added already"));
  EXPECT_EQ(error_of(directory->add_domain(AccountId{77}, "example.net", false, kNow)).code(),
            Errc::not_found);
  EXPECT_THAT(error_of(directory->add_domain(first, "localhost", false, kNow)).text(),
              HasSubstr("two labels"));
}

TEST_F(DirectoryTest, VerificationAndReturnPathAreKept) {
  ASSERT_TRUE(directory->add_domain(shop(), "example.com", false, kNow));
  EXPECT_EQ(error_of(directory->verify_domain("example.com", "hearsay")).code(), Errc::invalid);
  EXPECT_EQ(error_of(directory->verify_domain("example.org", "txt")).code(), Errc::not_found);
  ASSERT_TRUE(directory->verify_domain("Example.com", "txt"));
  ASSERT_TRUE(directory->use_own_return_path("example.com", true));
  for (int round = 0; round < 2; ++round) {
    const auto snapshot = directory->snapshot();
    EXPECT_TRUE(snapshot->domain("example.com")->is_verified);
    EXPECT_EQ(snapshot->domain("example.com")->verified_how, "txt");
    EXPECT_EQ(snapshot->domain("example.com")->return_path_domain, "bounces.example.com");
    EXPECT_EQ(snapshot->domain("example.com")->keys.size(), 2U);
    reopen();
  }
}

TEST_F(DirectoryTest, KeysAreReplaced) {
  ASSERT_TRUE(directory->add_domain(shop(), "example.com", true, kNow));
  const auto key = std::make_shared<const mail::SigningKey>(
      mail::SigningKey::generate(mail::DkimAlgorithm::ed25519_sha256).value());
  ASSERT_TRUE(
      directory->set_keys("example.com", {{.selector = "new", .key = key}, {"old", key, false}}));
  reopen();
  const auto snapshot = directory->snapshot();
  const Domain* domain = snapshot->domain("example.com");
  EXPECT_EQ(domain->keys.size(), 2U);
  ASSERT_EQ(domain->signatures.size(), 1U);
  EXPECT_EQ(domain->signatures[0].selector, "new");
  EXPECT_THAT(error_of(directory->set_keys("example.com", {{"a", key}, {"a", key}})).text(),
              HasSubstr("given twice"));
}

TEST_F(DirectoryTest, RemovedDomainTakesItsKeysAndIsFreeForOthers) {
  const AccountId id = shop();
  ASSERT_TRUE(directory->add_domain(id, "example.com", true, kNow));
  ASSERT_TRUE(directory->remove_domain("example.com"));
  EXPECT_EQ(directory->snapshot()->domain("example.com"), nullptr);
  ASSERT_TRUE(
      directory->add_domain(directory->add_account("next", kNow)->id, "example.com", true, kNow));
  reopen();
  EXPECT_EQ(directory->snapshot()->domain("example.com")->keys.size(), 2U);
}

TEST_F(DirectoryTest, UnreadableKeyIsLeftOutAndTheRestWorks) {
  ASSERT_TRUE(directory->add_domain(shop(), "example.com", true, kNow));
  directory.reset();
  {
    auto database = Database::open(file, true);
    ASSERT_TRUE(database->execute("UPDATE dkim_key SET pem = 'junk' WHERE selector = 'pr1r'"));
  }
  reopen();
  ASSERT_TRUE(directory->verify_domain("example.com", "dkim"));
  EXPECT_EQ(directory->snapshot()->domain("example.com")->signatures.size(), 1U);
  auto database = Database::open(file, true);
  auto rows = database->prepare("SELECT count(*) FROM dkim_key");
  ASSERT_TRUE(rows->step());
  EXPECT_EQ(rows->integer(0), 2) << "the unreadable key is kept for somebody who can repair it";
}

TEST_F(DirectoryTest, SecretIsMadeOnceAndKept) {
  const auto first = directory->secret("return-path");
  ASSERT_TRUE(first);
  EXPECT_NE(*first, directory->secret("other").value());
  reopen();
  EXPECT_EQ(*first, directory->secret("return-path").value());
  reopen(OpenMode::read_only);
  EXPECT_EQ(*first, directory->secret("return-path").value());
  EXPECT_EQ(error_of(directory->secret("third")).code(), Errc::not_found);
}

TEST_F(DirectoryTest, ReadOnlyReadsAndRefusesChanges) {
  shop();
  reopen(OpenMode::read_only);
  EXPECT_NE(directory->snapshot()->account("shop"), nullptr);
  EXPECT_THAT(error_of(directory->add_account("next", kNow)).text(), HasSubstr("reading only"));
  directory.reset();
  EXPECT_FALSE(Directory::open(folder / "missing.sqlite", OpenMode::read_only));
  EXPECT_FALSE(std::filesystem::exists(folder / "missing.sqlite"));
}

TEST_F(DirectoryTest, NewerSchemaIsRefusedWithAReason) {
  directory.reset();
  {
    auto database = Database::open(file, true);
    ASSERT_TRUE(database->execute("UPDATE schema_version SET version = 1000"));
  }
  for (const OpenMode mode : {OpenMode::read_write, OpenMode::read_only}) {
    const Error error = error_of(Directory::open(file, mode));
    EXPECT_EQ(error.code(), Errc::invalid);
    EXPECT_THAT(error.text(), HasSubstr("version 1000"));
  }
}

TEST_F(DirectoryTest, FileThatIsNoDatabaseIsCorrupt) {
  directory.reset();
  std::FILE* out = std::fopen((folder / "junk").c_str(), "w");
  std::fputs(std::string(5000, 'x').c_str(), out);
  std::fclose(out);
  const Error error = error_of(Directory::open(folder / "junk", OpenMode::read_write));
  EXPECT_EQ(error.code(), Errc::corrupt);
  EXPECT_THAT(error.text(), HasSubstr("junk"));
}

TEST_F(DirectoryTest, ChangeThatTheDatabaseRefusesLeavesNothingBehind) {
  shop();
  auto other = Database::open(file, true);
  ASSERT_TRUE(other->execute(
      "CREATE TRIGGER full BEFORE INSERT ON account BEGIN SELECT RAISE(FAIL, 'disk full'); END"));
  const Error error = error_of(directory->add_account("next", kNow));
  EXPECT_EQ(error.code(), Errc::unavailable);
  EXPECT_THAT(error.text(), HasSubstr("disk full"));
  EXPECT_EQ(directory->snapshot()->account("next"), nullptr);
  ASSERT_TRUE(other->execute("DROP TRIGGER full"));
  EXPECT_TRUE(directory->add_account("next", kNow));
}

TEST_F(DirectoryTest, ReadersAndWritersShareIt) {
  std::thread writer([&] {
    for (int i = 0; i < 50; ++i) {
      EXPECT_TRUE(directory->add_account("w" + std::to_string(i), kNow));
    }
  });
  std::thread second([&] {
    for (int i = 0; i < 50; ++i) {
      EXPECT_TRUE(directory->add_account("s" + std::to_string(i), kNow));
    }
  });
  std::size_t seen = 0;
  while (seen < 100) {
    const std::size_t now = directory->snapshot()->accounts().size();
    ASSERT_GE(now, seen);
    seen = now;
  }
  writer.join();
  second.join();
}

TEST_F(DirectoryTest, RecordsSayWhatToPublish) {
  const Domain domain = directory->add_domain(shop(), "example.com", false, kNow).value();
  std::vector<std::string> seen;
  for (const DnsRecord& record : records_to_publish(domain, "mx.relay.test")) {
    seen.push_back(record.purpose + (record.is_required ? "! " : " ") + record.name + " " +
                   record.type + " " + record.value);
  }
  EXPECT_THAT(
      seen, testing::UnorderedElementsAre(
                "ownership! _postrider.example.com TXT postrider-verify=" + domain.ownership_token,
                HasSubstr("dkim! pr1r._domainkey.example.com TXT v=DKIM1; k=rsa; p="),
                HasSubstr("dkim! pr1e._domainkey.example.com TXT v=DKIM1; k=ed25519; p="),
                "spf example.com TXT v=spf1 include:mx.relay.test ~all",
                "return-path bounces.example.com CNAME mx.relay.test",
                "dmarc _dmarc.example.com TXT v=DMARC1; p=none"));
}

TEST_F(DirectoryTest, WebhookIsThereAtOnceAndAfterReopening) {
  Webhook webhook;
  webhook.account = shop();
  webhook.url = "https://u:p@a.example/";
  webhook.backup_url = "https://b.example/";
  webhook.format = WebhookFormat::mailjet_grouped;
  webhook.types = {"sent", "bounce"};
  webhook.headers = {{"X-One", "1: one"}, {"X-Two", ""}};
  webhook.contact = "owner@a.example";
  webhook.secret = make_webhook_secret();
  webhook.begins_at = 17;
  webhook.created = kNow;
  const WebhookId id = directory->add_webhook(webhook).value().id;
  ASSERT_TRUE(directory->change_webhook(id, [](Webhook& changed) {
    changed.state = WebhookState::suspended;
    changed.why = "it answers 500";
    changed.on_backup = true;
    changed.old_secret = "whsec_old";
  }));
  for (int round = 0; round < 2; ++round) {
    const auto found = directory->snapshot()->webhook(id);
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->account, webhook.account);
    EXPECT_EQ(found->url, webhook.url);
    EXPECT_EQ(found->backup_url, webhook.backup_url);
    EXPECT_EQ(found->format, webhook.format);
    EXPECT_EQ(found->types, webhook.types);
    EXPECT_EQ(found->headers, webhook.headers);
    EXPECT_EQ(found->contact, webhook.contact);
    EXPECT_EQ(found->secret, webhook.secret);
    EXPECT_EQ(found->old_secret, "whsec_old");
    EXPECT_EQ(found->state, WebhookState::suspended);
    EXPECT_EQ(found->why, "it answers 500");
    EXPECT_TRUE(found->on_backup);
    EXPECT_EQ(found->begins_at, 17U);
    EXPECT_EQ(found->created, kNow);
    reopen();
  }
}

TEST_F(DirectoryTest, WebhookThatIsRemovedIsGoneAndItsIdIsNotGivenAgain) {
  const WebhookId first = directory->add_webhook({}).value().id;
  ASSERT_TRUE(directory->remove_webhook(first));
  EXPECT_EQ(directory->snapshot()->webhook(first), nullptr);
  EXPECT_EQ(error_of(directory->remove_webhook(first)).code(), Errc::not_found);
  EXPECT_EQ(error_of(directory->change_webhook(first, [](Webhook&) {})).code(), Errc::not_found);
  EXPECT_GT(directory->add_webhook({}).value().id, first);
}

TEST_F(DirectoryTest, WebhookThatDoesNotChangeStaysTheSameObject) {
  const WebhookId one = directory->add_webhook({}).value().id;
  const auto before = directory->snapshot()->webhook(one);
  ASSERT_TRUE(directory->add_webhook({}));
  shop();
  EXPECT_EQ(directory->snapshot()->webhook(one), before);
}

TEST_F(DirectoryTest, WebhookNeedsAnAccountThatThereIs) {
  Webhook webhook;
  webhook.account = AccountId{99};
  EXPECT_EQ(error_of(directory->add_webhook(webhook)).code(), Errc::not_found);
}

TEST_F(DirectoryTest, HowLongAnAccountIsRememberedOutlivesReopening) {
  shop();
  EXPECT_EQ(directory->snapshot()->account("shop")->retention, Retention());
  const Retention wanted{.events = std::chrono::days(30), .content = std::chrono::days(0)};
  ASSERT_TRUE(directory->change_account(
      "shop", {.retention = [&](Retention& retention) { retention = wanted; }}));
  reopen();
  EXPECT_EQ(directory->snapshot()->account("shop")->retention, wanted);
}

TEST_F(DirectoryTest, ContentKeyOfADayIsMadeOnceAndCanBeDropped) {
  const auto key = directory->make_content_key(20'000).value();
  EXPECT_EQ(directory->make_content_key(20'000).value(), key);
  EXPECT_NE(directory->make_content_key(20'001).value(), key);
  reopen();
  EXPECT_EQ(directory->content_key(20'000).value(), key);
  EXPECT_EQ(directory->drop_content_keys(20'001).value(), 1U);
  EXPECT_EQ(directory->content_key(20'000).value(), std::nullopt);
  EXPECT_NE(directory->content_key(20'001).value(), std::nullopt);
  EXPECT_EQ(directory->drop_content_keys(20'001).value(), 0U);
}

TEST_F(DirectoryTest, WhatWasDroppedIsInNoFile) {
  const auto key = directory->make_content_key(20'000).value();
  const std::string bytes(reinterpret_cast<const char*>(key.data()), key.size());
  const auto is_on_disk = [&] {
    for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
      std::ifstream opened(entry.path(), std::ios::binary);
      const std::string content{std::istreambuf_iterator<char>(opened), {}};
      if (content.contains(bytes)) {
        return true;
      }
    }
    return false;
  };
  ASSERT_TRUE(is_on_disk());
  ASSERT_TRUE(directory->drop_content_keys(20'001));
  EXPECT_FALSE(is_on_disk());
}

}  // namespace
}  // namespace postrider::directory
