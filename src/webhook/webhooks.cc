#include "webhook/webhooks.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"
#include "webhook/endpoint.h"

namespace postrider::webhook {

namespace asio = boost::asio;
using asio::awaitable;
using directory::Webhook;
using directory::WebhookState;

namespace {

constexpr int kNice = 10;  // mail goes first
constexpr std::chrono::milliseconds kLookAgain{50};
constexpr std::string_view kCursors = "webhook:";

}  // namespace

struct Webhooks::State {
  State(Parts p, Options o, std::shared_ptr<const net::TlsClient> tls)
      : parts(std::move(p)),
        options(std::move(o)),
        recent(parts.events),
        committer(parts.store, context, mailbox),
        around{.executor = context.get_executor(),
               .clock = parts.clock,
               .store = parts.store,
               .committer = committer,
               .events = parts.events,
               .recent = recent,
               .directory = parts.directory,
               .resolver = parts.resolver,
               .blocking = parts.blocking,
               .tls = std::move(tls),
               .options = [this] { return current_options(); },
               .changed = [this] { has_changed.set(); },
               .alarm = [this](const Webhook& webhook,
                               const std::string& why) { tell(webhook, why); }} {}

  Options current_options() const {
    const std::lock_guard lock(mutex);
    return options;
  }

  void run() {
    ::prctl(PR_SET_NAME, "webhooks");
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice);
    context.run();
  }

  /// Makes what runs what the directory says, each time that somebody says that it has changed.
  awaitable<void> supervise() {
    co_await drop_strangers();
    while (!is_stopping) {
      co_await erase_and_replay();
      if (must_read_again) {
        recent.forget();
        for (const auto& [id, endpoint] : running()) {
          co_await end(id);  // and another one begins at its cursor
        }
        must_read_again = false;
      }
      co_await bring_up_to_date();
      co_await has_changed.wait(net::Deadline::max());
    }
    for (auto& [id, endpoint] : running()) {
      co_await endpoint->stop();
    }
    tasks.cancel();  // look_for_events()
  }

  /// Cursors of endpoints that are gone: the process ended between the two.
  awaitable<void> drop_strangers() {
    const auto snapshot = parts.directory.snapshot();
    const auto cursors = events::read_cursors(parts.store);
    store::Step step;
    for (const auto& [name, cursor] : cursors ? *cursors : decltype(cursors)::value_type()) {
      if (name.starts_with(kCursors)) {
        const auto id = parse_id<WebhookId>(name.substr(kCursors.size()));
        if (id && snapshot->webhook(*id) == nullptr) {
          erase_records(step, *id);
        }
      }
    }
    if (!step.empty()) {
      static_cast<void>(co_await committer.commit(std::move(step)));
    }
  }

  awaitable<void> erase_and_replay() {
    std::map<WebhookId, std::optional<std::uint64_t>> wanted;
    {
      const std::lock_guard lock(mutex);
      wanted.swap(to_begin);
    }
    for (const auto& [id, next] : wanted) {
      co_await end(id);
      store::Step step;
      if (next) {
        events::write_cursor(step, cursor_name(id), {.next = *next, .unreadable = 0});
        write_progress(step, id, {});
      } else {
        erase_records(step, id);
      }
      if (const Result<> done = co_await committer.commit(std::move(step)); !done) {
        log::error("what is kept of a webhook was not changed",
                   {{"webhook", to_string(id)}, {"why", done.error().text()}});
      }
    }
  }

  awaitable<void> bring_up_to_date() {
    const auto snapshot = parts.directory.snapshot();
    for (const auto& [id, endpoint] : running()) {
      const auto now = snapshot->webhook(id);
      if (now != endpoint->webhook() || now->state != WebhookState::active) {
        co_await end(id);
      }
    }
    for (const auto& webhook : snapshot->webhooks()) {
      if (webhook->state == WebhookState::active && !running().contains(webhook->id)) {
        auto endpoint = std::make_shared<Endpoint>(around, webhook);
        endpoint->start();
        const std::lock_guard lock(mutex);
        endpoints.emplace(webhook->id, std::move(endpoint));
      }
    }
    has_active.set();
  }

  awaitable<void> end(WebhookId id) {
    const auto all = running();
    if (const auto found = all.find(id); found != all.end()) {
      co_await found->second->stop();
      const std::lock_guard lock(mutex);
      endpoints.erase(id);
    }
  }

  awaitable<void> look_for_events() {
    asio::steady_timer timer(context);
    std::uint64_t seen = parts.events.last_sequence();
    while (true) {
      if (running().empty()) {
        co_await has_active.wait(net::Deadline::max());
        continue;
      }
      timer.expires_after(kLookAgain);
      co_await timer.async_wait(asio::use_awaitable);
      const std::uint64_t last = parts.events.last_sequence();
      if (std::exchange(seen, last) != last) {
        wake_all();
      }
    }
  }

  void wake_all() {
    for (const auto& [id, endpoint] : running()) {
      endpoint->wake();
    }
  }

