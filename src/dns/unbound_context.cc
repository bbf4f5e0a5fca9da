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
#include "net/descriptors.h"

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
    {"msg-cache-size:", "8m"},
    {"rrset-cache-size:", "16m"},
    {"infra-cache-numhosts:", "20000"},
    {"num-queries-per-thread:", "1024"},
    {"do-not-query-localhost:", "no"},
    // It asks for each label of a name first; what it finds on the way are CNAMEs that it follows
    // without a limit (1.17: 10,000 questions for one look-up), and we say the name anyway.
    {"qname-minimisation:", "no"},
};

/// Queries that find no socket free wait for one.
Result<> set_sockets(ub_ctx* context) {
  const std::size_t sockets = net::descriptor_shares().dns_sockets;
  TRY_VOID(checked(ub_ctx_set_option(context, "outgoing-range:", std::to_string(sockets).c_str()),
                   "DNS sockets"));
  return checked(
      ub_ctx_set_option(context, "outgoing-num-tcp:", std::to_string(sockets / 8).c_str()),
      "DNS sockets");
}

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
  TRY_VOID(set_sockets(context));
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
  const auto made = std::shared_ptr<UnboundContext>(
      new UnboundContext(executor, context.release(),
                         std::min(options.asked_at_a_time, net::descriptor_shares().dns_sockets)));
  made->watch();
  return made;
}

UnboundContext::UnboundContext(const asio::any_io_executor& executor, ub_ctx* context,
                               std::size_t asked_at_a_time)
    : context_(context),
      turns_(std::make_shared<Turns>(asked_at_a_time)),
      pipe_(executor, ub_fd(context)) {}

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

/// Shared with libunbound and with the turns. All but `mutex` and `is_wanted` is touched on the
/// awaiting coroutine's thread only.
struct Lookup::Question : std::enable_shared_from_this<Question> {
  Question(UnboundContext& c, const asio::any_io_executor& executor, std::string n, Type t,
           std::chrono::milliseconds l)
      : context(c),
        turns(c.turns()),
        name(std::move(n)),
        type(t),
        limit(l),
        timer(std::in_place, executor, asio::steady_timer::time_point::max()) {}

  void wait_for_turn() {
    const bool may_ask = turns->take([weak = weak_from_this()] {
      const auto self = weak.lock();
      return self && self->post([](Question& question) { question.ask(); });
    });
    if (may_ask) {
      ask();
    }
  }

  /// Runs `work` on the awaiting thread. False: nobody is there any more, and nothing runs. The
  /// lock is held while it is posted, so that the waiting side, which takes it to abandon, and its
  /// context can't go meanwhile.
  template <class Work>
  bool post(Work work) {
    const std::scoped_lock lock(mutex);
    if (is_wanted) {
      asio::post(timer->get_executor(),
                 [self = shared_from_this(), work = std::move(work)]() mutable { work(*self); });
    }
    return is_wanted;
  }

  /// Its turn has come.
  void ask() {
    if (!is_wanted) {  // written on this thread
      turns->give_back();
      return;
    }
    handle = new std::shared_ptr<Question>(shared_from_this());
    const int error = ub_resolve_async(context.native(), name.c_str(), static_cast<int>(type),
                                       kClassInternet, handle, &Lookup::answered, &id);
    is_asked = error == 0;
    if (is_asked) {
      timer->expires_after(limit);  // wakes who waits; answer() goes on waiting
      return;
    }
    delete handle;
    turns->give_back();
    take(read_result(error, nullptr));
  }

  void take(Result<WireAnswer> result) {
    answer = std::move(result);
    timer->cancel();
  }

  void abandon() {
    {
      const std::scoped_lock lock(mutex);
      is_wanted = false;
      timer.reset();
    }
    // Where libunbound still knew the look-up it never calls back, and its handle is ours again.
    if (is_asked && !answer && ub_cancel(context.native(), id) == 0) {
      turns->give_back();
      delete handle;
    }
  }

  UnboundContext& context;  // lives while this is wanted
  const std::shared_ptr<Turns> turns;
  const std::string name;
  const Type type;
  const std::chrono::milliseconds limit;
  std::optional<asio::steady_timer> timer;  // dies on its thread, whoever holds this longest
  std::optional<Result<WireAnswer>> answer;
  int id = 0;
  bool is_asked = false;
  std::shared_ptr<Question>* handle = nullptr;  // what libunbound gives back, which frees it

  std::mutex mutex;
  bool is_wanted = true;
};

Lookup::Lookup(std::shared_ptr<UnboundContext> context, const asio::any_io_executor& executor,
               std::string name, Type type, std::chrono::milliseconds limit)
    : context_(std::move(context)),
      question_(std::make_shared<Question>(*context_, executor, std::move(name), type, limit)) {
  question_->wait_for_turn();
}

Lookup::~Lookup() {
  question_->abandon();
}

void Lookup::answered(void* handle, int error, ub_result* raw) {
  const std::unique_ptr<ub_result, FreeResult> result(raw);
  const std::unique_ptr<std::shared_ptr<Question>> question(
      static_cast<std::shared_ptr<Question>*>(handle));
  (*question)->turns->give_back();
  (*question)->post([answer = read_result(error, raw)](Question& asked) mutable {
    if (asked.is_wanted) {
      asked.take(std::move(answer));
    }
  });
}

asio::awaitable<Result<WireAnswer>> Lookup::answer() {
  const auto question = question_;
  while (!question->answer) {
    const bool was_asked = question->is_asked;
    const auto [ec] = co_await question->timer->async_wait(asio::as_tuple(asio::use_awaitable));
    if (question->answer) {
      break;
    }
    if (!ec) {
      co_return fail(Errc::unavailable, "no answer in time");
    }
    if (was_asked == question->is_asked) {
      co_return fail(Errc::closed, "the look-up was cancelled");
    }
  }
  co_return *std::move(question->answer);
}

}  // namespace postrider::dns
