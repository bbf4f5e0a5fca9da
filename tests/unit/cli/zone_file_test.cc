#include "cli/zone_file.h"

#include <gtest/gtest.h>

namespace postrider::cli {
namespace {

TEST(ZoneFile, NamesAreAbsoluteAndTextsQuoted) {
  EXPECT_EQ(zone_line("bounces.a.example", "CNAME", "esp.example"),
            "bounces.a.example.\tIN\tCNAME\tesp.example.\n");
  EXPECT_EQ(zone_line("a.example", "TXT", "say \"hi\" \\"),
            "a.example.\tIN\tTXT\t\"say \\\"hi\\\" \\\\\"\n");
}

TEST(ZoneFile, LongTextsAreCutAt255Bytes) {
  EXPECT_EQ(zone_line("a", "TXT", std::string(255, 'x')),
            "a.\tIN\tTXT\t\"" + std::string(255, 'x') + "\"\n");
  EXPECT_EQ(zone_line("a", "TXT", std::string(256, 'x')),
            "a.\tIN\tTXT\t\"" + std::string(255, 'x') + "\" \"x\"\n");
}

}  // namespace
}  // namespace postrider::cli
