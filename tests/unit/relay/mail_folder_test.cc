#include "relay/mail_folder.h"

#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <string>
#include <vector>

#include "support/fresh_folder.h"

namespace postrider::relay {
namespace {

namespace fs = std::filesystem;

const Time kNow{std::chrono::seconds(1'800'000'000)};

std::vector<std::string> files_in(const fs::path& folder) {
  std::vector<std::string> all;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    all.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return all;
}

TEST(MailFolder, KeepsEachMailInAFileOfItsOwn) {
  test::FreshFolder folder;
  MailFolder mails(folder / "mail/postmaster");
  ASSERT_TRUE(mails.put("Received: x\r\n", "Subject: a\r\n\r\n", kNow));
  ASSERT_TRUE(mails.put("", "Subject: b\r\n\r\n", kNow));
  const auto files = files_in(folder / "mail/postmaster");
  ASSERT_EQ(files.size(), 2U);
  EXPECT_TRUE(files[0] == "Received: x\r\nSubject: a\r\n\r\n" ||
              files[1] == "Received: x\r\nSubject: a\r\n\r\n");
}

TEST(MailFolder, RefusesWhatItHasNoRoomFor) {
  test::FreshFolder folder;
  MailFolder mails(folder / "mail", {.files_most = 2, .bytes_most = 100});
  EXPECT_FALSE(mails.put("", std::string(101, 'x'), kNow));
  EXPECT_TRUE(mails.put("", std::string(60, 'x'), kNow));
  EXPECT_FALSE(mails.put("", std::string(41, 'x'), kNow));
  EXPECT_TRUE(mails.put("", "x", kNow));
  EXPECT_FALSE(mails.put("", "x", kNow));
  fs::remove_all(folder / "mail");
  EXPECT_TRUE(mails.put("", "x", kNow)) << "until somebody has cleared it";
}

TEST(MailFolder, SaysWhyItCannot) {
  test::FreshFolder folder;
  std::ofstream(folder / "mail") << "a file";
  const auto kept = MailFolder(folder / "mail").put("", "x", kNow);
  ASSERT_FALSE(kept);
  EXPECT_EQ(kept.error().code(), Errc::unavailable);
}

}  // namespace
}  // namespace postrider::relay
