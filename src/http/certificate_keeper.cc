#include "http/certificate_keeper.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "acme/client.h"
#include "acme/renewal.h"
#include "base/log.h"
#include "base/text.h"
#include "http/own_reach.h"
#include "http/tracking_host.h"
#include "relay/data_directory.h"

namespace postrider::http {

namespace asio = boost::asio;
using acme::Failure;
using asio::awaitable;

namespace {

constexpr std::chrono::seconds kLook{2};
constexpr std::chrono::hours kDnsPauseMost{1};
/// After a success. A certificate that is due again at once is not what it was renewed for: a clock
/// is wrong.
constexpr std::chrono::hours kRest{12};
/// In place of a host, for failures of the authority's own.
const std::string kAuthority = "authority";

void count(Failure& failure, Time now, Duration pause, std::string why) {
  ++failure.count;
  failure.at = now;
  failure.not_before = now + pause;
  failure.why = std::move(why);
}

std::string day_of(Time time) {
  return format_time(time).substr(0, 10);
}

}  // namespace

struct CertificateKeeper::State {
  State(relay::Relay& r, LinkCertificates& certs, acme::Challenges& shown)
      : relay(r),
        certificates(certs),
        challenges(shown),
        folder(relay::DataDirectory::certificates(r.settings().data)) {}

  /// What of the configuration it goes by.
  struct Wanted {
    acme::Options acme;
    std::vector<std::string> own;           ///< links.public
    std::vector<std::string> hosts_served;  ///< links.hosts
  };

  awaitable<void> look();
  awaitable<bool> leads_here(const Wanted& wanted, std::string host);
  awaitable<void> attempt(const Wanted& wanted, std::string host, AccountId account);
  awaitable<Result<>> keep(std::string host, std::string pem);
  awaitable<void> note_failure(std::string host, AccountId account, acme::Refusal refusal);
  awaitable<Result<acme::Client*>> client_of(const acme::Options& options);
  bool is_due(const std::string& host, Time now) const;
  void tell(AccountId account, std::string detail);
  void describe(HostCertificate& one) const;