  void tell(const Webhook& webhook, const std::string& why) {
    const std::string state(to_string(webhook.state));
    log::warning("a webhook has changed its state", {{"webhook", to_string(webhook.id)},
                                                     {"url", without_password(webhook.url)},
                                                     {"state", state},
                                                     {"why", why}});
    events::Event event;
    event.type = events::Type::operational;
    event.time = parts.clock.now();
    event.account = webhook.account;
    event.what = "webhook_" + state;
    event.detail = "webhook " + to_string(webhook.id) + " (" + without_password(webhook.url) +
                   ") is " + state + ": " + why;
    store::Step step;
    parts.events.append(step, event);
    committer.note(std::move(step), {});
    if (!webhook.contact.empty() && parts.tell_contact) {
      parts.tell_contact(webhook, why);
    }
  }

  std::map<WebhookId, std::shared_ptr<Endpoint>> running() const {
    const std::lock_guard lock(mutex);
    return endpoints;
  }

  void submit(store::Step step) {
    std::vector<store::Store::Request> requests;
    requests.push_back({.step = std::move(step),
                        .urgency = store::Urgency::note,
                        .completed = {},
                        .reply_to = nullptr});
    parts.store.submit(requests);
  }

  Parts parts;
  mutable std::mutex mutex;  // guards options, endpoints, to_begin
  Options options;
  asio::io_context context{1};
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work;
  net::Mailbox mailbox{context};
  RecentEvents recent;
  store::Committer committer;
  Surroundings around;
  net::Event has_changed{context.get_executor()};
  net::Event has_active{context.get_executor()};
  std::map<WebhookId, std::shared_ptr<Endpoint>> endpoints;
  /// Where endpoints are to begin anew; nothing: what is kept of them is to go.
  std::map<WebhookId, std::optional<std::uint64_t>> to_begin;
  net::TaskGroup tasks{context.get_executor(), "webhooks"};
  bool is_stopping = false;
  std::atomic<bool> must_read_again = false;
  std::atomic<std::uint16_t> test_row = 0x8000;  // away from the endpoint's own
  std::thread thread;
};

Result<std::unique_ptr<Webhooks>> Webhooks::create(Parts parts, Options options) {
  TRY(auto tls, net::TlsClient::create(true), "webhooks");
  auto state = std::make_unique<State>(std::move(parts), std::move(options), std::move(tls));
  return std::unique_ptr<Webhooks>(new Webhooks(std::move(state)));
}

Webhooks::Webhooks(std::unique_ptr<State> state) : state_(std::move(state)) {}
Webhooks::~Webhooks() {
  stop();
}

void Webhooks::start() {
  state_->work.emplace(state_->context.get_executor());
  state_->tasks.spawn(state_->supervise());
  state_->tasks.spawn(state_->look_for_events());
  state_->thread = std::thread([state = state_.get()] { state->run(); });
}

void Webhooks::stop() {
  if (!state_->thread.joinable()) {
    return;
  }
  state_->mailbox.post([state = state_.get()] {
    state->is_stopping = true;
    state->has_changed.set();
    state->work.reset();
  });
  state_->thread.join();
  const std::lock_guard lock(state_->mutex);
  state_->endpoints.clear();
}

void Webhooks::set_options(Options options) {
  const std::lock_guard lock(state_->mutex);
  state_->options = std::move(options);
}

Options Webhooks::options() const {
  return state_->current_options();
}

void Webhooks::refresh() {
  state_->mailbox.post([state = state_.get()] { state->has_changed.set(); });
}

void Webhooks::tick() {
  state_->mailbox.post([state = state_.get()] { state->wake_all(); });
}

void Webhooks::read_again() {
  state_->must_read_again = true;
  refresh();
}

bool Webhooks::is_reading_again() const {
  return state_->must_read_again;
}

void Webhooks::replay(WebhookId id, std::uint64_t next) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->to_begin[id] = next;
  }
  refresh();
}

void Webhooks::forget(WebhookId id) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->to_begin[id] = std::nullopt;
  }
  refresh();
}

awaitable<Request> Webhooks::test(std::shared_ptr<const Webhook> webhook) {
  HttpClient client(state_->parts.resolver, state_->around.tls);
  auto event =
      std::make_shared<const events::Event>(test_event(*webhook, state_->parts.clock.now()));
  Batch batch;
  batch.texts.push_back(event_text(webhook->format, *event));
  batch.events.push_back(std::move(event));
  const Request request =
      co_await send(client, webhook, std::move(batch), options(), state_->parts.clock);
  store::Step step;
  write_request(step, webhook->id, state_->test_row++, request);
  state_->submit(std::move(step));
  co_return request;
}

std::vector<EndpointFigures> Webhooks::figures() const {
  std::vector<EndpointFigures> all;
  for (const auto& [id, endpoint] : state_->running()) {
    all.push_back(endpoint->figures());
  }
  return all;
}

}  // namespace postrider::webhook
