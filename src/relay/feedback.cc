#include "relay/feedback.h"

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "relay/reported_recipient.h"

namespace postrider::relay {

using boost::asio::awaitable;
using events::Type;

namespace {

constexpr std::size_t kReaders = 2;
// Each waits with a whole mail in memory.
constexpr std::uint32_t kAtWorkMost = 64;

class Counted {
 public:
  explicit Counted(std::atomic<std::uint32_t>& count) : count_(count), number_(++count) {}
  ~Counted() { --count_; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  std::uint32_t number() const { return number_; }

 private:
  std::atomic<std::uint32_t>& count_;
  std::uint32_t number_;
};

std::atomic<std::uint64_t>& counter_of(Type type, FeedbackFigures& figures) {
  switch (type) {
    case Type::complained:
      return figures.complained;
    case Type::unsubscribed:
      return figures.unsubscribed;
    case Type::delayed:
      return figures.delayed;
    default:
      return figures.bounced;
  }
}

}  // namespace

/// Recipients whose events are on their way: two copies of one report at the same time would both
/// find nothing told yet.
class Feedback::Claims {
 public:
  explicit Claims(Feedback& of) : of_(of) {}
  ~Claims() {
    const std::lock_guard lock(of_.mutex_);
    for (const RecipientId recipient : mine_) {
      of_.claimed_.erase(recipient);
    }
  }
  Claims(const Claims&) = delete;
  Claims& operator=(const Claims&) = delete;

  /// False: another mail has it.
  bool add(RecipientId recipient) {
    const std::lock_guard lock(of_.mutex_);
    if (!of_.claimed_.insert(recipient).second) {
      return false;
    }
    mine_.push_back(recipient);
    return true;
  }
  bool has(RecipientId recipient) const {
    return std::ranges::find(mine_, recipient) != mine_.end();
  }

