#include "base/privacy.h"

#include <gtest/gtest.h>

namespace postrider {
namespace {

TEST(Privacy, EveryLevelHasANameAndNoOtherNameIsOne) {
  for (const Privacy privacy : {Privacy::off, Privacy::anonymous, Privacy::pseudonymous,
                                Privacy::identified, Privacy::full}) {
    EXPECT_EQ(parse_privacy(to_string(privacy)).value(), privacy);
  }
  EXPECT_EQ(parse_privacy("some").error().code(), Errc::invalid);
  EXPECT_EQ(parse_privacy("").error().code(), Errc::invalid);
}

// A message's level is compared with its account's.
TEST(Privacy, LevelsAreInOrder) {
  EXPECT_LT(Privacy::off, Privacy::anonymous);
  EXPECT_LT(Privacy::anonymous, Privacy::pseudonymous);
  EXPECT_LT(Privacy::pseudonymous, Privacy::identified);
  EXPECT_LT(Privacy::identified, kPrivacyMost);
}

}  // namespace
}  // namespace postrider
