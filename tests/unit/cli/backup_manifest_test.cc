// What makes a folder a backup, and what does not.
#include "cli/backup_manifest.h"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fresh_folder.h"

namespace postrider::cli {
namespace {

using testing::HasSubstr;

const std::string kHash(64, 'a');

std::string entry(const std::string& path, const std::string& hash = kHash) {
  return R"({"path":")" + path + R"(","size":3,"sha256":")" + hash + R"("})";
}

std::string manifest_of(const std::string& format, const std::string& files) {
  return R"({"format":)" + format + R"(,"version":"9.9.9","taken":"t","files":[)" + files + "]}";
}

const std::string kWhole =
    entry("directory.sqlite") + "," + entry("spool.acknowledged") + "," + entry("spool/CURRENT");

Manifest example() {
  Manifest manifest{.version = "0.1.0",
                    .taken = "2026-11-24T05:52:12.345Z",
                    .data = "/var/lib/postrider",
                    .messages = 17,
                    .last_event = 12345,
                    .files = {}};
  for (const char* path : {"certificates/a.example.pem", "directory.sqlite", "key.pem",
                           "spool.acknowledged", "spool/CURRENT"}) {
    manifest.files.push_back({.path = path, .facts = {.size = 3, .sha256 = kHash}});
  }
  return manifest;
}

TEST(BackupManifest, IsReadAsItWasWritten) {
  const Manifest written = example();
  const auto read = parse_manifest(to_json(written));
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(to_json(*read), to_json(written));
  EXPECT_EQ(read->bytes(), 15U);
  EXPECT_EQ(read->files.at(0).path, "certificates/a.example.pem");
  EXPECT_EQ(read->files.at(1).facts, written.files.at(1).facts);
}

struct Refused {
  const char* name;
  std::string text;
  const char* why;
};
void PrintTo(const Refused& row, std::ostream* out) {
  *out << row.name;
}

class RefusedManifest : public testing::TestWithParam<Refused> {};

TEST_P(RefusedManifest, SaysWhy) {
  const auto read = parse_manifest(GetParam().text);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), Errc::invalid);
  EXPECT_THAT(read.error().text(), HasSubstr(GetParam().why));
}

INSTANTIATE_TEST_SUITE_P(
    All, RefusedManifest,
    testing::Values(
        Refused{"Empty", "", "not JSON"},  //
        Refused{"CutOff", to_json(example()).substr(0, 200), "not JSON"},
        Refused{"NoFormat", R"({"files":[]})", "which format"},
        Refused{"Newer", manifest_of("3", kWhole), "newer program made this backup (version 9.9.9"},
        Refused{"NoFiles", manifest_of("1", ""), "directory.sqlite is missing"},
        Refused{"NoSpool", manifest_of("1", entry("directory.sqlite")),
                "spool.acknowledged is missing"},
        Refused{"Twice", manifest_of("1", kWhole + "," + entry("spool/CURRENT")), "twice"},
        Refused{"NoHash", manifest_of("1", kWhole + "," + entry("key.pem", "")), "no SHA-256"},
        Refused{"NotAHash", manifest_of("1", kWhole + "," + entry("key.pem", std::string(64, 'X'))),
                "no SHA-256"}),
    [](const auto& info) { return info.param.name; });

TEST(BackupManifest, NamesNoPathThatLeadsOutOfADataDirectoryOrBelongsToAProcess) {
  for (const std::string path :
       {"", ".", "..", "/etc/passwd", "../key.pem", "spool/../key.pem", "spool/", "spool/..",
        "spool/a/b", "other/file", "lock", "control", "restoring", "spool", "manifest.json",
        "certificates", "certificates/", "certificates/..", "certificates/spool/a"}) {
    EXPECT_FALSE(may_be_in_backup(path)) << path;
    const auto read = parse_manifest(manifest_of("1", kWhole + "," + entry(path)));
    ASSERT_FALSE(read) << path;
    EXPECT_THAT(read.error().text(), HasSubstr("is no file of a backup"));
  }
  EXPECT_FALSE(may_be_in_backup(std::string("a\0b", 3)));
  EXPECT_FALSE(may_be_in_backup(std::string(256, 'a')));
  for (const char* path :
       {"key.pem", "spool/000012.sst", "spool/lock", "certificates/a.pem", "..x"}) {
    EXPECT_TRUE(may_be_in_backup(path)) << path;
  }
}

class BackupOnDisk : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(folder_ / "spool");
    std::filesystem::create_directory(folder_ / "certificates");
    for (const BackedUpFile& file : example().files) {
      std::ofstream(folder_ / file.path.c_str()) << "abc";
    }
    std::ofstream(folder_ / kManifestName) << to_json(example());
  }

  test::FreshFolder folder_;
};

TEST_F(BackupOnDisk, IsWholeWithEveryFileOfItsSize) {
  EXPECT_TRUE(read_manifest(folder_.path()));
}

TEST_F(BackupOnDisk, WithoutManifestIsNone) {
  std::filesystem::remove(folder_ / kManifestName);
  const auto read = read_manifest(folder_.path());
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), Errc::not_found);
  EXPECT_THAT(read.error().text(), HasSubstr("not finished"));
}

TEST_F(BackupOnDisk, WithAFileMissingNamesIt) {
  std::filesystem::remove(folder_ / "key.pem");
  const auto read = read_manifest(folder_.path());
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), Errc::corrupt);
  EXPECT_THAT(read.error().text(), HasSubstr("key.pem"));
}

TEST_F(BackupOnDisk, WithAFileCutShortNamesIt) {
  std::filesystem::resize_file(folder_ / "spool/CURRENT", 2);
  const auto read = read_manifest(folder_.path());
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), Errc::corrupt);
  EXPECT_THAT(read.error().text(), HasSubstr("spool/CURRENT has 2 bytes instead of 3"));
}

}  // namespace
}  // namespace postrider::cli
