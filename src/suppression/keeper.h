// The consumer of the event log that puts addresses on the suppression list: "suppressions".
//
// Hard bounces and complaints of a refusal (`failed` and `bounced`) where the rule that judged says
// so (`suppress`; a rule that is gone, and what no rule has judged: hard bounces), complaints of
// readers, and addresses that bounce softly again and again, for everything; `unsubscribed` for the
// stream that the mail was of, so that who leaves the newsletter still gets the password reset. A
// block never puts an address there, whatever its code.
//
// It may begin again anywhere: the same event writes the same row once more, and a soft bounce that
// has been counted is passed over. What people have put there or taken back stays.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "events/consumers.h"
#include "suppression/list.h"
#include "suppression/soft_bounces.h"

namespace postrider::suppression {

class Keeper final : public events::Consumer {
 public:
  static constexpr std::string_view kName = "suppressions";

  /// Whether a rule suppresses; nothing where there is none of that name.
  using AskRule = std::function<std::optional<bool>(std::string_view rule)>;

  /// `limit`: asked for each batch. Store and list outlive it.
  Keeper(const store::Store& store, List& list, std::function<SoftBounceLimit()> limit,
         AskRule suppresses)
      : store_(store),
        list_(list),
        ask_limit_(std::move(limit)),
        suppresses_(std::move(suppresses)) {}

  std::string_view name() const override { return kName; }
  std::span<const events::Type> wants() const override;
  Result<> take(std::span<const events::Event> events, store::Step& step) override;
  Result<> can_begin_at(std::uint64_t /*next*/) const override { return {}; }
  void begin_at(std::uint64_t /*next*/, store::Step& /*step*/) override {}

 private:
  using Softs = std::map<std::string, SoftBounces>;  ///< by key: of this batch
  void suppress(const events::Event& event, const mail::Address& address, Reason reason,
                store::Step& step);
  Result<> take_outcome(const events::Event& event, const mail::Address& address, Softs& softs,
                        store::Step& step);
  Result<> take_failure(const events::Event& event, const mail::Address& address, Softs& softs,
                        store::Step& step);
  Result<> take_soft(const events::Event& event, const mail::Address& address, Softs& softs,
                     store::Step& step);
  Result<> take_success(const events::Event& event, const mail::Address& address, Softs& softs,
                        store::Step& step);
  Result<SoftBounces> soft_bounces(const std::string& key, const Softs& softs) const;

  const store::Store& store_;
  List& list_;
  std::function<SoftBounceLimit()> ask_limit_;
  AskRule suppresses_;
  std::optional<Writing> writing_;  ///< of the batch before, until the next one shows it durable
  SoftBounceLimit limit_;
};

}  // namespace postrider::suppression
