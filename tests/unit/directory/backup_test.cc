// A copy of the directory while it is being changed.
#include "directory/backup.h"

#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "directory/directory.h"
#include "directory/sqlite.h"
#include "support/damage.h"
#include "support/fresh_folder.h"

namespace postrider::directory {
namespace {

namespace fs = std::filesystem;

class DirectoryBackup : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = Directory::open(folder_ / "from", OpenMode::read_write);
    ASSERT_TRUE(opened) << opened.error().text();
    directory_ = *std::move(opened);
    const auto account = directory_->add_account("shop", Time());
    ASSERT_TRUE(account);
    account_ = account->id;
    ASSERT_TRUE(directory_->add_domain(account_, "example.org", true, Time()));
  }

  test::FreshFolder folder_;
  std::unique_ptr<Directory> directory_;
  AccountId account_;
};

TEST_F(DirectoryBackup, IsOnePrivateFileWithAccountsDomainsKeysAndSecrets) {
  const auto secret = directory_->secret("return-path");
  const auto copied = back_up(folder_ / "from", folder_ / "to");
  ASSERT_TRUE(copied) << copied.error().text();
  auto opened = Database::open(folder_ / "to", false);
  ASSERT_TRUE(opened);
  auto journal = opened->prepare("PRAGMA journal_mode");
  ASSERT_TRUE(journal->step().value());
  EXPECT_EQ(journal->text(0), "delete") << "to be read it must need no file beside it";
  struct stat facts{};
  ASSERT_EQ(::stat((folder_ / "to").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777U, 0600U);

  const auto copy = Directory::open(folder_ / "to", OpenMode::read_only);
  ASSERT_TRUE(copy) << copy.error().text();
  EXPECT_EQ((*copy)->snapshot()->account("shop")->id, account_);
  const Domain* domain = (*copy)->snapshot()->domain("example.org");
  ASSERT_NE(domain, nullptr);
  EXPECT_EQ(records_to_publish(*domain, "esp.example").at(1).value,
            records_to_publish(*directory_->snapshot()->domain("example.org"), "esp.example")
                .at(1)
                .value);
  EXPECT_EQ((*copy)->secret("return-path").value(), secret.value());
}

TEST_F(DirectoryBackup, HoldsWhatIsCommittedAndNothingOfAChangeThatIsBeingMade) {
  auto changing = Database::open(folder_ / "from", true);
  ASSERT_TRUE(changing);
  const auto transaction = Transaction::begin(*changing);
  ASSERT_TRUE(transaction);
  ASSERT_TRUE(changing->execute("DELETE FROM dkim_key"));
  const auto copied = back_up(folder_ / "from", folder_ / "to");
  ASSERT_TRUE(copied) << copied.error().text();
  const auto copy = Directory::open(folder_ / "to", OpenMode::read_only);
  ASSERT_TRUE(copy);
  EXPECT_EQ((*copy)->snapshot()->domain("example.org")->keys.size(), 2U);
}

TEST_F(DirectoryBackup, OfADamagedFileIsRefused) {
  directory_.reset();
  const fs::path file = folder_ / "from";
  constexpr std::uint64_t kPage = 4096;
  for (std::uint64_t page = 1; page < fs::file_size(file) / kPage; ++page) {
    test::flip_bit(file, page * kPage);  // what kind of page it is
  }
  const auto copied = back_up(file, folder_ / "to");
  ASSERT_FALSE(copied);
  EXPECT_EQ(copied.error().code(), Errc::corrupt) << copied.error().text();
}

TEST_F(DirectoryBackup, OfAFileThatIsNotThereNamesIt) {
  const auto copied = back_up(folder_ / "none", folder_ / "to");
  ASSERT_FALSE(copied);
  EXPECT_NE(copied.error().text().find("none"), std::string::npos) << copied.error().text();
  EXPECT_FALSE(fs::exists(folder_ / "none"));
}

}  // namespace
}  // namespace postrider::directory
