#include "directory/authenticator.h"

#include <gtest/gtest.h>

#include "directory/failure_counter.h"
#include "support/fresh_folder.h"

namespace postrider::directory {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::make_address;

constexpr Time kStart{std::chrono::milliseconds(1'790'000'000'000)};
const auto kHome = make_address("192.0.2.1");
const auto kStranger = make_address("198.51.100.7");

class AuthenticatorTest : public testing::Test {
 protected:
  void SetUp() override {
    directory = Directory::open(folder / "directory.sqlite", OpenMode::read_write).value();
    account = directory->add_account("shop", kStart)->id;
    add("ann", "right password");
    authenticator = std::make_unique<Authenticator>(
        *directory, clock,
        AuthenticatorOptions{.failures_by_address = 4, .failures_by_user = 6, .entries_max = 8});
  }

  void add(const char* user, const char* password) {
    ASSERT_TRUE(directory->add_credential(account, user, password, Stream::bulk, kStart));
  }
  Verdict verify(const boost::asio::ip::address& from, const char* user, const char* password) {
    return authenticator->verify(from, user, password).verdict;
  }
  bool is_remembered(const char* user, const char* password) {
    const auto known = authenticator->look_up(kHome, user, password);
    return known && known->verdict == Verdict::accepted;
  }

  test::FreshFolder folder;
  ManualClock clock{kStart};
  std::unique_ptr<Directory> directory;
  AccountId account;
  std::unique_ptr<Authenticator> authenticator;
};

TEST_F(AuthenticatorTest, RightPasswordNamesCredentialAndAccount) {
  const AuthResult result = authenticator->verify(kHome, "ann", "right password");
  ASSERT_EQ(result.verdict, Verdict::accepted);
  ASSERT_TRUE(directory->remove_credential("ann"));
  EXPECT_EQ(result.credential->user, "ann") << "the result keeps its snapshot";
  EXPECT_EQ(result.account->name, "shop");
  EXPECT_EQ(result.delay, 0ms);
}

TEST_F(AuthenticatorTest, WrongPasswordAndUnknownUserLookTheSame) {
  const AuthResult wrong = authenticator->verify(kHome, "ann", "wrong password");
  const AuthResult unknown = authenticator->verify(kStranger, "bob", "right password");
  EXPECT_EQ(wrong.verdict, Verdict::wrong);
  EXPECT_EQ(unknown.verdict, Verdict::wrong);
  EXPECT_EQ(wrong.credential, nullptr);
  EXPECT_EQ(wrong.delay, unknown.delay);
}

TEST_F(AuthenticatorTest, UnknownUserCostsArgonToo) {
  using Steady = std::chrono::steady_clock;
  const auto cost = [&](const char* user) {
    auto least = Steady::duration::max();
    for (int i = 0; i < 3; ++i) {
      const auto from = Steady::now();
      verify(make_address(i == 0   ? "192.0.2.3"
                          : i == 1 ? "192.0.2.4"
                                   : "192.0.2.5"),
             user, "guess");
      least = std::min(least, Steady::now() - from);
    }
    return least;
  };
  EXPECT_GT(cost("nobody"), cost("ann") / 4);
}

TEST_F(AuthenticatorTest, VerifiedPasswordIsRememberedForMinutesOnly) {
  EXPECT_FALSE(is_remembered("ann", "right password"));
  verify(kHome, "ann", "right password");
  EXPECT_TRUE(is_remembered("ann", "right password"));
  EXPECT_FALSE(is_remembered("ann", "wrong password"));
  clock.advance(4min);
  EXPECT_TRUE(is_remembered("ann", "right password"));
  clock.advance(1min);
  EXPECT_FALSE(is_remembered("ann", "right password")) << "use must not prolong it";
}

TEST_F(AuthenticatorTest, ChangedOrRemovedPasswordIsNotTakenFromMemory) {
  verify(kHome, "ann", "right password");
  ASSERT_TRUE(directory->remove_credential("ann"));
  EXPECT_FALSE(is_remembered("ann", "right password"));
  add("ann", "other password");
  EXPECT_FALSE(is_remembered("ann", "right password"));
  EXPECT_EQ(verify(kHome, "ann", "right password"), Verdict::wrong);
  EXPECT_EQ(verify(kHome, "ann", "other password"), Verdict::accepted);
}

TEST_F(AuthenticatorTest, InactiveAccountIsRefusedAlsoFromMemory) {
  verify(kHome, "ann", "right password");
  ASSERT_TRUE(directory->change_account("shop", {.is_active = false}));
  EXPECT_FALSE(is_remembered("ann", "right password"));
  EXPECT_EQ(verify(kHome, "ann", "right password"), Verdict::wrong);
}

TEST_F(AuthenticatorTest, EachFailureIsAnsweredLater) {
  Duration last{0};
  for (int i = 0; i < 4; ++i) {
    const AuthResult result = authenticator->verify(kHome, "ann", "wrong password");
    EXPECT_GT(result.delay, last);
    last = result.delay;
  }
}

TEST_F(AuthenticatorTest, AddressThatGuessesIsRefusedForAWindowEvenWithTheRightPassword) {
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(verify(kStranger, ("user" + std::to_string(i)).c_str(), "guess"), Verdict::wrong);
  }
  EXPECT_EQ(verify(kStranger, "ann", "right password"), Verdict::too_many_failures);
  EXPECT_EQ(authenticator->look_up(kStranger, "ann", "x")->verdict, Verdict::too_many_failures);
  EXPECT_EQ(verify(kHome, "ann", "right password"), Verdict::accepted);
  clock.advance(15min - 1ms);
  EXPECT_EQ(verify(kStranger, "ann", "right password"), Verdict::too_many_failures);
  clock.advance(1ms);
  EXPECT_EQ(verify(kStranger, "ann", "right password"), Verdict::accepted);
}

