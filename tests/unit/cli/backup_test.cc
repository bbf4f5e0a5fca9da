// Making backups and restoring them where no relay runs, and everything that is refused.
// (With one that runs, under load: tests/blackbox/test_backup.py.)
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include "../spool/messages.h"
#include "cli/restore_backup.h"
#include "cli/take_backup.h"
#include "directory/directory.h"
#include "http/answer.h"
#include "http/server.h"
#include "net/io_threads.h"
#include "relay/data_directory.h"
#include "spool/spool.h"
#include "store/checkpoint.h"
#include "support/damage.h"
#include "support/fresh_folder.h"
#include "support/running_store.h"

namespace postrider::cli {
namespace {

namespace fs = std::filesystem;
using relay::DataDirectory;
using testing::HasSubstr;

std::set<std::string> names_in(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    names.insert(entry.path().filename());
  }
  return names;
}

unsigned mode_of(const fs::path& path) {
  struct stat facts{};
  EXPECT_EQ(::stat(path.c_str(), &facts), 0) << path;
  return facts.st_mode & 07777U;
}

void expect_private(const fs::path& top) {
  EXPECT_EQ(mode_of(top), 0700U) << top;
  for (const auto& entry : fs::recursive_directory_iterator(top)) {
    EXPECT_EQ(mode_of(entry.path()), entry.is_directory() ? 0700U : 0600U) << entry.path();
  }
}

class BackupTest : public testing::Test {
 protected:
  void SetUp() override {
    data_ = folder_ / "data";
    backup_ = folder_ / "backup";
    {
      const auto owned = DataDirectory::own(data_);
      ASSERT_TRUE(owned) << owned.error().text();
      const auto directory = directory::Directory::open(DataDirectory::directory_file(data_),
                                                        directory::OpenMode::read_write);
      ASSERT_TRUE(directory && (*directory)->add_account("shop", Time()));
      for (const std::uint64_t number : {1U, 2U}) {  // twice: the second start makes tables
        test::RunningStore store(DataDirectory::spool(data_));
        store::Step step;
        spool::make_spool(*store)->add(step,
                                       spool::full_message(MessageId{number * 1000 * kIdStep}),
                                       std::make_shared<const std::string>("hello\r\n"), {});
        step.append(0, "an event");
        ASSERT_TRUE(store.commit(std::move(step)));
      }
    }
    for (const char* file : {"certificate.pem", "key.pem", "sandbox-password"}) {
      std::ofstream(data_ / file) << file;
    }
    fs::create_directory(data_ / "spool.damaged-logs-1");
    make_socket(DataDirectory::control_socket(data_));
  }

