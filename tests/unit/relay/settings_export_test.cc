// [[export]] in the configuration.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relay/settings_reload.h"
#include "relay/settings_toml.h"

namespace postrider::relay {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

LoadedSettings load(const std::string& export_table) {
  return load_settings({.file = {}, .overrides = {"export=[{" + export_table + "}]"}});
}

TEST(SettingsExport, EverythingThatCanBeSaidArrives) {
  const LoadedSettings loaded = load(
      R"(name = "warehouse", type = "clickhouse", accounts = ["shop"], types = ["failed", "opened"],)"
      R"(start = "end", gather = "5s", batch = 500, url = "https://ch.example/?database=mail",)"
      R"(user = "u", password = "hush", table = "mail.events")");
  ASSERT_THAT(loaded.problems, SizeIs(0)) << to_string(loaded.problems.front());
  const exports::Options& made = loaded.settings.exports.at(0);
  EXPECT_EQ(made.kind, exports::Kind::clickhouse);
  EXPECT_THAT(made.accounts, ElementsAre("shop"));
  EXPECT_THAT(made.types, ElementsAre(events::Type::failed, events::Type::opened));
  EXPECT_EQ(made.start, exports::Start::end);
  EXPECT_EQ(made.gather, 5s);
  EXPECT_EQ(made.batch, 500U);
  EXPECT_EQ(made.table, "mail.events");
  for (const SettingValue& value : loaded.values) {
    EXPECT_THAT(value.value, Not(HasSubstr("hush"))) << value.key;
  }
}

TEST(SettingsExport, PropertiesOfKafkaAreNeverShown) {
  const LoadedSettings loaded =
      load(R"(name = "s", type = "kafka", brokers = "127.0.0.1:9092", topic = "t",)"
           R"(properties = { "sasl.password" = "hush" })");
  ASSERT_THAT(loaded.problems, SizeIs(0)) << to_string(loaded.problems.front());
  EXPECT_EQ(loaded.settings.exports.at(0).properties.at(0).second, "hush");
  for (const SettingValue& value : loaded.values) {
    EXPECT_THAT(value.value, Not(HasSubstr("hush"))) << value.key;
  }
}

struct Mistake {
  const char* name;
  const char* table;
  const char* says;
};

class ExportMistake : public testing::TestWithParam<Mistake> {};

TEST_P(ExportMistake, IsToldWithWhatToWrite) {
  const LoadedSettings loaded = load(GetParam().table);
  std::string all;
  for (const Problem& problem : loaded.problems) {
    all += to_string(problem) + "\n";
  }
  EXPECT_THAT(all, HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    All, ExportMistake,
    testing::Values(
        Mistake{"NoName", R"(type = "files", folder = "/x")", "export[0].name: must be 1 to 40"},
        Mistake{"NoType", R"(name = "a")", "export[0].type: is missing; write \"clickhouse\""},
        Mistake{"WrongType", R"(name = "a", type = "s3")", "export[0].type"},
        Mistake{"WrongName", R"(name = "A b", type = "files", folder = "/x")", "small letters"},
        Mistake{"OfAnotherType", R"(name = "a", type = "files", folder = "/x", topic = "t")",
                "export[0].topic: is of exports of type \"kafka\""},
        Mistake{"NoFolder", R"(name = "a", type = "files")", "export[0].folder: is missing"},
        Mistake{"WrongEvent", R"(name = "a", type = "files", folder = "/x", types = ["opend"])",
                "'opend' is not a type of event: there are accepted, delivered"},
        Mistake{"NoUrl", R"(name = "a", type = "clickhouse")", "export[0].url: the URL"},
        Mistake{"PasswordInTheUrl", R"(name = "a", type = "clickhouse", url = "http://u:p@h/")",
                "write them as user and password"},
        Mistake{"WrongTable",
                R"(name = "a", type = "clickhouse", url = "http://h/", table = "a;b")",
                "the table's name must be"},
        Mistake{"NoBroker", R"(name = "a", type = "kafka", topic = "t")", "there is no broker"},
        Mistake{"OurProperty",
                R"(name = "a", type = "kafka", topic = "t", brokers = ["h:1"],)"
                R"(properties = { acks = "1" })",
                "the property acks is set by Postrider"}),
    [](const auto& row) { return row.param.name; });

TEST(SettingsExport, TwoOfOneNameCantBe) {
  const std::string one = R"({name = "a", type = "files", folder = "/x"})";
  const LoadedSettings loaded =
      load_settings({.file = {}, .overrides = {"export=[" + one + "," + one + "]"}});
  ASSERT_THAT(loaded.problems, SizeIs(1));
  EXPECT_THAT(to_string(loaded.problems[0]), HasSubstr("\"a\" is an export already"));
}

TEST(SettingsExport, ChangesWaitForARestart) {
  const Settings running = load(R"(name = "a", type = "files", folder = "/x")").settings;
  Settings wanted = load(R"(name = "a", type = "files", folder = "/y")").settings;
  EXPECT_THAT(keep_until_restart(running, wanted), ElementsAre("export"));
  EXPECT_EQ(wanted.exports, running.exports);
}

}  // namespace
}  // namespace postrider::relay
