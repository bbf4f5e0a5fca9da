// Result<T>: how a function reports a failure that its caller must expect.
//
// An Error is a code that callers decide by and a text that people read, built from the outside in:
//   accepting message 7306114048: appending to the spool: writing 000012.sst: No space left on
//   device
// A level that knows what the level below did not (which message, which host, which line) adds
// that. The same text serves log, API and peer: no secrets, no capital, no full stop.
//
// Exceptions are for programming errors and for start-up. Any thread; values, no shared state.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <utility>

namespace postrider {

/// What a caller can decide by. Anything finer belongs in the text.
enum class Errc : std::uint8_t {
  invalid,      ///< the input is wrong; the same call will fail again
  not_found,    ///< the thing asked for does not exist
  timeout,      ///< a deadline passed
  closed,       ///< the other end or the owner has gone away
  unavailable,  ///< cannot promise now; a later call may succeed
  corrupt,      ///< stored bytes are not what was written; an operator must look
  defect,       ///< of ours: what should never throw has thrown
};

class Error {
 public:
  Error(Errc code, std::string why) : code_(code), text_(std::move(why)) {}

  /// The same error with what was being done in front.
  [[nodiscard]] Error within(const std::string& doing) && {
    text_.insert(0, doing + ": ");
    return std::move(*this);
  }

  Errc code() const { return code_; }
  const std::string& text() const { return text_; }

 private:
  Errc code_;
  std::string text_;
};

/// std::expected that warns when it is dropped, also when it is dropped by `co_await f();`.
template <class T = void>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using std::expected<T, Error>::expected;
  Result() = default;
  Result(std::expected<T, Error> other) : std::expected<T, Error>(std::move(other)) {}  // NOLINT
};

/// return fail(Errc::invalid, "port 70000 is above 65535");
inline std::unexpected<Error> fail(Errc code, std::string why) {
  return std::unexpected<Error>(Error(code, std::move(why)));
}

/// return fail(std::move(result).error().within("opening the spool"));
inline std::unexpected<Error> fail(Error error) {
  return std::unexpected<Error>(std::move(error));
}

}  // namespace postrider

// TRY(declaration, expression[, context]) declares the value, or returns the error from the
// function around it with the context (a string, evaluated only on failure) in front. TRY_VOID is
// the same for Result<>; the CO_ forms are for coroutines. Statements, because an expression form
// is a GNU extension.
#define TRY(declaration, expression, ...) \
  POSTRIDER_TRY_(return, POSTRIDER_JOIN_(result_, __LINE__), declaration, expression, __VA_ARGS__)
#define CO_TRY(declaration, expression, ...)                                             \
  POSTRIDER_TRY_(co_return, POSTRIDER_JOIN_(result_, __LINE__), declaration, expression, \
                 __VA_ARGS__)
#define TRY_VOID(expression, ...) POSTRIDER_TRY_VOID_(return, expression, __VA_ARGS__)
#define CO_TRY_VOID(expression, ...) POSTRIDER_TRY_VOID_(co_return, expression, __VA_ARGS__)

#define POSTRIDER_JOIN_(a, b) POSTRIDER_JOIN2_(a, b)
#define POSTRIDER_JOIN2_(a, b) a##b
#define POSTRIDER_LEAVE_(leave, result, ...) \
  leave ::postrider::fail(std::move(result).error() __VA_OPT__(.within(__VA_ARGS__)))
#define POSTRIDER_TRY_(leave, result, declaration, expression, ...) \
  auto result = expression;                                         \
  if (!result) {                                                    \
    POSTRIDER_LEAVE_(leave, result, __VA_ARGS__);                   \
  }                                                                 \
  declaration = *std::move(result)
#define POSTRIDER_TRY_VOID_(leave, expression, ...)  \
  do {                                               \
    auto result_ = expression;                       \
    if (!result_) {                                  \
      POSTRIDER_LEAVE_(leave, result_, __VA_ARGS__); \
    }                                                \
  } while (false)
