#include "delivery/connector.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "delivery/disposition.h"
#include "net/connect.h"
#include "net/network.h"

namespace postrider::delivery {

namespace asio = boost::asio;
using asio::awaitable;

namespace {

using Reached = std::expected<Connected, Refusal>;

constexpr std::chrono::minutes kTrouble{15};  // longer than a host can keep us waiting, twice

struct Candidate {
  std::string host;
  asio::ip::tcp::endpoint endpoint;
};

Refusal refusal(const Peer& peer, smtp::Reply reply, smtp::Stage stage = smtp::Stage::unknown) {
  reply.stage = stage;
  return {.reply = std::move(reply), .peer = std::make_shared<const Peer>(peer)};
}

Refusal refusal(const Peer& peer, const Error& error, std::string enhanced) {
  smtp::Reply reply;
  reply.enhanced = std::move(enhanced);
  reply.text = error.text();
  Refusal made = refusal(peer, std::move(reply));
  made.is_timeout = error.code() == Errc::timeout;
  return made;
}

/// One try at one address; a second in the clear, where TLS failed and need not be.
class Try {
 public:
  Try(const Destination& destination, const Options& options, const TlsClients& tls,
      const Candidate& candidate)
      : destination_(destination), options_(options), tls_(tls), candidate_(candidate) {
    peer_.site = destination.site;
    peer_.host = candidate.host;
    peer_.address = net::to_string(candidate.endpoint);
  }

  awaitable<Reached> run() {
    Reached first = co_await once(destination_.limits.tls);
    if (!first && tls_failed_ && destination_.limits.tls == TlsPolicy::opportunistic) {
      co_return co_await once(TlsPolicy::none);
    }
    co_return first;
  }

  /// It is this machine that couldn't: the host has not been asked.
  bool failed_here() const { return failed_here_; }

 private:
  awaitable<Reached> once(TlsPolicy policy) {
    const auto source =
        candidate_.endpoint.address().is_v4() ? options_.source_v4 : options_.source_v6;
    auto stream =
        co_await net::connect(candidate_.endpoint, source, net::within(options_.connect_timeout));
    if (!stream) {
      failed_here_ = stream.error().is_local;
      co_return std::unexpected(
          refusal(peer_, Error(stream.error()).within("connecting to " + where()), "4.4.1"));
    }
    peer_.source_address = stream->local().address().to_string();
    auto client = std::make_unique<smtp::Client>(*std::move(stream), options_.timeouts);
    if (auto refused = co_await greet(*client)) {
      co_return std::unexpected(*std::move(refused));
    }
    if (auto refused = co_await secure(*client, policy)) {
      co_return std::unexpected(*std::move(refused));
    }
    if (auto refused = co_await log_in(*client)) {
      co_return std::unexpected(*std::move(refused));
    }
    if (const auto& tls = client->stream().tls()) {
      peer_.tls_version = tls->version;
      peer_.tls_cipher = tls->cipher;
    }
    peer_.offers_dsn = client->features().dsn;
    co_return Connected{.client = std::move(client), .peer = std::make_shared<const Peer>(peer_)};
  }

  awaitable<std::optional<Refusal>> greet(smtp::Client& client) {
    if (destination_.route.implicit_tls) {
      const Result<> secured =
          co_await client.implicit_tls(context(destination_.limits.tls), candidate_.host);
      if (!secured) {
        co_return refusal(peer_, Error(secured.error()).within("TLS with " + where()), "4.7.5");
      }
    }
    const Result<smtp::Reply> greeting = co_await client.greeting();
    if (!greeting) {
      co_return refusal(peer_, Error(greeting.error()).within("the greeting of " + where()),
                        "4.4.2");
    }
    if (greeting->code != 220) {
      co_await client.quit();
      co_return refusal(peer_, *greeting, smtp::Stage::connect);
    }
    co_return co_await hello(client);
  }

  awaitable<std::optional<Refusal>> hello(smtp::Client& client) {
    const Result<smtp::Reply> answer = co_await client.hello(options_.hostname);
    if (!answer) {
      co_return refusal(peer_, Error(answer.error()).within("EHLO to " + where()), "4.4.2");
    }
    if (answer->code != 250) {
      co_await client.quit();
      co_return refusal(peer_, *answer, smtp::Stage::hello);
    }
    co_return std::nullopt;
  }

  awaitable<std::optional<Refusal>> secure(smtp::Client& client, TlsPolicy policy) {
    if (policy == TlsPolicy::none || client.stream().tls()) {
      co_return std::nullopt;
    }
    const bool must = policy != TlsPolicy::opportunistic;
    if (!client.features().starttls) {
      if (must) {
        co_await client.quit();
        co_return refusal(
            peer_, {Errc::invalid, where() + " offers no STARTTLS, and TLS is required"}, "4.7.4");
      }
      co_return std::nullopt;
    }
    const Result<smtp::Reply> started = co_await client.start_tls(context(policy), candidate_.host);
    if (!started) {
      tls_failed_ = true;
      co_return refusal(peer_, Error(started.error()).within("STARTTLS with " + where()), "4.7.5");
    }
    if (started->code != 220) {
      if (must) {
        co_await client.quit();
        co_return refusal(peer_, *started, smtp::Stage::starttls);
      }
      co_return std::nullopt;
    }
    auto refused = co_await hello(client);
    // Some peers break off behind the handshake: in TLS 1.3 theirs is over after ours.
    tls_failed_ = refused && refused->reply.code == 0;
    co_return refused;
  }

