#include "readers/user_agents.h"

#include <fstream>
#include <gtest/gtest.h>

#include <yaml-cpp/yaml.h>

#include "readers/files.h"
#include "support/fresh_folder.h"

namespace postrider::readers {
namespace {

const std::filesystem::path kTheirTests = kInstalledUserAgents.parent_path() / "tests";

class WithUapCore : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (std::filesystem::exists(kInstalledUserAgents)) {
      agents_ = new UserAgents(UserAgents::load(kInstalledUserAgents).value());
    }
  }
  void SetUp() override {
    if (agents_ == nullptr) {
      GTEST_SKIP() << "uap-core is not installed";
    }
  }

  /// Of the rows of one of uap-core's own tests: how many were told as it wants them.
  static void expect_all(const char* file, const char* key, std::string Client::* member) {
    const YAML::Node rows = YAML::LoadFile((kTheirTests / file).string())["test_cases"];
    ASSERT_GT(rows.size(), 1000U);
    for (const YAML::Node& row : rows) {
      const auto agent = row["user_agent_string"].as<std::string>();
      auto wanted = row[key].as<std::string>();
      if (wanted == "Other") {
        wanted.clear();  // which is how it calls what it doesn't know
      }
      if (agent.size() <= UserAgents::kAgentLooked && wanted.size() <= UserAgents::kFamilyBytes) {
        EXPECT_EQ(agents_->describe(agent).*member, wanted) << agent;
      }
    }
  }

  static UserAgents* agents_;
};
UserAgents* WithUapCore::agents_ = nullptr;

TEST_F(WithUapCore, AgreesWithItsOwnTestsAboutPrograms) {
  expect_all("test_ua.yaml", "family", &Client::family);
}

TEST_F(WithUapCore, AgreesWithItsOwnTestsAboutDevices) {
  expect_all("test_device.yaml", "family", &Client::device);
}

TEST_F(WithUapCore, WhatNobodyKnowsIsNotGuessed) {
  for (const char* agent : {"", "x", "\xff\xfe\x01", "Mozilla/5.0"}) {
    EXPECT_EQ(agents_->describe(agent), Client()) << agent;
  }
}

TEST_F(WithUapCore, ALongOneIsCut) {
  const std::string agent = std::string(UserAgents::kAgentLooked, 'x') + " Firefox/128.0";
  EXPECT_EQ(agents_->describe(agent), Client());
}

Result<UserAgents> load_text(const std::string& text) {
  const test::FreshFolder folder;
  const std::filesystem::path file = folder / "regexes.yaml";
  std::ofstream(file) << text;
  return UserAgents::load(file);
}

constexpr const char* kDevices = "device_parsers:\n  - regex: 'Phone (\\w+)'\n";

TEST(UserAgents, TheFirstPatternThatMatchesCounts) {
  const auto agents =
      load_text(std::string("user_agent_parsers:\n"
                            "  - regex: '(Post)/(\\d+)'\n    family_replacement: '$1 $2 Reader'\n"
                            "  - regex: 'post'\n    regex_flag: 'i'\n"
                            "    family_replacement: 'Any'\n") +
                kDevices)
          .value();
  EXPECT_EQ(agents.describe("Post/7 Phone X1"), (Client{"Post 7 Reader", "X1"}));
  EXPECT_EQ(agents.describe("a POST"), (Client{"Any", ""}));
}

TEST(UserAgents, ALongNameIsCut) {
  const auto agents =
      load_text(std::string("user_agent_parsers:\n  - regex: '(a+)'\n") + kDevices).value();
  EXPECT_EQ(agents.describe(std::string(100, 'a')).family,
            std::string(UserAgents::kFamilyBytes, 'a') + "...");
}

struct Wrong {
  const char* name;
  std::string text;
  const char* why;
};
class WrongFile : public testing::TestWithParam<Wrong> {};

TEST_P(WrongFile, IsRefusedByLine) {
  const auto loaded = load_text(GetParam().text);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code(), Errc::invalid);
  EXPECT_NE(loaded.error().text().find(GetParam().why), std::string::npos) << loaded.error().text();
}

INSTANTIATE_TEST_SUITE_P(
    Each, WrongFile,
    testing::Values(
        Wrong{"NotYaml", "a: [1\nb: 2\n", "regexes.yaml:"},
        Wrong{"Empty", "", "not uap-core's regexes.yaml"},
        Wrong{"AnotherFile", "a: b\n", "there is no list 'user_agent_parsers'"},
        Wrong{"NoDevices", "user_agent_parsers:\n  - regex: 'a'\n", "no list 'device_parsers'"},
        Wrong{"BadPattern", "user_agent_parsers:\n  - regex: 'a'\n  - regex: 'b('\n",
              "regexes.yaml:3: 'b(': missing )"},
        Wrong{"NoRegex", "user_agent_parsers:\n  - family_replacement: 'a'\n",
              "regexes.yaml:2: an element of user_agent_parsers has no regex"},
        Wrong{"TooLarge", "user_agent_parsers:\n  - regex: '((a{1,900}){1,900}){1,900}'\n",
              "regexes.yaml:2: "}),
    [](const auto& row) { return row.param.name; });

TEST(UserAgents, AMissingFileIsNamed) {
  const auto loaded = UserAgents::load("/nonexistent/regexes.yaml");
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code(), Errc::not_found);
  EXPECT_EQ(loaded.error().text(),
            "/nonexistent/regexes.yaml can't be read: No such file or directory");
}

}  // namespace
}  // namespace postrider::readers