  static void make_socket(const fs::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.string().copy(address.sun_path, sizeof(address.sun_path) - 1);
    const int made = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT_EQ(::bind(made, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    ::close(made);  // as a process that died leaves it: nobody listens
  }

  Manifest back_up() {
    const auto made = take_backup(data_, backup_);
    EXPECT_TRUE(made) << made.error().text();
    return made ? made->manifest : Manifest{};
  }

  /// Refused with `code` and `why`, and nothing is there that was not there before.
  void expect_no_backup(const fs::path& folder, Errc code, const char* why) {
    const auto before = names_in(folder_.path());
    const auto made = take_backup(data_, folder);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code(), code) << made.error().text();
    EXPECT_THAT(made.error().text(), HasSubstr(why));
    EXPECT_EQ(names_in(folder_.path()), before);
  }

  void expect_no_restore(Errc code, const char* why, const RestoreWish& wish = {}) {
    const auto before = names_in(folder_.path());
    const auto restored = restore_backup(backup_, folder_ / "new", wish);
    ASSERT_FALSE(restored);
    EXPECT_EQ(restored.error().code(), code) << restored.error().text();
    EXPECT_THAT(restored.error().text(), HasSubstr(why));
    EXPECT_EQ(names_in(folder_.path()), before);
  }

  test::FreshFolder folder_;
  fs::path data_;
  fs::path backup_;
};

TEST_F(BackupTest, HoldsWhatIsNeededToStartAgainAndNothingOfAProcess) {
  const Manifest manifest = back_up();
  EXPECT_EQ(names_in(backup_), (std::set<std::string>{"manifest.json", "directory.sqlite", "spool",
                                                      "spool.acknowledged", "certificate.pem",
                                                      "key.pem", "sandbox-password"}));
  EXPECT_FALSE(fs::exists(backup_ / "spool" / "LOCK"));
  EXPECT_EQ(manifest.messages, 2U);
  EXPECT_EQ(manifest.last_event, 2U);
  expect_private(backup_);
}

TEST_F(BackupTest, HasTheTablesAsLinksAndNothingElseThatStillChanges) {
  for (const BackedUpFile& file : back_up().files) {
    EXPECT_EQ(fs::hard_link_count(backup_ / file.path), file.path.ends_with(".sst") ? 2U : 1U)
        << file.path;
  }
  EXPECT_FALSE(test::files_like(backup_ / "spool", ".sst").empty());
}

TEST_F(BackupTest, IsRestoredWithTheSameContentAndPrivate) {
  const Manifest manifest = back_up();
  const auto restored = restore_backup(backup_, folder_ / "new", {});
  ASSERT_TRUE(restored) << restored.error().text();
  EXPECT_EQ(restored->messages, 2U);
  EXPECT_EQ(restored->left_out, 0U);
  expect_private(folder_ / "new");
  for (const BackedUpFile& file : manifest.files) {
    EXPECT_EQ(look_at_file(folder_ / "new" / file.path).value(), file.facts) << file.path;
    EXPECT_EQ(fs::hard_link_count(folder_ / "new" / file.path), 1U) << file.path;
  }
  const test::RunningStore store(DataDirectory::spool(folder_ / "new"));
  EXPECT_EQ(store->missing_writes(), std::nullopt);
  EXPECT_TRUE(DataDirectory::own(folder_ / "new"));
}

TEST_F(BackupTest, TakesAnEmptyFolderThatIsThere) {
  fs::create_directory(backup_);
  back_up();
  fs::create_directory(folder_ / "new");
  fs::create_directory(folder_ / "new" / "lost+found");
  EXPECT_TRUE(restore_backup(backup_, folder_ / "new", {}));
}

TEST_F(BackupTest, RefusesAFolderThatIsNotEmpty) {
  fs::create_directory(backup_);
  std::ofstream(backup_ / "something") << "x";
  expect_no_backup(backup_, Errc::invalid, "not an empty folder");
  expect_no_backup(backup_ / "something", Errc::invalid, "not an empty folder");
}

TEST_F(BackupTest, RefusesAFolderInTheDataDirectory) {
  expect_no_backup(data_ / "backup", Errc::invalid, "lies in the data directory");
  fs::create_directory_symlink(data_, folder_ / "link");
  expect_no_backup(folder_ / "link" / "backup", Errc::invalid, "lies in the data directory");
}

TEST_F(BackupTest, RefusesAFolderWithoutOneAbove) {
  expect_no_backup(folder_ / "no" / "backup", Errc::invalid, "make it first");
}

TEST_F(BackupTest, RefusesToGoOnWithOneThatWasInterrupted) {
  fs::create_directory(folder_ / "backup.unfinished");
  expect_no_backup(backup_, Errc::invalid, "backup.unfinished is there");
}

TEST_F(BackupTest, RefusesAMountPoint) {
  expect_no_backup("/proc", Errc::invalid, "/proc is a file system of its own");
}

TEST_F(BackupTest, OfNothingIsNotFound) {
  fs::remove(DataDirectory::directory_file(data_));
  expect_no_backup(backup_, Errc::not_found, "there is no data");
}

TEST_F(BackupTest, RefusesDataThatAProcessOwnsWhichDoesNotAnswer) {
  const auto owned = DataDirectory::own(data_);
  expect_no_backup(backup_, Errc::unavailable, "belongs to a running instance");
}

TEST_F(BackupTest, RefusesASpoolThatLacksWhatWasAcknowledged) {
  const fs::path log = test::files_like(DataDirectory::spool(data_), ".log").back();
  test::cut_to(log, 10);
  expect_no_backup(backup_, Errc::corrupt, "had been acknowledged");
}

/// What stands in for a relay: answers POST /v1/checkpoint by what `answer` makes.
class AnsweringSocket {
 public:
  AnsweringSocket(const fs::path& path, std::function<http::Response()> answer)
      : answer_(std::move(answer)) {
    server_ = http::Server::listen_local(threads_.context(0).get_executor(), path.string(),
                                         [this](http::Request request) { return reply(request); })
                  .value();
    threads_.start();
  }
  ~AnsweringSocket() {
    boost::asio::co_spawn(threads_.context(0), server_->stop(), boost::asio::use_future).get();
    threads_.stop();
  }

 private:
  boost::asio::awaitable<http::Response> reply(http::Request request) {
    EXPECT_EQ(request.method + " " + request.path, "POST /v1/checkpoint");
    co_return answer_();
  }

