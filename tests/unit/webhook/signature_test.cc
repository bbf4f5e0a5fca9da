#include "webhook/signature.h"

#include <array>
#include <gtest/gtest.h>

namespace postrider::webhook {
namespace {

const std::string kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const Time kTime{std::chrono::seconds(1614265330)};

// Made with Python's hmac over the same key, id, time and body.
TEST(Signature, IsWhatOthersCompute) {
  const std::array secrets{kSecret};
  EXPECT_EQ(sign(secrets, "msg_p5jXN8AQM9LWM0D4loKWxJek", kTime, R"({"test": 2432232314})"),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(Signature, StandsOnceForEachLiveKey) {
  const std::array secrets{kSecret, std::string("whsec_" + std::string(32, 'A'))};
  const std::string both = sign(secrets, "id", kTime, "{}");
  EXPECT_EQ(both.substr(0, both.find(' ')), sign(std::span(secrets).first(1), "id", kTime, "{}"));
  EXPECT_EQ(both.substr(both.find(' ') + 1), sign(std::span(secrets).last(1), "id", kTime, "{}"));
  const std::array with_none{kSecret, std::string()};
  EXPECT_EQ(sign(with_none, "id", kTime, "{}").find(' '), std::string::npos);
}

TEST(Signature, KeysAreOfACertainLength) {
  EXPECT_TRUE(parse_secret(kSecret));
  EXPECT_FALSE(parse_secret(kSecret.substr(6)));
  EXPECT_FALSE(parse_secret("whsec_" + std::string(28, 'A')));
  EXPECT_FALSE(parse_secret("whsec_" + std::string(88, 'A')));
  EXPECT_FALSE(parse_secret("whsec_#" + std::string(31, 'A')));
}

TEST(RequestId, FollowsFromEndpointAndBody) {
  EXPECT_EQ(request_id(1, "{}"), request_id(1, "{}"));
  EXPECT_NE(request_id(1, "{}"), request_id(2, "{}"));
  EXPECT_NE(request_id(1, "{}"), request_id(1, "[]"));
}

}  // namespace
}  // namespace postrider::webhook
