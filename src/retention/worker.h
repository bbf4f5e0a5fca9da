// Lets go of what has had its time: a thread, niced, that looks once in a few seconds, works in
// small steps with a pause in between, and does nothing while there is nothing to do.
//
// Thread: start() and stop() from the main thread; the rest from any.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "directory/directory.h"
#include "retention/content_store.h"
#include "retention/log_trimmer.h"
#include "retention/options.h"
#include "retention/sweep.h"
#include "store/store.h"

namespace postrider::net {
class Mailbox;
}
namespace postrider::events {
class Consumers;
}
namespace postrider::webhook {
class Webhooks;
}

namespace postrider::retention {

struct Figures {
  std::uint64_t first = 0;     ///< number of the oldest event
  Time oldest{};               ///< its time; 0: there is none
  std::uint64_t bytes = 0;     ///< of events and their index, on disk
  std::uint64_t trimmed = 0;   ///< events, since the start
  std::uint64_t lost = 0;      ///< by readers that had not come so far, since the start
  std::uint64_t failures = 0;  ///< steps that have failed, since the start
};

class Worker {
 public:
  /// All outlive it; `mailbox` hears of commits.
  struct Parts {
    const Clock& clock;
    store::Store& store;
    directory::Directory& directory;
    events::Consumers& consumers;
    webhook::Webhooks& webhooks;
    ContentStore& content;
    net::Mailbox& mailbox;
  };
  Worker(Parts parts, Options options);
  ~Worker();  ///< stop()
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void start();
  void stop();

  void set_options(const Options& options);
  Options options() const;
  void tick();  ///< the clock has jumped
  /// While it is held, nothing is let go: who writes anew what is there brings nothing back.
  std::unique_lock<std::mutex> hold();
  Figures figures() const;

 private:
  void run();
  bool work();
  Result<bool> step(const Options& options);
  Result<bool> sweep(const Options& options);
  Result<> commit(store::Step step);
  Result<std::vector<LogReader>> readers() const;
  void lose(const LogReader& reader, std::uint64_t first);
  bool is_stopping() const;
  void look_at_oldest();

  Parts parts_;
  LogTrimmer trimmer_;
  bool is_open_ = false;
  std::optional<Sweep> sweep_;
  std::optional<std::chrono::sys_days> swept_;  // the day of the last one

  std::mutex working_;  // held over each step
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Options options_;
  bool stopping_ = false;
  bool is_called_ = false;
  Time oldest_{};
  std::uint64_t lost_ = 0;
  std::uint64_t failures_ = 0;
  std::thread thread_;
};

}  // namespace postrider::retention