  std::function<http::Response()> answer_;
  net::IoThreads threads_{1};
  std::unique_ptr<http::Server> server_;
};

TEST_F(BackupTest, OfARunningRelayHasTheAccountsOfTheTimeAfterTheSpools) {
  const auto directory = directory::Directory::open(DataDirectory::directory_file(data_),
                                                    directory::OpenMode::read_write);
  const test::RunningStore store(DataDirectory::spool(data_));
  {
    const AnsweringSocket relay(DataDirectory::control_socket(data_), [&] {
      EXPECT_TRUE(store->checkpoint());
      EXPECT_TRUE((*directory)->add_account("late", Time()));
      return http::json_answer("{}");
    });
    back_up();
  }
  const auto copy = directory::Directory::open(DataDirectory::directory_file(backup_),
                                               directory::OpenMode::read_only);
  ASSERT_TRUE(copy) << copy.error().text();
  EXPECT_NE((*copy)->snapshot()->account("late"), nullptr) << "a message in the spool may be hers";
  EXPECT_FALSE(fs::exists(store::checkpoint_of(DataDirectory::spool(data_))));
}

TEST_F(BackupTest, OfARunningRelayThatCannotMakeACheckpointSaysWhy) {
  const AnsweringSocket relay(DataDirectory::control_socket(data_), [] {
    return http::error_answer({Errc::unavailable, "No space left on device"});
  });
  expect_no_backup(backup_, Errc::unavailable, "the relay: No space left on device");
}

TEST_F(BackupTest, FlippedBitInAnyFileIsFoundAndNamed) {
  const Manifest manifest = back_up();
  for (const BackedUpFile& file : manifest.files) {
    if (file.facts.size > 0) {
      test::flip_bit(backup_ / file.path, file.facts.size / 2);
      expect_no_restore(Errc::corrupt, (file.path + " is not what was backed up").c_str());
      test::flip_bit(backup_ / file.path, file.facts.size / 2);
    }
  }
  EXPECT_TRUE(restore_backup(backup_, folder_ / "new", {}));
}

TEST_F(BackupTest, OfWhichAFileIsMissingRestoresNothing) {
  back_up();
  fs::remove(backup_ / "key.pem");
  expect_no_restore(Errc::corrupt, "key.pem");
}

TEST_F(BackupTest, UnfinishedOneRestoresNothing) {
  back_up();
  fs::remove(backup_ / kManifestName);
  expect_no_restore(Errc::not_found, "not finished");
}

TEST_F(BackupTest, EventsThatCannotBeReadRestoreNothing) {
  back_up();
  expect_no_restore(Errc::not_found, "nowhere",
                    {.without_queue = false, .events = folder_ / "nowhere"});
}

TEST_F(BackupTest, FailedRestoreLeavesAnEmptyDirectoryEmpty) {
  back_up();
  test::flip_bit(backup_ / "key.pem", 1);
  fs::create_directory(folder_ / "new");
  expect_no_restore(Errc::corrupt, "key.pem");
  EXPECT_TRUE(fs::is_empty(folder_ / "new"));
}

TEST_F(BackupTest, IsNotRestoredOverData) {
  back_up();
  fs::create_directory(folder_ / "new");
  std::ofstream(folder_ / "new" / "key.pem") << "mine";
  expect_no_restore(Errc::invalid, "is not empty");
  EXPECT_EQ(names_in(folder_ / "new"), std::set<std::string>{"key.pem"});
}

TEST_F(BackupTest, IsNotRestoredIntoWhatAProcessOwns) {
  back_up();
  const auto owned = DataDirectory::own(folder_ / "new");
  expect_no_restore(Errc::unavailable, "belongs to a running instance");
}

TEST_F(BackupTest, HalfARestoreIsNeverTakenForData) {
  fs::create_directories(DataDirectory::restoring(folder_ / "new"));
  const auto owned = DataDirectory::own(folder_ / "new");
  ASSERT_FALSE(owned);
  EXPECT_THAT(owned.error().text(), HasSubstr("did not come to its end"));
  back_up();
  expect_no_restore(Errc::invalid, "is not empty");
}

TEST_F(BackupTest, CanBeRestoredWithoutItsQueue) {
  back_up();
  const auto restored =
      restore_backup(backup_, folder_ / "new", {.without_queue = true, .events = {}});
  ASSERT_TRUE(restored) << restored.error().text();
  EXPECT_EQ(restored->messages, 0U);
  EXPECT_EQ(restored->left_out, 4U);
  expect_private(folder_ / "new");
}

TEST_F(BackupTest, IsRestoredWithoutWhatEventsSaySettled) {
  back_up();
  std::ofstream(folder_ / "events")
      << R"({"type":"delivered","recipient":)" << 1000 * kIdStep << "}\n"
      << R"({"type":"failed","recipient":)" << 1001 * kIdStep << "}\n"
      << R"({"type":"deferred","recipient":)" << 2000 * kIdStep << "}\n";
  const auto restored = restore_backup(backup_, folder_ / "new",
                                       {.without_queue = false, .events = folder_ / "events"});
  ASSERT_TRUE(restored) << restored.error().text();
  EXPECT_EQ(restored->messages, 1U);
  EXPECT_EQ(restored->left_out, 2U);
}

}  // namespace
}  // namespace postrider::cli
