#include "dns/unbound_context.h"

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <optional>
#include <unbound.h>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/text.h"
#include "dns/wire.h"

namespace postrider::dns {

namespace asio = boost::asio;

namespace {

constexpr int kClassInternet = 1;
constexpr int kServfail = 2;
constexpr int kRefused = 5;
constexpr std::size_t kLongestChain = 8;  // of CNAMEs; libunbound itself gives up after 11

struct DeleteContext {
  void operator()(ub_ctx* context) const { ub_ctx_delete(context); }
};
struct FreeResult {
  void operator()(ub_result* result) const { ub_resolve_free(result); }
};
using Context = std::unique_ptr<ub_ctx, DeleteContext>;

Result<> checked(int error, const std::string& doing) {
  if (error != 0) {
    return fail(Errc::invalid, doing + ": " + ub_strerror(error));
  }
  return {};
}

bool is_below_test(std::string_view zone) {
  if (zone.ends_with('.')) {
    zone.remove_suffix(1);
  }
  return zone == "test" || zone.ends_with(".test");
}

// The library's defaults are for a desktop: 1 MB of cache and 16 sockets.
constexpr std::pair<const char*, const char*> kSettings[] = {
    {"msg-cache-size:", "8m"},           {"rrset-cache-size:", "16m"},
    {"infra-cache-numhosts:", "20000"},  {"outgoing-range:", "512"},
    {"num-queries-per-thread:", "1024"}, {"outgoing-num-tcp:", "64"},
    {"do-not-query-localhost:", "no"},
};

Result<> set_servers(ub_ctx* context, const ResolverOptions& options) {
  bool asks_roots = true;
  for (const std::string& server : options.forwarders) {
    TRY_VOID(checked(ub_ctx_set_fwd(context, server.c_str()),
                     "DNS forwarder '" + printable(server, 80) + "'"));
    asks_roots = false;
  }
  for (const ResolverOptions::Stub& stub : options.stubs) {
    TRY_VOID(checked(ub_ctx_set_stub(context, stub.zone.c_str(), stub.server.c_str(), 0),
                     "DNS stub zone '" + printable(stub.zone, 80) + "' at '" +
                         printable(stub.server, 80) + "'"));
    asks_roots = asks_roots && stub.zone != ".";
    if (!options.trust_anchor.empty()) {
      // Its parent knows nothing of it: with an anchor it would be bogus.
      TRY_VOID(checked(ub_ctx_set_option(context, "domain-insecure:", stub.zone.c_str()),
                       "DNS stub zone '" + printable(stub.zone, 80) + "'"));
    }
  }
  if (asks_roots && options.use_system_resolvers) {
    ub_ctx_resolvconf(context, nullptr);  // without such a file the roots are asked
  }
  return {};
}

Result<> configure(ub_ctx* context, const ResolverOptions& options) {
  for (const auto& [name, value] : kSettings) {
    TRY_VOID(checked(ub_ctx_set_option(context, name, value), std::string("DNS option ") + name));
  }
  TRY_VOID(set_servers(context, options));
  if (!options.trust_anchor.empty()) {
    TRY_VOID(checked(ub_ctx_add_ta_file(context, options.trust_anchor.c_str()),
                     "DNSSEC trust anchor " + options.trust_anchor.string()));
  }
  TRY_VOID(checked(ub_ctx_async(context, 1), "DNS thread"));
  // Removing a zone, if only one that isn't there, ends the configuration: what is wrong with it is
  // known now and not at the first look-up.
  const bool uses_test = std::ranges::any_of(
      options.stubs, [](const ResolverOptions::Stub& stub) { return is_below_test(stub.zone); });
  return checked(ub_ctx_zone_remove(context, uses_test ? "test." : "none.invalid."),
                 "DNS configuration" + (options.trust_anchor.empty()
                                            ? std::string()
                                            : ", trust anchor " + options.trust_anchor.string()));
}

Result<WireAnswer> read_result(int error, const ub_result* result) {
  if (error == UB_SYNTAX) {
    return fail(Errc::invalid, "not a domain name");
  }
  if (error != 0 || result == nullptr) {
    return fail(Errc::unavailable, error != 0 ? ub_strerror(error) : "no result");
  }
  if (result->bogus != 0) {
    return fail(Errc::unavailable,
                std::string("DNSSEC: ") +
                    (result->why_bogus != nullptr ? printable(result->why_bogus, 200) : "bogus"));
  }
  if (result->nxdomain != 0) {
    return fail(Errc::not_found, "the name does not exist");
  }
  if (result->rcode != 0) {
    return fail(Errc::unavailable, result->rcode == kServfail ? "SERVFAIL"
                                   : result->rcode == kRefused
                                       ? "REFUSED"
                                       : "RCODE " + std::to_string(result->rcode));
  }
  const std::string_view message(static_cast<const char*>(result->answer_packet),
                                 static_cast<std::size_t>(result->answer_len));
  if (count_cnames(message) > kLongestChain) {
    return fail(Errc::unavailable,
                "more than " + std::to_string(kLongestChain) + " CNAMEs in a row");
  }
  if (result->havedata == 0) {
    return fail(Errc::not_found, "the name has no such record");
  }
  WireAnswer answer;
  for (int i = 0; result->data[i] != nullptr; ++i) {
    answer.records.emplace_back(result->data[i], static_cast<std::size_t>(result->len[i]));
  }
  answer.canonical_name = lower(result->canonname != nullptr ? result->canonname : result->qname);
  if (answer.canonical_name.ends_with('.')) {
    answer.canonical_name.pop_back();
  }
  answer.is_secure = result->secure != 0;
  answer.ttl = std::chrono::seconds(result->ttl);
  return answer;
}

}  // namespace

Result<std::shared_ptr<UnboundContext>> UnboundContext::create(
    const asio::any_io_executor& executor, const ResolverOptions& options) {
  Context context(ub_ctx_create());
  if (!context) {
    return fail(Errc::unavailable, "libunbound: no context");
  }
  ub_ctx_debugout(context.get(), nullptr);  // it would write to standard error, in its own format
  TRY_VOID(configure(context.get(), options));
  const auto made =
      std::shared_ptr<UnboundContext>(new UnboundContext(executor, context.release()));
  made->watch();
  return made;
}

UnboundContext::UnboundContext(const asio::any_io_executor& executor, ub_ctx* context)
    : context_(context), pipe_(executor, ub_fd(context)) {}

UnboundContext::~UnboundContext() {
  pipe_.release();
  ub_ctx_delete(context_);
}

void UnboundContext::watch() {
  pipe_.async_wait(asio::posix::stream_descriptor::wait_read,
                   [weak = weak_from_this()](const boost::system::error_code& ec) {
                     const auto self = weak.lock();
                     if (!self || ec) {
                       return;
                     }
                     ub_process(self->context_);
                     self->watch();
                   });
}

/// Touched on the awaiting coroutine's thread only.
struct Lookup::Wait {
  explicit Wait(const asio::any_io_executor& executor, net::Deadline deadline)
      : timer(executor, deadline) {}