 private:
  Feedback& of_;
  std::vector<RecipientId> mine_;
};

struct Feedback::Plan {
  store::Step step;
  std::unique_ptr<Claims> claims;
};

Feedback::Feedback(Parts parts) : parts_(std::move(parts)), readers_(kReaders) {}
Feedback::~Feedback() = default;

awaitable<Result<>> Feedback::take(const InboundMail& mail) {
  const Counted counted(at_work_);
  if (counted.number() > kAtWorkMost) {
    co_return fail(Errc::unavailable, "too many reports at a time, try again later");
  }
  figures_.mails.fetch_add(1, std::memory_order_relaxed);
  std::move_only_function<Result<Plan>()> work = [&] { return read(mail); };
  Result<Plan> planned = co_await readers_.run(std::move(work));
  if (!planned) {
    co_return fail(planned.error());
  }
  if (planned->step.empty()) {
    co_return Result<>();
  }
  co_return co_await parts_.committers[net::IoThreads::current()].commit(std::move(planned->step));
}

Result<Feedback::Plan> Feedback::read(const InboundMail& mail) {
  std::unique_ptr<ReadingMarks::Mark> mark;
  if (parts_.marks != nullptr && !(mark = parts_.marks->begin(mail.content))) {
    return broke_its_reader(mail, "reading it has ended the process twice");
  }
  try {
    return plan(mail);
  } catch (const std::bad_alloc&) {
    return fail(Errc::unavailable, "no memory left, try again later");
  } catch (const std::exception& broken) {
    return broke_its_reader(mail, broken.what());
  }
}

std::unexpected<Error> Feedback::broke_its_reader(const InboundMail& mail, const char* why) {
  figures_.broken.fetch_add(1, std::memory_order_relaxed);
  log::error("a mail broke its reader", {{"session", mail.session}, {"why", why}});
  return fail(Errc::invalid, "this mail can't be read");
}

Result<Feedback::Plan> Feedback::plan(const InboundMail& mail) {
  Plan plan;
  plan.claims = std::make_unique<Claims>(*this);
  std::optional<ReportReading> reading;
  for (const InboundAddress& address : mail.addresses) {
    if (address.use == InboundUse::unsubscribe) {
      TRY_VOID(add_unsubscribed(plan, mail, *address.recipient));
      continue;
    }
    if (!reading) {
      reading = read_report(mail.content, parts_.token_key, *parts_.classifier());
    }
    if (!address.recipient && reading->ids.empty()) {
      note_unmatched(mail, reading->what);
      continue;
    }
    if (reading->told.empty()) {
      figures_.silent.fetch_add(1, std::memory_order_relaxed);
      log::debug("a mail tells of nothing", {{"session", mail.session}, {"what", reading->what}});
      continue;
    }
    TRY_VOID(add_report(plan, *reading, address.recipient ? *address.recipient : reading->ids[0]));
  }
  return plan;
}

void Feedback::note_unmatched(const InboundMail& mail, const std::string& what) {
  figures_.unmatched.fetch_add(1, std::memory_order_relaxed);
  log::info("a report is unmatched: it proves no recipient of ours",
            {{"session", mail.session}, {"from", printable(mail.sender, 320)}, {"what", what}});
}

Result<> Feedback::add_unsubscribed(Plan& plan, const InboundMail& mail, RecipientId recipient) {
  TRY(const std::optional<KnownRecipient> known, find_recipient(parts_.events, recipient));
  if (known) {
    TRY(const bool is_own, is_of_one_copy(known->facts));
    if (!is_own) {
      note_unmatched(mail, "an id that other recipients have, too");
      return {};
    }
  }
  Told told;
  told.type = Type::unsubscribed;
  told.text = mail.sender.empty() ? "" : "by mail from " + printable(mail.sender, 320);
  return add(plan, recipient, told);
}

/// Recipients that share their bytes share the id of the first (delivery/render.h).
Result<bool> Feedback::is_of_one_copy(const events::Event& facts) const {
  const auto snapshot = parts_.directory.snapshot();
  const directory::Account* account = snapshot->account(facts.account);
  if (account == nullptr || account->own_return_paths ||
      facts.recipient != recipient_of(facts.message, 0)) {
    return true;
  }
  TRY(const auto tracked, parts_.links.read(facts.message));
  if (tracked) {
    return true;
  }
  TRY(const auto all, recipients_of(parts_.events, facts.message));
  return all.size() == 1;
}

Result<> Feedback::add_report(Plan& plan, const ReportReading& reading, RecipientId recipient) {
  TRY(const std::optional<KnownRecipient> known, find_recipient(parts_.events, recipient));
  if (!known) {
    figures_.unmatched.fetch_add(1, std::memory_order_relaxed);
    log::info("a report is of a recipient that the event log does not know",
              {{"recipient", to_string(recipient)}});
    return {};
  }
  TRY(const bool is_own, is_of_one_copy(known->facts));
  if (is_own) {
    return add(plan, recipient, *told_about(reading.told, known->facts.to));
  }
  // Everybody who got a copy has this id. A complaint is believed of the address that it names; a
  // bounce, of which there is none without return paths of our own, would be one reader's word
  // against another.
  TRY(const auto all, recipients_of(parts_.events, known->facts.message));
  for (const SharedRecipient& one : all) {
    const Told* told = told_about(reading.told, one.address);
    const bool is_named = equal_ignoring_case(told->address, one.address) ||
                          equal_ignoring_case(told->original, one.address);
    if (told->type == Type::complained && is_named) {
      TRY_VOID(add(plan, one.id, *told));
    }
  }
  return {};
}

Result<> Feedback::add(Plan& plan, RecipientId recipient, const Told& told) {
  if (plan.claims->has(recipient)) {
    return {};  // one mail tells one thing of a recipient
  }
  if (!plan.claims->add(recipient)) {
    return fail(Errc::unavailable, "another report of this recipient is being read, try again");
  }
  // Read again: whoever had claimed the recipient before may have told of it.
  TRY(const std::optional<KnownRecipient> known, find_recipient(parts_.events, recipient));
  if (!known) {
    return {};
  }
  switch (addition_of(told, *known)) {
    case Addition::later:
      return fail(Errc::unavailable, "this message is still on its way, try again later");
    case Addition::nothing:
      figures_.repeated.fetch_add(1, std::memory_order_relaxed);
      return {};
    case Addition::event:
      break;
  }
  counter_of(told.type, figures_).fetch_add(1, std::memory_order_relaxed);
  parts_.events.append(plan.step, event_of(told, *known, parts_.clock.now()));
  return {};
}

}  // namespace postrider::relay
