#include "base/json_text.h"

#include <gtest/gtest.h>

namespace postrider {
namespace {

std::string written(std::string_view text) {
  JsonText json;
  json.begin_object();
  json.field("x", text);
  json.end_object();
  return json.take();
}

TEST(JsonText, EscapesWhateverControls) {
  EXPECT_EQ(written("\"\\\n\r\t"), R"({"x":"\"\\\n\r\t"})");
  EXPECT_EQ(written("\x01\x1b\x7f"), R"({"x":"\u0001\u001b\u007f"})");
  EXPECT_EQ(written("\xc2\x80 \xc2\x9b \xc2\x9f"), R"({"x":"\u0080 \u009b \u009f"})");
}

TEST(JsonText, KeepsOtherTextAndReplacesWhatIsNoUtf8) {
  EXPECT_EQ(written("\xc2\xa0 \xc3\xbc \xe2\x82\xac"),
            "{\"x\":\"\xc2\xa0 \xc3\xbc \xe2\x82\xac\"}");
  EXPECT_EQ(written("a\xc2"), R"({"x":"a\ufffd"})");
}

}  // namespace
}  // namespace postrider