TEST_F(AuthenticatorTest, RememberedPasswordTellsARefusedGuesserNothing) {
  verify(kHome, "ann", "right password");
  for (int i = 0; i < 4; ++i) {
    verify(kStranger, "ann", "guess");
  }
  EXPECT_EQ(authenticator->look_up(kStranger, "ann", "right password")->verdict,
            Verdict::too_many_failures);
}

TEST_F(AuthenticatorTest, UserWhoIsGuessedFromEverywhereIsRefusedExceptWhereAtHome) {
  ASSERT_EQ(verify(kHome, "ann", "right password"), Verdict::accepted);
  clock.advance(10min);
  for (int i = 0; i < 6; ++i) {
    const auto bot = make_address("203.0.113." + std::to_string(i));
    EXPECT_EQ(verify(bot, "ann", "guess"), Verdict::wrong);
  }
  EXPECT_EQ(verify(kStranger, "ann", "right password"), Verdict::too_many_failures);
  EXPECT_EQ(verify(kHome, "ann", "right password"), Verdict::accepted);
}

TEST_F(AuthenticatorTest, NeighboursInASlash64AreOneGuesser) {
  for (int i = 0; i < 4; ++i) {
    verify(make_address("2001:db8::" + std::to_string(i + 1)), "ann", "guess");
  }
  EXPECT_EQ(verify(make_address("2001:db8::99"), "ann", "right password"),
            Verdict::too_many_failures);
  EXPECT_EQ(verify(make_address("2001:db8:0:1::1"), "ann", "right password"), Verdict::accepted);
}

TEST_F(AuthenticatorTest, MappedAddressIsItsIpv4Address) {
  for (int i = 0; i < 4; ++i) {
    verify(make_address("::ffff:192.0.2.1"), "ann", "guess");
  }
  EXPECT_EQ(verify(kHome, "ann", "right password"), Verdict::too_many_failures);
  EXPECT_EQ(verify(make_address("::ffff:192.0.2.2"), "ann", "right password"), Verdict::accepted);
}

TEST_F(AuthenticatorTest, OldestEntryGoesFirst) {
  verify(kHome, "ann", "right password");
  for (int i = 0; i < 8; ++i) {
    add(("u" + std::to_string(i)).c_str(), "right password");
    verify(kHome, ("u" + std::to_string(i)).c_str(), "right password");
  }
  EXPECT_FALSE(is_remembered("ann", "right password"));
  EXPECT_TRUE(is_remembered("u0", "right password"));
}

Digest key(std::uint8_t first) {
  return {first};
}

TEST(FailureCounter, WindowSlides) {
  FailureCounter counter({.window = 10min, .failures_max = 100, .entries_max = 10});
  Time now = kStart;
  for (std::uint32_t i = 1; i <= 8; ++i) {
    EXPECT_EQ(counter.count(key(1), now), i);
  }
  EXPECT_EQ(counter.count(key(1), now + 15min), 1U + 4U)
      << "half of the window before still counts";
  EXPECT_EQ(counter.count(key(1), now + 40min), 1U);
  EXPECT_EQ(counter.count(key(2), now), 1U);
}

TEST(FailureCounter, RefusesFromTheLimitForOneWindow) {
  FailureCounter counter({.window = 10min, .failures_max = 2, .entries_max = 10});
  counter.count(key(1), kStart);
  EXPECT_FALSE(counter.is_refused(key(1), kStart));
  counter.count(key(1), kStart + 9min);
  EXPECT_TRUE(counter.is_refused(key(1), kStart + 18min));
  EXPECT_FALSE(counter.is_refused(key(1), kStart + 19min));
  EXPECT_EQ(counter.count(key(1), kStart + 19min), 1U);
}

TEST(RecentTable, ForgetsWhatIsOldAndTheLeastRecentlyTouchedWhenFull) {
  RecentTable<int> table(2, 10min);
  table.touch(key(1), kStart) = 1;
  table.touch(key(2), kStart + 1min) = 2;
  table.touch(key(1), kStart + 2min);
  table.touch(key(3), kStart + 3min) = 3;
  EXPECT_EQ(table.find(key(2), kStart + 3min), nullptr);
  ASSERT_NE(table.find(key(1), kStart + 3min), nullptr);
  EXPECT_EQ(*table.find(key(1), kStart + 3min), 1);
  EXPECT_EQ(table.find(key(1), kStart + 12min), nullptr);
  table.touch(key(4), kStart + 1h);
  EXPECT_EQ(table.size(), 1U);
}

}  // namespace
}  // namespace postrider::directory