  asio::steady_timer timer;  // cancelled when the answer is there
  std::optional<Result<WireAnswer>> answer;
};

/// Between the coroutine's thread and the one that calls back. The lock is held while an answer is
/// posted, so that the waiting side, which takes it to abandon, and its context can't go meanwhile.
struct Lookup::Question {
  std::mutex mutex;
  std::shared_ptr<Wait> wait;  // null once answered or abandoned
};

Lookup::Lookup(std::shared_ptr<UnboundContext> context, const asio::any_io_executor& executor,
               const std::string& name, Type type, net::Deadline deadline)
    : context_(std::move(context)),
      wait_(std::make_shared<Wait>(executor, deadline)),
      question_(std::make_shared<Question>()),
      handle_(new std::shared_ptr<Question>(question_)) {
  question_->wait = wait_;
  const int error = ub_resolve_async(context_->native(), name.c_str(), static_cast<int>(type),
                                     kClassInternet, handle_, &Lookup::answered, &id_);
  is_asked_ = error == 0;
  if (!is_asked_) {
    delete handle_;
    wait_->answer = read_result(error, nullptr);
  }
}

Lookup::~Lookup() {
  {
    const std::scoped_lock lock(question_->mutex);
    question_->wait.reset();
  }
  // Where libunbound still knew the look-up it never calls back, and its handle is ours again.
  if (is_asked_ && !wait_->answer && ub_cancel(context_->native(), id_) == 0) {
    delete handle_;
  }
}

void Lookup::answered(void* handle, int error, ub_result* raw) {
  const std::unique_ptr<ub_result, FreeResult> result(raw);
  const std::unique_ptr<std::shared_ptr<Question>> question(
      static_cast<std::shared_ptr<Question>*>(handle));
  Result<WireAnswer> answer = read_result(error, raw);
  Question& asked = **question;
  const std::scoped_lock lock(asked.mutex);
  if (!asked.wait) {
    return;
  }
  const asio::any_io_executor executor = asked.wait->timer.get_executor();
  asio::post(executor, [wait = std::move(asked.wait), answer = std::move(answer)]() mutable {
    wait->answer = std::move(answer);
    wait->timer.cancel();
  });
}

asio::awaitable<Result<WireAnswer>> Lookup::answer() {
  const auto wait = wait_;
  if (!wait->answer) {
    const auto [ec] = co_await wait->timer.async_wait(asio::as_tuple(asio::use_awaitable));
    if (!wait->answer) {
      co_return ec ? fail(Errc::closed, "the look-up was cancelled")
                   : fail(Errc::unavailable, "no answer in time");
    }
  }
  co_return *std::move(wait->answer);
}

}  // namespace postrider::dns
