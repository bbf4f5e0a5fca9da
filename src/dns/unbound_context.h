// libunbound's context, watched by an io thread, and one look-up in it. Private to dns/resolver.cc.
//
// libunbound resolves on a thread of its own and hands answers out through a pipe. The io thread
// that watches it calls back; from there an answer is posted to the thread whose coroutine waits
// for it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "base/result.h"
#include "dns/resolver.h"
#include "dns/turns.h"

struct ub_ctx;
struct ub_result;

namespace postrider::dns {

enum class Type : std::uint16_t { a = 1, cname = 5, mx = 15, txt = 16, aaaa = 28 };

/// An answer with data, still on the wire's terms.
struct WireAnswer {
  std::vector<std::string> records;
  std::string canonical_name;
  bool is_secure = false;
  std::chrono::seconds ttl{0};
};

class UnboundContext : public std::enable_shared_from_this<UnboundContext> {
 public:
  static Result<std::shared_ptr<UnboundContext>> create(
      const boost::asio::any_io_executor& executor, const ResolverOptions& options);

  /// Waits for libunbound's thread to end. No look-up can be left: each holds the context.
  ~UnboundContext();
  UnboundContext(const UnboundContext&) = delete;
  UnboundContext& operator=(const UnboundContext&) = delete;

  ub_ctx* native() const { return context_; }
  const std::shared_ptr<Turns>& turns() const { return turns_; }

 private:
  UnboundContext(const boost::asio::any_io_executor& executor, ub_ctx* context,
                 std::size_t asked_at_a_time);
  void watch();

  ub_ctx* context_;
  std::shared_ptr<Turns> turns_;
  boost::asio::posix::stream_descriptor pipe_;  // libunbound's: never closed here
};

/// Starts when it is made, or when its turn comes, and is abandoned when it dies, also with a
/// coroutine that is never resumed. Its time begins when libunbound has been asked.
class Lookup {
 public:
  /// `executor`: the awaiting coroutine's.
  Lookup(std::shared_ptr<UnboundContext> context, const boost::asio::any_io_executor& executor,
         std::string name, Type type, std::chrono::milliseconds limit);
  ~Lookup();
  Lookup(const Lookup&) = delete;
  Lookup& operator=(const Lookup&) = delete;

  /// The answer, or unavailable when its time is over. Once.
  boost::asio::awaitable<Result<WireAnswer>> answer();

 private:
  struct Question;
  static void answered(void* question, int error, ub_result* result);

  std::shared_ptr<UnboundContext> context_;
  std::shared_ptr<Question> question_;
};

}  // namespace postrider::dns
