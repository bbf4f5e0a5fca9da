#include "relay/test_clock.h"

#include <fstream>
#include <utility>

namespace postrider::relay {

Result<std::unique_ptr<TestClock>> TestClock::open(const std::filesystem::path& data) {
  std::filesystem::path file = data / "test-clock";
  std::int64_t kept = 0;
  std::ifstream(file) >> kept;
  const Time start = kept > 0 ? Time(Duration(kept)) : SystemClock().now();
  std::unique_ptr<TestClock> made(new TestClock(std::move(file), start));
  TRY_VOID(made->keep());
  return made;
}

Result<> TestClock::keep() const {
  std::ofstream out(file_, std::ios::trunc);
  out << clock_.now().time_since_epoch().count() << "\n";
  if (!out.flush()) {
    return fail(Errc::unavailable, "writing " + file_.string() + " failed");
  }
  return {};
}

Result<Time> TestClock::advance(Duration by) {
  clock_.advance(by);
  TRY_VOID(keep());
  return clock_.now();
}

}  // namespace postrider::relay