  awaitable<std::optional<Refusal>> log_in(smtp::Client& client) {
    if (destination_.route.user.empty()) {
      co_return std::nullopt;
    }
    const Result<smtp::Reply> answer =
        co_await client.authenticate(destination_.route.user, destination_.route.password);
    if (!answer) {
      co_return refusal(peer_, Error(answer.error()).within("AUTH with " + where()), "4.7.0");
    }
    if (answer->code != 235) {
      co_await client.quit();
      // A password that is wrong is the operator's to mend: no recipient's fault.
      smtp::Reply ours = *answer;
      ours.code = 0;
      ours.enhanced = "4.7.8";
      ours.text = "the smart host refused our AUTH: " + smtp::to_string(*answer);
      co_return refusal(peer_, std::move(ours));
    }
    co_return std::nullopt;
  }

  const std::shared_ptr<const net::TlsClient>& context(TlsPolicy policy) const {
    return policy == TlsPolicy::verified ? tls_.verified : tls_.any_certificate;
  }

  std::string where() const { return candidate_.host + " [" + peer_.address + "]"; }

  const Destination& destination_;
  const Options& options_;
  const TlsClients& tls_;
  const Candidate& candidate_;
  Peer peer_;
  bool tls_failed_ = false;
  bool failed_here_ = false;
};

/// Addresses of one host. A route names its host, and may lead anywhere.
awaitable<dns::MxResult<std::vector<asio::ip::address>>> addresses_of(
    const Destination& destination, std::string host, const Options& options,
    dns::Resolver& resolver, std::uint32_t random) {
  boost::system::error_code not_numeric;
  const auto numeric = asio::ip::make_address(host, not_numeric);
  if (!not_numeric && destination.is_route) {
    co_return std::vector<asio::ip::address>{numeric};
  }
  if (destination.is_route) {
    dns::MxOptions anywhere = options.mx;
    anywhere.own_addresses.clear();
    anywhere.own_names.clear();
    anywhere.allowed_networks = {*net::parse_network("0.0.0.0/0"), *net::parse_network("::/0")};
    co_return co_await dns::find_addresses(resolver, std::move(host), anywhere, random);
  }
  co_return co_await dns::find_addresses(resolver, std::move(host), options.mx, random);
}

/// What a host said is worth more to people than that another said nothing.
void note(Refusal& last, Refusal refusal) {
  if (last.reply.code == 0 || refusal.reply.code != 0) {
    last = std::move(refusal);
  }
}

}  // namespace

void TroubledHosts::add(const std::string& address) {
  until_[address] = std::chrono::steady_clock::now() + kTrouble;
}

std::size_t TroubledHosts::count() {
  const auto now = std::chrono::steady_clock::now();
  std::erase_if(until_, [&](const auto& entry) { return entry.second < now; });
  return until_.size();
}

bool TroubledHosts::contains(const std::string& address) {
  const auto found = until_.find(address);
  if (found == until_.end()) {
    return false;
  }
  if (found->second < std::chrono::steady_clock::now()) {
    until_.erase(found);
    return false;
  }
  return true;
}

awaitable<Reached> connect_to_site(DestinationPtr destination, const Options& options,
                                   dns::Resolver& resolver, const TlsClients& tls,
                                   TroubledHosts& troubled, std::uint32_t random) {
  Peer nobody;
  nobody.site = destination->site;
  Refusal last =
      refusal(nobody, {Errc::unavailable, "no host of the site has an address"}, "4.4.1");
  std::size_t hosts_left = destination->hosts.size();
  std::size_t forbidden = 0;
  std::size_t tries = 0;
  std::vector<Candidate> later;
  for (const dns::MailHost& host : destination->hosts) {
    if (tries == kTriesMost) {
      break;
    }
    --hosts_left;
    const auto addresses =
        co_await addresses_of(*destination, host.name, options, resolver, random);
    if (!addresses) {
      const dns::MxFailure& failure = addresses.error();
      const bool is_forbidden =
          failure.why == dns::NoWay::loop || failure.why == dns::NoWay::not_public;
      forbidden += is_forbidden ? 1 : 0;
      note(last, refusal(nobody,
                         {.enhanced = status_of(is_forbidden ? failure.why : dns::NoWay::no_answer),
                          .text = failure.text}));
      continue;
    }
    for (std::size_t i = 0; i < addresses->size() && tries < kTriesMost; ++i) {
      const Candidate candidate{.host = host.name,
                                .endpoint = {(*addresses)[i], destination->port}};
      if (troubled.contains(net::to_string(candidate.endpoint))) {
        later.push_back(candidate);
        continue;
      }
      ++tries;
      Try attempt(*destination, options, tls, candidate);
      Reached reached = co_await attempt.run();
      if (reached) {
        reached->has_alternative = hosts_left > 0 || i + 1 < addresses->size();
        co_return reached;
      }
      if (!attempt.failed_here()) {
        troubled.add(net::to_string(candidate.endpoint));
      }
      note(last, std::move(reached).error());
    }
  }
  for (const Candidate& candidate : later) {
    if (++tries > kTriesMost) {
      break;
    }
    Try attempt(*destination, options, tls, candidate);
    Reached reached = co_await attempt.run();
    if (reached) {
      co_return reached;
    }
    note(last, std::move(reached).error());
  }
  last.is_final = forbidden == destination->hosts.size() && later.empty();
  co_return std::unexpected(std::move(last));
}

}  // namespace postrider::delivery
