#include "suppression/keeper.h"

#include <array>
#include <optional>
#include <utility>

#include "base/log.h"
#include "events/report_of_ours.h"

namespace postrider::suppression {

using events::Event;
using events::Type;
using store::Table;

namespace {

/// What the reader said.
std::optional<Reason> reason_of(Type type) {
  if (type == Type::complained) {
    return Reason::complaint;
  }
  return type == Type::unsubscribed ? std::optional(Reason::unsubscribe) : std::nullopt;
}

}  // namespace

std::span<const Type> Keeper::wants() const {
  static constexpr std::array kWanted{Type::delivered, Type::failed,       Type::expired,
                                      Type::bounced,   Type::unsubscribed, Type::complained};
  return kWanted;
}

Result<> Keeper::take(std::span<const Event> events, store::Step& step) {
  limit_ = ask_limit_();
  writing_.reset();
  Softs softs;
  for (const Event& event : events) {
    if (event.type == Type::delivered && !list_.may_have_soft_bounces()) {
      continue;  // nearly all, without a look at the address
    }
    const auto address = mail::parse_mailbox(event.to, true);
    if (!address || !event.recipient.exists() || !event.account.exists()) {
      continue;
    }
    if (const auto wish = reason_of(event.type)) {
      suppress(event, *address, *wish, step);
    } else if (!events::is_report_of_ours(event)) {
      TRY_VOID(take_outcome(event, *address, softs, step));
    }
  }
  return {};
}

Result<> Keeper::take_outcome(const Event& event, const mail::Address& address, Softs& softs,
                              store::Step& step) {
  switch (event.type) {
    case Type::failed:
    case Type::expired:
    case Type::bounced:
      return take_failure(event, address, softs, step);
    case Type::delivered:
      return take_success(event, address, softs, step);
    default:
      return {};
  }
}

void Keeper::suppress(const Event& event, const mail::Address& address, Reason reason,
                      store::Step& step) {
  Change change;
  change.reason = reason;
  const bool is_of_stream = reason == Reason::unsubscribe && event.scope != "all";
  change.scope = is_of_stream ? event.stream : std::string();
  change.source = event.recipient;
  change.time = event.time;
  change.address = event.to;
  change.note = event.reply.empty() ? event.detail : event.reply;
  if (!writing_) {
    writing_.emplace(list_);
  }
  writing_->put(step, event.account, address, change, event.sequence);
}

Result<> Keeper::take_failure(const Event& event, const mail::Address& address, Softs& softs,
                              store::Step& step) {
  if (event.kind == "soft") {
    return take_soft(event, address, softs, step);
  }
  const bool is_hard = event.kind == "hard";
  const bool is_final = event.type != Type::expired && (is_hard || event.kind == "complaint");
  if (is_final && suppresses_(event.rule).value_or(is_hard)) {
    suppress(event, address, is_hard ? Reason::hard_bounce : Reason::complaint, step);
  }
  return {};
}

Result<> Keeper::take_soft(const Event& event, const mail::Address& address, Softs& softs,
                           store::Step& step) {
  const AddressHash hash = list_.hash_of(address);
  const std::string key = soft_row_key(event.account, hash);
  TRY(SoftBounces soft, soft_bounces(key, softs));
  if (!soft.take(event.sequence)) {
    return {};
  }
  if (soft.add(event.recipient, event.time, limit_)) {
    suppress(event, address, Reason::repeated_soft, step);
    soft = {};
    step.erase(Table::suppression, key);
  } else {
    step.put(Table::suppression, key, soft.encode());
  }
  list_.note_soft_bounces(event.account, hash);
  softs[key] = soft;
  return {};
}

Result<> Keeper::take_success(const Event& event, const mail::Address& address, Softs& softs,
                              store::Step& step) {
  const AddressHash hash = list_.hash_of(address);
  if (!list_.may_have_soft_bounces(event.account, hash)) {
    return {};
  }
  const std::string key = soft_row_key(event.account, hash);
  TRY(SoftBounces soft, soft_bounces(key, softs));
  if (soft.count() == 0 || !soft.take(event.sequence)) {
    return {};
  }
  if (soft.add_success(event.recipient)) {
    soft = {};
    step.erase(Table::suppression, key);
  } else {
    step.put(Table::suppression, key, soft.encode());
  }
  softs[key] = soft;
  return {};
}

Result<SoftBounces> Keeper::soft_bounces(const std::string& key, const Softs& softs) const {
  if (const auto found = softs.find(key); found != softs.end()) {
    return found->second;
  }
  TRY(const std::optional<std::string> record, store_.get(Table::suppression, key));
  if (!record) {
    return SoftBounces();
  }
  Result<SoftBounces> read = SoftBounces::decode(*record);
  if (!read) {
    log::error("soft bounces are counted from nothing again", {{"why", read.error().text()}});
    return SoftBounces();
  }
  return read;
}

}  // namespace postrider::suppression
