#include "privacy/mail_files.h"

#include <fstream>
#include <gtest/gtest.h>

#include "mail/transfer_encoding.h"
#include "support/fresh_folder.h"

namespace postrider::privacy {
namespace {

namespace fs = std::filesystem;

TEST(RemoveMails, ThoseThatNameThePersonInWhateverEncodingGo) {
  const test::FreshFolder folder;
  fs::create_directories(folder / "postmaster");
  fs::create_directories(folder / "abuse");
  const auto write = [&](const char* name, const std::string& text) {
    std::ofstream(folder / name, std::ios::binary) << text;
  };
  write("postmaster/1.eml", "From: Ann@Example.net\r\n\r\nhello\r\n");
  write("postmaster/2.eml", "From: joann@example.net\r\n\r\nhello\r\n");
  write("abuse/3.eml", "Subject: x\r\n\r\n" +
                           mail::encode_base64_lines(std::string(100, 'x') + " ann@example.net "));
  write("abuse/4.eml", "Subject: x\r\n\r\nann@exam=\r\nple.net\r\n");
  const Person ann{mail::Address{.local = "ann", .domain = "example.net"}};
  EXPECT_EQ(remove_mails(folder.path(), ann).value(), 3U);
  EXPECT_TRUE(fs::exists(folder / "postmaster/2.eml"));
  EXPECT_EQ(remove_mails(folder / "nowhere", ann).value(), 0U);
}

}  // namespace
}  // namespace postrider::privacy
