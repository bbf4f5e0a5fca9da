#include "readers/address_file.h"

#include <fstream>
#include <gtest/gtest.h>
#include <iterator>

#include "support/fresh_folder.h"

namespace postrider::readers {
namespace {

using Kind = AddressFile::Kind;

// Made by tests/blackbox/mmdb.py.
const std::filesystem::path kData = TEST_DATA;

boost::asio::ip::address address(const char* text) {
  return boost::asio::ip::make_address(text);
}

TEST(AddressFile, TellsTheCountryOfAnAddress) {
  const auto file = AddressFile::open(kData / "countries.mmdb", Kind::countries).value();
  EXPECT_EQ(file.country(address("192.0.2.1")), "DE");
  EXPECT_EQ(file.country(address("192.0.2.200")), "FR") << "the smaller network";
  EXPECT_EQ(file.country(address("::ffff:192.0.2.1")), "DE");
  EXPECT_EQ(file.country(address("2001:db8::5")), "JP");
  EXPECT_EQ(file.country(address("203.0.113.1")), "BR") << "as other publishers write it";
  EXPECT_EQ(file.country(address("203.0.113.200")), "PL");
}

TEST(AddressFile, WhereAProviderIsRegisteredSaysNothing) {
  const auto file = AddressFile::open(kData / "countries.mmdb", Kind::countries).value();
  EXPECT_EQ(file.country(address("198.51.100.1")), "");
  EXPECT_EQ(file.country(address("8.8.8.8")), "");
}

TEST(AddressFile, TellsTheAutonomousSystem) {
  const auto file = AddressFile::open(kData / "systems.mmdb", Kind::autonomous_systems).value();
  EXPECT_EQ(file.autonomous_system(address("192.0.2.1")), 64496U);
  EXPECT_EQ(file.autonomous_system(address("203.0.113.1")), 64500U);
  EXPECT_EQ(file.autonomous_system(address("8.8.8.8")), 0U);
  EXPECT_EQ(file.autonomous_system(address("2001:db8::5")), 0U) << "a file of IPv4 alone";
}

TEST(AddressFile, AFileOfTheOtherKindIsRefused) {
  const auto countries = AddressFile::open(kData / "systems.mmdb", Kind::countries);
  ASSERT_FALSE(countries);
  EXPECT_NE(countries.error().text().find("about networks (Test-ASN)"), std::string::npos);
  const auto systems = AddressFile::open(kData / "countries.mmdb", Kind::autonomous_systems);
  ASSERT_FALSE(systems);
  EXPECT_NE(systems.error().text().find("about places (Test-Country)"), std::string::npos);
}

TEST(AddressFile, ADamagedFileIsRefusedOrKnowsNothing) {
  std::ifstream in(kData / "countries.mmdb", std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(in), {}};
  const test::FreshFolder folder;
  const std::filesystem::path file = folder / "cut.mmdb";
  for (std::size_t size = 0; size < whole.size(); size += 37) {
    std::ofstream(file, std::ios::binary) << whole.substr(0, size);
    const auto opened = AddressFile::open(file, Kind::countries);
    ASSERT_FALSE(opened) << size;
    EXPECT_NE(opened.error().text().find("cut.mmdb: it "), std::string::npos);
  }
  for (std::size_t at = 0; at < whole.size(); at += 3) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x5a);
    std::ofstream(file, std::ios::binary) << damaged;
    if (const auto opened = AddressFile::open(file, Kind::countries)) {
      const std::string country = opened->country(address("192.0.2.1"));
      EXPECT_TRUE(country.empty() || country.size() == 2) << at;
    }
  }
}

TEST(AddressFile, IsNotTouchedByWhoeverWritesOverIt) {
  const test::FreshFolder folder;
  const std::filesystem::path file = folder / "countries.mmdb";
  std::filesystem::copy_file(kData / "countries.mmdb", file);
  const auto opened = AddressFile::open(file, Kind::countries).value();
  std::filesystem::resize_file(file, 0);
  EXPECT_EQ(opened.country(address("192.0.2.1")), "DE");
}

TEST(AddressFile, AMissingFileIsNamed) {
  const auto opened = AddressFile::open("/nonexistent/c.mmdb", Kind::countries);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), Errc::not_found);
  EXPECT_EQ(opened.error().text(), "/nonexistent/c.mmdb can't be read: No such file or directory");
}

}  // namespace
}  // namespace postrider::readers
