#include "dns/resolver.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <optional>
#include <utility>

#include <boost/asio/this_coro.hpp>

#include "base/text.h"
#include "dns/unbound_context.h"
#include "dns/wire.h"

namespace postrider::dns {

namespace asio = boost::asio;

namespace {

std::string asking(std::string_view type, const std::string& name) {
  return "looking up " + std::string(type) + " of " + printable(name, 260);
}

template <class Address>
std::optional<asio::ip::address> read_address(std::string_view data) {
  typename Address::bytes_type bytes{};
  if (data.size() != bytes.size()) {
    return std::nullopt;
  }
  std::ranges::copy(data, bytes.begin());
  return Address(bytes);
}

/// Adds what `read` makes of the records. Unavailable if all of them are malformed.
template <class T, class Read>
Result<> add_records(Answer<T>& answer, const WireAnswer& wire, Read read) {
  const bool is_first = answer.canonical_name.empty();
  for (const std::string& record : wire.records) {
    if (auto value = read(record)) {
      answer.records.push_back(*std::move(value));
    }
  }
  if (answer.records.empty()) {
    return fail(Errc::unavailable, "malformed records");
  }
  answer.canonical_name = wire.canonical_name;
  const bool is_secure = wire.is_secure && (is_first || answer.security == Security::secure);
  answer.security = is_secure ? Security::secure : Security::insecure;
  answer.ttl = is_first ? wire.ttl : std::min(answer.ttl, wire.ttl);
  return {};
}

class UnboundResolver final : public Resolver {
 public:
  UnboundResolver(std::shared_ptr<UnboundContext> context, std::chrono::milliseconds timeout)
      : context_(std::move(context)), timeout_(timeout) {}

  asio::awaitable<Result<Answer<Mx>>> mx(std::string name) override {
    return look_up<Mx>(std::move(name), Type::mx, "MX", read_mx);
  }

  asio::awaitable<Result<Answer<std::string>>> txt(std::string name) override {
    return look_up<std::string>(std::move(name), Type::txt, "TXT", read_txt);
  }

  asio::awaitable<Result<Answer<std::string>>> cname(std::string name) override {
    return look_up<std::string>(std::move(name), Type::cname, "CNAME", read_name);
  }

  asio::awaitable<Result<Answer<asio::ip::address>>> addresses(std::string name, bool v4,
                                                               bool v6) override {
    assert(v4 || v6);
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    std::optional<Lookup> a;
    std::optional<Lookup> aaaa;
    if (v4) {
      a.emplace(context_, executor, name, Type::a, timeout_);
    }
    if (v6) {
      aaaa.emplace(context_, executor, name, Type::aaaa, timeout_);
    }
    Answer<asio::ip::address> answer;
    std::optional<Error> trouble;  // any but not_found, which counts only if both say so
    std::optional<Error> nothing;
    const auto take = [&](const Result<WireAnswer>& wire, auto read) {
      const Result<> added = wire ? add_records(answer, *wire, read) : fail(wire.error());
      if (!added) {
        (added.error().code() == Errc::not_found ? nothing : trouble) = added.error();
      }
    };
    if (aaaa) {
      const Result<WireAnswer> wire = co_await aaaa->answer();
      take(wire, read_address<asio::ip::address_v6>);
    }
    if (a) {
      const Result<WireAnswer> wire = co_await a->answer();
      take(wire, read_address<asio::ip::address_v4>);
    }
    if (answer.records.empty()) {
      Error why = trouble ? *std::move(trouble) : *std::move(nothing);
      co_return fail(std::move(why).within(asking("addresses", name)));
    }
    co_return answer;
  }

 private:
  template <class T>
  asio::awaitable<Result<Answer<T>>> look_up(std::string name, Type type, std::string_view shown,
                                             std::optional<T> (*read)(std::string_view)) {
    Lookup lookup(context_, co_await asio::this_coro::executor, name, type, timeout_);
    CO_TRY(const WireAnswer wire, co_await lookup.answer(), asking(shown, name));
    Answer<T> answer;
    CO_TRY_VOID(add_records(answer, wire, read), asking(shown, name));
    co_return answer;
  }

  std::shared_ptr<UnboundContext> context_;
  std::chrono::milliseconds timeout_;
};

}  // namespace

Result<std::shared_ptr<Resolver>> make_resolver(const asio::any_io_executor& executor,
                                                const ResolverOptions& options) {
  TRY(std::shared_ptr<UnboundContext> context, UnboundContext::create(executor, options));
  return std::make_shared<UnboundResolver>(std::move(context), options.timeout);
}

}  // namespace postrider::dns
