// The compiler's part of the bargain: temporaries in co_await expressions live and die exactly
// once, and operands that must not run don't. GCC 12 breaks most of these in silence, which is why
// the presets name clang 19; whoever brings another compiler learns here what it does.
//
// Each form counts the objects that are alive when it is over: above 0 is a leak, below 0 something
// was destroyed twice.
#include <functional>
#include <gtest/gtest.h>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace postrider::net {
namespace {

using boost::asio::awaitable;

int alive = 0;

/// Counts itself, and holds what a double destruction would free twice without ever freeing it.
struct Tracked {
  Tracked() { ++alive; }
  explicit Tracked(int) { ++alive; }
  Tracked(const Tracked&) { ++alive; }
  Tracked(Tracked&&) noexcept { ++alive; }
  Tracked& operator=(const Tracked&) = default;
  Tracked& operator=(Tracked&&) = default;
  ~Tracked() { --alive; }
};

struct Options {
  Tracked host;
  int port = 25;
  std::vector<Tracked> more;
};

struct Outcome {
  Tracked text;
  int code = 0;
};

awaitable<void> pause() {
  co_await boost::asio::post(boost::asio::use_awaitable);
}
awaitable<int> take(Options options) {
  co_await pause();
  co_return options.port;
}
awaitable<int> take_default(Options options = {.host = Tracked(1), .port = 587, .more = {}}) {
  co_await pause();
  co_return options.port;
}
awaitable<int> take_reference(const Tracked& /*tracked*/) {
  co_await pause();
  co_return 1;
}
awaitable<int> run(std::function<int()> work) {
  co_await pause();
  co_return work();
}
awaitable<Tracked> read() {
  co_await pause();
  co_return Tracked(1);
}
awaitable<bool> answer(bool value, int& calls) {
  ++calls;
  co_await pause();
  co_return value;
}
int with_both(const Tracked& /*a*/, int b) {
  return b;
}

struct Form {
  std::string name;
  std::function<awaitable<int>()> run;  // returns `want`
  int want;
};

class CoroutineForms : public testing::TestWithParam<Form> {};

TEST_P(CoroutineForms, DestroyEachTemporaryOnce) {
  alive = 0;
  std::optional<int> got;
  boost::asio::io_context io;
  boost::asio::co_spawn(io, GetParam().run(), [&](const std::exception_ptr& error, int value) {
    EXPECT_FALSE(error);
    got = value;
  });
  io.run();
  EXPECT_EQ(alive, 0) << (alive > 0 ? "leaked" : "destroyed twice");
  EXPECT_EQ(got, GetParam().want);
}

awaitable<int> braced_argument() {
  co_return co_await take({.host = Tracked(1), .port = 25, .more = {}});
}
awaitable<int> braced_argument_with_vector() {
  co_return co_await take({.host = Tracked(1), .port = 26, .more = std::vector<Tracked>(3)});
}
awaitable<int> default_argument() {
  co_return co_await take_default();
}
awaitable<int> temporary_by_reference() {
  co_return co_await take_reference(Tracked(1));
}
awaitable<int> capture_by_value() {
  const Tracked tracked;
  co_return co_await run([tracked] { return 7; });
}
awaitable<int> two_captures() {
  const Tracked one;
  const std::string two(100, 'x');
  co_return co_await run([one, two] { return static_cast<int>(two.size()); });
}
awaitable<int> conditional_argument() {
  const Tracked kept;
  const bool fresh = alive > 0;
  co_return co_await take_reference(fresh ? Tracked(1) : kept);
}
awaitable<int> conditional_await() {
  const bool yes = alive == 0;
  co_return yes ? co_await take({.host = Tracked(1), .port = 3, .more = {}}) : 0;
}
awaitable<int> await_in_an_initialiser() {
  const Outcome outcome{.text = co_await read(), .code = 5};
  co_return outcome.code;
}
awaitable<int> await_among_arguments() {
  co_return with_both(Tracked(1), co_await take_default());
}
awaitable<int> await_in_a_condition() {
  if (co_await take_reference(Tracked(1)) == 1) {
    co_return 1;
  }
  co_return 0;
}
awaitable<int> loop_that_must_not_await() {
  int calls = 0;
  const bool more = alive > 100;
  while (more && co_await answer(true, calls)) {
  }
  co_return calls;
}
awaitable<int> short_circuits() {
  int calls = 0;
  const bool no = alive > 100;
  const bool either = !no || co_await answer(true, calls);
  const bool both = no && co_await answer(true, calls);
  co_return either && !both ? calls : -1;
}
awaitable<int> exception_through_an_await() {
  const auto thrower = [](Tracked /*tracked*/) -> awaitable<int> {
    co_await pause();
    throw std::runtime_error("expected");
  };
  try {
    co_return co_await thrower(Tracked(1));
  } catch (const std::runtime_error&) {
    co_return 9;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, CoroutineForms,
    testing::Values(Form{"BracedArgument", braced_argument, 25},
                    Form{"BracedArgumentWithVector", braced_argument_with_vector, 26},
                    Form{"DefaultArgument", default_argument, 587},
                    Form{"TemporaryByReference", temporary_by_reference, 1},
                    Form{"CaptureByValue", capture_by_value, 7},
                    Form{"TwoCaptures", two_captures, 100},
                    Form{"ConditionalArgument", conditional_argument, 1},
                    Form{"ConditionalAwait", conditional_await, 3},
                    Form{"AwaitInAnInitialiser", await_in_an_initialiser, 5},
                    Form{"AwaitAmongArguments", await_among_arguments, 587},
                    Form{"AwaitInACondition", await_in_a_condition, 1},
                    Form{"LoopThatMustNotAwait", loop_that_must_not_await, 0},
                    Form{"ShortCircuits", short_circuits, 0},
                    Form{"ExceptionThroughAnAwait", exception_through_an_await, 9}),
    [](const auto& form) { return form.param.name; });

}  // namespace
}  // namespace postrider::net
