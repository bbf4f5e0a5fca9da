#include "readers/lookup.h"

#include <fstream>
#include <gtest/gtest.h>

#include "support/fresh_folder.h"

namespace postrider::readers {
namespace {

const std::filesystem::path kData = TEST_DATA;

TEST(Lookup, WithoutFilesNothingIsKnown) {
  const auto lookup = Lookup::load({.user_agents = {}}).value();
  const auto address = boost::asio::ip::make_address("192.0.2.1");
  EXPECT_EQ(lookup.client_of("Mozilla/5.0 (X11; Linux) Firefox/128.0"), Client());
  EXPECT_EQ(lookup.country_of(address), "");
  EXPECT_EQ(lookup.origin_of(address), Origin());
}

TEST(Lookup, EachFileTellsItsPart) {
  const test::FreshFolder folder;
  std::ofstream(folder / "networks") << "192.0.2.0/24 example-net\n";
  std::ofstream(folder / "agents") << "user_agent_parsers:\n  - regex: '(Fox)'\n"
                                      "device_parsers:\n  - regex: '(Box)'\n";
  const auto lookup = Lookup::load({.user_agents = folder / "agents",
                                    .countries = kData / "countries.mmdb",
                                    .autonomous_systems = kData / "systems.mmdb",
                                    .networks = folder / "networks"})
                          .value();
  const auto address = boost::asio::ip::make_address("192.0.2.1");
  for (int i = 0; i < 2; ++i) {  // found, and remembered
    EXPECT_EQ(lookup.client_of("Fox in Box"), (Client{"Fox", "Box"}));
  }
  EXPECT_EQ(lookup.country_of(address), "DE");
  EXPECT_EQ(lookup.origin_of(address),
            (Origin{.network = "example-net", .autonomous_system = 64496}));
}

TEST(Lookup, AFileThatIsNamedMustBeThere) {
  for (auto member :
       {&Files::user_agents, &Files::countries, &Files::autonomous_systems, &Files::networks}) {
    Files files{.user_agents = {}};
    files.*member = "/nonexistent/file";
    const auto lookup = Lookup::load(files);
    ASSERT_FALSE(lookup);
    EXPECT_EQ(lookup.error().code(), Errc::not_found);
    EXPECT_EQ(lookup.error().text(), "/nonexistent/file can't be read: No such file or directory");
  }
}

TEST(ClientCache, KeepsWhatCameLatelyInBoundedMemory) {
  ClientCache cache(100);
  cache.put("often", {"Often", ""});
  for (int i = 0; i < 1000; ++i) {
    cache.put("agent " + std::to_string(i), {"Other", ""});
    EXPECT_TRUE(cache.find("often")) << i;
  }
  EXPECT_LE(cache.size(), 200U);
  EXPECT_FALSE(cache.find("agent 0"));
  EXPECT_EQ(cache.find("agent 999"), (Client{"Other", ""}));
}

}  // namespace
}  // namespace postrider::readers
