// Our own defects: an exception ends the connection that it came up in, and costs nobody a message.
#include <stdexcept>

#include "delivery_harness.h"

namespace postrider::delivery {
namespace {

using testing::HasSubstr;

/// Throws where one message is read.
class FaultySpool final : public spool::Spool {
 public:
  explicit FaultySpool(spool::Spool& real) : real_(real) {}

  void add(store::Step& step, const spool::Message& message,
           std::shared_ptr<const std::string> content, std::string_view plan) override {
    real_.add(step, message, std::move(content), plan);
  }
  void defer(store::Step& step, MessageId id, std::uint32_t index,
             const spool::RecipientState& state) override {
    real_.defer(step, id, index, state);
  }
  bool settle(store::Step& step, MessageId id, std::uint32_t index, std::uint32_t count,
              bool was_tried) override {
    return real_.settle(step, id, index, count, was_tried);
  }
  std::optional<store::Step> settled(MessageId id, std::uint32_t count) override {
    return real_.settled(id, count);
  }
  Result<spool::Message> read(MessageId id) const override { return real_.read(id); }
  Result<spool::Content> read_content(MessageId id) const override {
    if (id == defective) {
      throw std::logic_error("an index out of range");
    }
    return real_.read_content(id);
  }
  Result<std::optional<spool::RecipientState>> read_state(MessageId id,
                                                          std::uint32_t index) const override {
    return real_.read_state(id, index);
  }
  Result<> set_aside(store::Step& step, MessageId id) override { return real_.set_aside(step, id); }
  Result<spool::RecoveryFigures> recover(const std::function<void(spool::Recovered)>& take,
                                         store::Step& repairs,
                                         std::vector<std::string>& problems) override {
    return real_.recover(take, repairs, problems);
  }

  MessageId defective;

 private:
  spool::Spool& real_;
};

class Defects : public DeliveryTest {
 protected:
  void open() { dispatcher = std::make_unique<Dispatcher>(with_fault, options_now()); }

  void TearDown() override {
    finish(dispatcher->stop(1ms));
    DeliveryTest::TearDown();
  }

  FaultySpool faulty{spool};
  const Services with_fault{.clock = clock,
                            .threads = threads,
                            .spool = faulty,
                            .directory = directory,
                            .resolver = resolver,
                            .recorder = recorder,
                            .tracking_keys = services.tracking_keys,
                            .tls = services.tls,
                            .token_key = {},
                            .return_path_domain = "bounces.relay.example"};
  ScriptedHost& mx = host("mx1");
  std::unique_ptr<Dispatcher> dispatcher;
};

TEST_F(Defects, InReadingOneMessageIsToldAndTheOthersGoOn) {
  resolver.mail["example.net"] = {{10, "mx1"}};
  const queue::Waiting bad = letter("ann@example.net");
  faulty.defective = bad.message;
  open();
  dispatcher->add_recovered(bad);
  dispatcher->add_recovered(letter("bob@example.net"));
  ASSERT_TRUE(run_until_attempts(2));
  const bool first_is_bad = recorder.attempts[0].waiting.message == bad.message;
  const Attempt& told_bad = recorder.attempts[first_is_bad ? 0 : 1];
  const Attempt& told_good = recorder.attempts[first_is_bad ? 1 : 0];
  EXPECT_TRUE(told_bad.is_defect);
  EXPECT_THAT(told_bad.reply.text, HasSubstr("out of range"));
  EXPECT_FALSE(told_good.is_defect);
  EXPECT_EQ(told_good.reply.code, 250);
}

TEST_F(Defects, InWritingDownAnAttemptIsToldInItsPlace) {
  resolver.mail["example.net"] = {{10, "mx1"}};
  recorder.again = [](const Attempt& attempt) -> std::optional<queue::Waiting> {
    if (!attempt.is_defect) {
      throw std::logic_error("a report can't be built");
    }
    return std::nullopt;
  };
  open();
  const queue::Waiting waiting = letter("ann@example.net");
  dispatcher->add_recovered(waiting);
  ASSERT_TRUE(run_until_attempts(1));
  EXPECT_TRUE(recorder.attempts[0].is_defect);
  EXPECT_EQ(recorder.attempts[0].waiting.message, waiting.message);
  EXPECT_EQ(recorder.attempts[0].waiting.domain, "example.net") << "it must find its way again";
  EXPECT_THAT(recorder.attempts[0].reply.text, HasSubstr("report"));
}

}  // namespace
}  // namespace postrider::delivery
