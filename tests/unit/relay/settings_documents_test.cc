// The shipped configuration and its reference say the same as the code.
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "base/read_file.h"
#include "relay/settings_toml.h"

namespace postrider::relay {
namespace {

// TEST_DATA is tests/unit/relay/data.
const auto kTree = (std::filesystem::path(TEST_DATA) / "../../../..").lexically_normal();
const auto kShipped = kTree / "config/postrider.toml";

std::map<std::string, std::string> values_of(const std::filesystem::path& file) {
  const LoadedSettings loaded = load_settings({.file = file, .overrides = {}});
  for (const Problem& problem : loaded.problems) {
    ADD_FAILURE() << to_string(problem);
  }
  std::map<std::string, std::string> values;
  for (const SettingValue& value : loaded.values) {
    EXPECT_TRUE(values.emplace(value.key, value.value).second) << value.key << " is read twice";
  }
  return values;
}

/// As setting_keys() names them, of what stands in the file, behind a "#" or not.
std::set<std::string> mentioned_keys(const std::string& text) {
  static const std::regex header(R"(^(?:# )?(\[\[?)([a-z_.0-9]+)\]\]?\s*$)");
  static const std::regex option(R"(^(?:# )?([a-z_0-9]+) = .*$)");
  std::set<std::string> keys;
  std::string section;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_match(line, match, header)) {
      section = match[2].str() + (match[1] == "[[" ? "[]." : ".");
    } else if (std::regex_match(line, match, option)) {
      keys.insert(std::regex_replace(section + match[1].str(),
                                     std::regex("^listener\\.(smtps?|inbound)\\."),
                                     "listener.NAME."));
    }
  }
  return keys;
}

TEST(ShippedConfiguration, SetsNothingDifferentFromTheDefaults) {
  EXPECT_EQ(values_of(kShipped), values_of({}));
}

TEST(ShippedConfiguration, MentionsEveryOptionAndNoOther) {
  const auto keys = setting_keys();
  EXPECT_THAT(mentioned_keys(read_file(kShipped).value()),
              testing::UnorderedElementsAreArray(std::set<std::string>(keys.begin(), keys.end())));
}

// Each default stands in the file itself, not only behind a "#".
TEST(ShippedConfiguration, SetsEveryOptionThatHasADefault) {
  std::string text = read_file(kShipped).value();
  for (const auto& [key, value] : values_of({})) {
    const std::string last = key.substr(key.rfind('.') + 1);
    EXPECT_NE(text.find("\n" + last + " = "), std::string::npos) << key;
  }
}

TEST(ConfigurationReference, HasARowWithTheDefaultOfEveryOption) {
  const std::string text = read_file(kTree / "docs/configuration.md").value();
  const auto defaults = values_of({});
  for (const std::string& key : setting_keys()) {
    const std::string of_smtp = std::regex_replace(key, std::regex("NAME"), "smtp");
    const auto found = defaults.find(of_smtp);
    const std::string row = found == defaults.end() ? "| `" + key + "` |"
                                                    : "| `" + key + "` | `" + found->second + "` |";
    EXPECT_NE(text.find(row), std::string::npos) << row;
  }
}

TEST(ConfigurationReference, HasNoOptionThatThereIsNot) {
  const std::string text = read_file(kTree / "docs/configuration.md").value();
  const auto all = setting_keys();
  const std::set<std::string> keys(all.begin(), all.end());
  static const std::regex row(R"(\n\| `([^`]+)` \|)");
  for (std::sregex_iterator at(text.begin(), text.end(), row), end; at != end; ++at) {
    EXPECT_TRUE(keys.contains((*at)[1].str())) << (*at)[1].str();
  }
}

}  // namespace
}  // namespace postrider::relay
