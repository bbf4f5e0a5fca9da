// The messages of a load.
#include "load/load_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "smtp/content_check.h"

namespace postrider::load {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

Options options_with(std::uint32_t recipients, std::uint64_t size_bytes) {
  return {.sender = {.local = "shop", .domain = "example.org"},
          .domains = DomainPattern::parse("d%d.example*3").value(),
          .recipients = recipients,
          .size_bytes = size_bytes};
}

std::string text_of(const smtp::Outgoing& message) {
  std::string text;
  for (const std::string_view piece : message.content) {
    text += piece;
  }
  return text;
}

MessageMaker maker(const Options& options) {
  return {options, 10, std::make_shared<std::string>(make_body(options.size_bytes)),
          "Tue, 24 Nov 2026 10:00:00 +0000"};
}

TEST(LoadMessages, HaveNumberedRecipientsInTheDomainsInTurn) {
  const Options options = options_with(2, 4096);
  MessageMaker messages = maker(options);
  const smtp::Outgoing message = messages.make(2);
  ASSERT_EQ(message.envelope->recipients.size(), 2U);
  EXPECT_EQ(to_string(message.envelope->recipients[0].address), "load-0000000a-4@d1.example");
  EXPECT_EQ(to_string(message.envelope->recipients[1].address), "load-0000000a-5@d2.example");
  EXPECT_EQ(to_string(message.envelope->reverse_path), "shop@example.org");
}

TEST(LoadMessages, SayWhomTheyAreFor) {
  const Options options = options_with(2, 4096);
  MessageMaker messages = maker(options);
  const std::string text = text_of(messages.make(2));
  EXPECT_THAT(text, StartsWith("From: shop@example.org\r\n"));
  EXPECT_EQ(find_id_header(text), messages.ids(2));
  EXPECT_EQ(messages.ids(2), (LoadMessage{.run = 10, .first = 4, .count = 2}));
}

TEST(LoadMessages, AreAsLongAsAskedForAndWellFormed) {
  for (std::uint64_t size = 600; size < 700; ++size) {  // a line is shorter than that
    const Options options = options_with(1, size);
    MessageMaker messages = maker(options);
    const smtp::Outgoing message = messages.make(0);
    const std::string text = text_of(message);
    EXPECT_EQ(text.size(), message.content_bytes);
    EXPECT_LE(text.size(), size);
    EXPECT_GE(text.size() + 1, size);
    EXPECT_TRUE(smtp::has_only_crlf(text));
    EXPECT_TRUE(text.ends_with("\r\n"));
    EXPECT_THAT(text, testing::Not(HasSubstr("\r\n.")));
  }
}

TEST(LoadMessages, HaveAWholeHeaderHoweverShort) {
  const Options options = options_with(1, 1);
  MessageMaker messages = maker(options);
  EXPECT_THAT(text_of(messages.make(0)), HasSubstr("\r\n\r\n"));
}

}  // namespace
}  // namespace postrider::load