  relay::Relay& relay;
  LinkCertificates& certificates;
  acme::Challenges& challenges;
  acme::CertificateFolder folder;
  std::unique_ptr<acme::Client> client;  ///< of one look
  mutable std::mutex mutex;              // guards what follows
  Wanted settings;
  std::map<std::string, Failure> failures;
  std::map<std::string, Failure> waiting;  ///< for DNS to lead here
  std::map<std::string, Time> got;         ///< the last one
  std::set<std::string> forced;
  std::string at_work;  ///< the host that is asked for just now
};

CertificateKeeper::CertificateKeeper(relay::Relay& relay, LinkCertificates& certificates,
                                     acme::Challenges& challenges)
    : state_(std::make_unique<State>(relay, certificates, challenges)) {
  change_to(relay.settings());
}
CertificateKeeper::~CertificateKeeper() = default;

Result<> CertificateKeeper::load() {
  TRY(auto content, state_->folder.load(), "certificates of links");
  for (const auto& [host, pem] : content.certificates) {
    if (const auto put = state_->certificates.put(host, pem); !put) {
      log::error("a certificate in the data directory can't be used: another one is asked for",
                 {{"host", host}, {"why", put.error().text()}});
    }
  }
  const std::lock_guard lock(state_->mutex);
  state_->failures = std::move(content.failures);
  return {};
}

void CertificateKeeper::change_to(const relay::Settings& settings) {
  const std::lock_guard lock(state_->mutex);
  if (state_->settings.acme != settings.acme) {
    state_->failures.erase(kAuthority);  // another one, or it is asked in another way
  }
  state_->settings = {.acme = settings.acme,
                      .own = settings.links.public_names,
                      .hosts_served = settings.links.hosts};
}

awaitable<void> CertificateKeeper::run() {
  while (true) {
    state_->certificates.look_again();
    co_await state_->look();
    asio::steady_timer timer(co_await asio::this_coro::executor, kLook);
    const auto [cancelled] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    if (cancelled) {
      co_return;
    }
  }
}

awaitable<void> CertificateKeeper::State::look() {
  Wanted wanted;
  {
    const std::lock_guard lock(mutex);
    wanted = settings;
  }
  if (wanted.acme.directory.empty()) {
    co_return;
  }
  const auto hosts = hosts_with_tls(*relay.directory().snapshot());
  for (const auto& [host, account] : hosts) {
    const bool is_stopping = relay.is_stopping();
    if (!is_stopping && is_due(host, relay.clock().now()) && co_await leads_here(wanted, host)) {
      co_await attempt(wanted, host, account);
    }
  }
  client.reset();
  for (const std::string& host : certificates.drop_ended(hosts, relay.clock().now())) {
    std::move_only_function<Result<>()> work = [&]() -> Result<> {
      folder.remove(host);
      return {};
    };
    static_cast<void>(co_await relay.blocking().run<Result<>>(std::move(work)));
  }
}

bool CertificateKeeper::State::is_due(const std::string& host, Time now) const {
  if (certificates.is_configured(host)) {
    return false;
  }
  const std::lock_guard lock(mutex);
  if (forced.contains(host)) {
    return true;
  }
  const auto is_pausing = [&](const std::map<std::string, Failure>& all, const std::string& name) {
    const auto found = all.find(name);
    return found != all.end() && now < found->second.not_before;
  };
  if (is_pausing(failures, host) || is_pausing(failures, kAuthority) || is_pausing(waiting, host)) {
    return false;
  }
  if (const auto last = got.find(host); last != got.end() && now < last->second + kRest) {
    return false;
  }
  const auto has = certificates.obtained(host);
  return !has || now >= acme::renewal_due(*has);
}

awaitable<bool> CertificateKeeper::State::leads_here(const Wanted& wanted, std::string host) {
  std::string why;
  if (wanted.own.empty()) {
    const auto& served = wanted.hosts_served;
    if (std::ranges::find(served, host) == served.end()) {
      why =
          "nothing says that it is ours: write in links.public by which names and addresses "
          "readers reach us";
    }
  } else {
    const Reach reach = co_await look_where_it_leads(relay.resolver(), host, wanted.own);
    if (reach.verdict != Verdict::ok) {
      why = reach.verdict == Verdict::missing   ? "it is not in DNS"
            : reach.verdict == Verdict::unknown ? "DNS gave no answer: " + reach.why
                                                : "it leads elsewhere: " + reach.found.front();
    }
  }
  const std::lock_guard lock(mutex);
  if (why.empty()) {
    waiting.erase(host);
    co_return true;
  }
  forced.erase(host);
  Failure& failure = waiting[host];
  const Duration pause = acme::pause_after(failure.count + 1, {});
  count(failure, relay.clock().now(), std::min<Duration>(pause, kDnsPauseMost), why);
  co_return false;
}

awaitable<Result<acme::Client*>> CertificateKeeper::State::client_of(const acme::Options& options) {
  if (!client) {
    std::move_only_function<Result<acme::AccountKey>()> work = [this] {
      return folder.account_key();
    };
    CO_TRY(acme::AccountKey key,
           co_await relay.blocking().run<Result<acme::AccountKey>>(std::move(work)));
    CO_TRY(client, acme::Client::make(relay.resolver(), challenges, std::move(key), options));
  }
  co_return client.get();
}

awaitable<void> CertificateKeeper::State::attempt(const Wanted& wanted, std::string host,
                                                  AccountId account) {
  {
    const std::lock_guard lock(mutex);
    forced.erase(host);
    at_work = host;
  }
  auto asked = co_await client_of(wanted.acme);
  acme::Granted<std::string> pem = asked ? co_await (*asked)->obtain(host)
                                         : std::unexpected(acme::Refusal(std::move(asked).error()));
  if (relay.is_stopping()) {
    co_return;
  }
  if (pem) {
    Result<> kept = co_await keep(host, *std::move(pem));
    pem = kept ? acme::Granted<std::string>()
               : std::unexpected(acme::Refusal(std::move(kept).error(), true));
  }
  if (!pem) {
    co_await note_failure(host, account, std::move(pem).error());
  }
  const std::lock_guard lock(mutex);
  at_work.clear();
}

awaitable<Result<>> CertificateKeeper::State::keep(std::string host, std::string pem) {
  CO_TRY_VOID(certificates.put(host, pem));
  std::move_only_function<Result<>()> work = [&] {
    folder.forget_failure(kAuthority);
    return folder.put(host, pem);
  };
  CO_TRY_VOID(co_await relay.blocking().run<Result<>>(std::move(work)));
  {
    const std::lock_guard lock(mutex);
    failures.erase(host);
    failures.erase(kAuthority);
    got[host] = relay.clock().now();
  }
  const auto facts = certificates.obtained(host);
  log::info("got a certificate", {{"host", host}, {"good_until", day_of(facts->not_after)}});
  co_return Result<>();
}

awaitable<void> CertificateKeeper::State::note_failure(std::string host, AccountId account,
                                                       acme::Refusal refusal) {
  const std::string name = refusal.concerns_host ? host : kAuthority;
  const Time now = relay.clock().now();
  Failure failure;
  {
    const std::lock_guard lock(mutex);
    Failure& known = failures[name];
    count(known, now, acme::pause_after(known.count + 1, refusal.retry_after), refusal.text());
    failure = known;
  }
  std::move_only_function<Result<>()> work = [&] { return folder.note(name, failure); };
  const Result<> noted = co_await relay.blocking().run<Result<>>(std::move(work));
  if (!noted) {
    log::error("a failure could not be written down", {{"why", noted.error().text()}});
  }
  const auto has = certificates.obtained(host);
  const std::string stays =
      has ? "the one that is there is good until " + day_of(has->not_after) : "there is none yet";
  const std::string again = format_duration(failure.not_before - now);
  log::warning("no certificate for a tracking host",
               {{"host", host}, {"why", failure.why}, {"again_in", again}, {"now", stays}});
  tell(refusal.concerns_host ? account : AccountId{}, "no certificate for " + host + ": " +
                                                          failure.why + "; " + stays +
                                                          "; tried again in " + again);
}

void CertificateKeeper::State::tell(AccountId account, std::string detail) {
  events::Event event;
  event.type = events::Type::operational;
  event.time = relay.clock().now();
  event.account = account;
  event.what = "certificate_failed";
  event.detail = std::move(detail);
  store::Step step;
  relay.events().append(step, event);
  relay.committer().note(std::move(step), {});
}

Result<> CertificateKeeper::renew(const std::string& host) {
  if (!hosts_with_tls(*state_->relay.directory().snapshot()).contains(host)) {
    return fail(Errc::not_found,
                "no active account has the tracking host https://" + printable(host, 255));
  }
  if (state_->certificates.is_configured(host)) {
    return fail(Errc::invalid, "a certificate of links.certificates covers " + host);
  }
  const std::lock_guard lock(state_->mutex);
  if (state_->settings.acme.directory.empty()) {
    return fail(Errc::invalid, "acme.directory is empty: no authority is asked");
  }
  state_->forced.insert(host);
  return {};
}

void CertificateKeeper::State::describe(HostCertificate& one) const {
  const std::lock_guard lock(mutex);
  if (one.source == "configured") {
    one.state = "good";
    return;
  }
  if (settings.acme.directory.empty()) {
    one.state = "off";
    return;
  }
  const auto take = [&](const char* state, const std::map<std::string, Failure>& all,
                        const std::string& name) {
    const auto found = all.find(name);
    if (found != all.end() && one.state.empty()) {
      one.state = state;
      one.why = found->second.why;
      one.next_try = found->second.not_before;
    }
  };
  take("waiting", waiting, one.host);
  take("failing", failures, one.host);
  if (one.source.empty()) {
    take("failing", failures, kAuthority);
  }
  if (at_work == one.host || forced.contains(one.host)) {
    one.state = "asked for";
  } else if (one.state.empty()) {
    one.state = one.source.empty() ? "asked for" : "good";
  }
}

std::vector<HostCertificate> CertificateKeeper::all() const {
  std::vector<HostCertificate> hosts;
  const auto directory = state_->relay.directory().snapshot();
  for (const auto& [host, account] : hosts_with_tls(*directory)) {
    HostCertificate one;
    one.host = host;
    const directory::Account* owner = directory->account(account);
    one.account = owner == nullptr ? to_string(account) : owner->name;
    if (const auto shown = state_->certificates.shown(host); shown && shown->source != "tls") {
      one.source = shown->source;
      one.good_until = shown->facts.not_after;
    }
    state_->describe(one);
    hosts.push_back(std::move(one));
  }
  return hosts;
}

}  // namespace postrider::http
