// What accounts have chosen for their campaigns, and people for themselves, about tracking.
#include <array>
#include <optional>

#include "base/json_text.h"
#include "base/text.h"
#include "http/account_tracking.h"
#include "http/control.h"
#include "http/request_body.h"
#include "http/suppression_rows.h"
#include "mail/address.h"

namespace postrider::http {

using boost::asio::awaitable;
using directory::CampaignTracking;
using directory::TrackingRefusal;

namespace {

constexpr std::size_t kCampaignBytes = 255;

void write_campaign(JsonText& json, const ControlParts& parts, const CampaignTracking& one) {
  json.begin_object();
  json.field("account", account_name(*parts.directory->snapshot(), one.account));
  json.field("campaign", one.campaign);
  json.field("track", one.switches ? name_of(*one.switches) : "as its stream");
  json.field("privacy", one.privacy == kPrivacyMost ? "as its account" : to_string(one.privacy));
  json.end_object();
}

awaitable<Result<Response>> list_campaigns(const ControlParts& parts, Call call) {
  const auto directory = parts.directory->snapshot();
  std::optional<AccountId> only;
  if (const std::string name = call.query("account"); !name.empty()) {
    CO_TRY(const directory::Account account, find_account(*directory, name), "account");
    only = account.id;
  }
  JsonText json;
  json.begin_object();
  json.begin_array("campaigns");
  for (const CampaignTracking* one : directory->campaign_trackings()) {
    if (!only || one->account == *only) {
      write_campaign(json, parts, *one);
    }
  }
  json.end_array();
  json.end_object();
  co_return json_answer(json.take());
}

Result<CampaignTracking> campaign_of(const ControlParts& parts, const std::string& text) {
  TRY(const RequestBody body,
      RequestBody::parse(text, {"account", "campaign", "track", "privacy"}));
  TRY(const std::optional<std::string> account, body.text("account"));
  TRY(const std::optional<std::string> track, body.text("track"));
  TRY(const std::optional<std::string> privacy, body.text("privacy"));
  CampaignTracking wanted;
  TRY(wanted.account, list_of(parts, account.value_or(""), ""));
  TRY(wanted.campaign, body.required_text("campaign"));
  if (wanted.campaign.size() > kCampaignBytes || !is_printable(wanted.campaign)) {
    return fail(Errc::invalid, "campaign: 1 to 255 printable characters, as its messages name it");
  }
  if (!track && !privacy) {
    return fail(Errc::invalid, "track or privacy: say what is to hold for the campaign");
  }
  if (track) {
    TRY(wanted.switches, parse_switches(*track), "track");
  }
  if (privacy) {
    TRY(wanted.privacy, parse_privacy(*privacy), "privacy");
  }
  return wanted;
}

awaitable<Result<Response>> set_campaign(const ControlParts& parts, Call call) {
  CO_TRY(const CampaignTracking wanted, campaign_of(parts, call.request.body));
  std::move_only_function<Result<>()> work = [&] {
    return parts.directory->set_campaign_tracking(wanted);
  };
  CO_TRY_VOID(co_await off_thread(parts, std::move(work)));
  JsonText json;
  write_campaign(json, parts, wanted);
  co_return json_answer(json.take());
}

awaitable<Result<Response>> remove_campaign(const ControlParts& parts, Call call) {
  CO_TRY(const AccountId account, list_of(parts, call.query("account"), ""));
  const std::string campaign = call.query("campaign");
  std::move_only_function<Result<>()> work = [&] {
    return parts.directory->remove_campaign_tracking(account, campaign);
  };
  CO_TRY_VOID(co_await off_thread(parts, std::move(work)));
  JsonText json;
  json.begin_object();
  json.field("campaign", campaign);
  json.end_object();
  co_return json_answer(json.take());
}

void write_refusal(JsonText& json, const ControlParts& parts, const TrackingRefusal& refusal) {
  json.begin_object();
  json.field("list", list_name(parts, refusal.account));
  json.field("privacy", to_string(refusal.privacy));
  json.field("since", format_time(refusal.since));
  json.end_object();
}

/// Of an address: what the account's list and the one for every account say.
awaitable<Result<Response>> show_refusals(const ControlParts& parts, Call call) {
  CO_TRY(const AccountId of, list_of(parts, call.query("account"), call.query("global")));
  CO_TRY(const mail::Address address, mail::parse_mailbox(call.query("address"), true));
  const relay::TrackingRefusals& refusals = parts.relay->tracking_refusals();
  JsonText json;
  json.begin_object();
  json.field("address", mail::to_string(address));
  json.field("level", to_string(refusals.level(of, address)));
  json.field("listed", refusals.size());
  json.begin_array("refusals");
  for (const AccountId list : {of, suppression::kGlobal}) {
    const auto refusal = refusals.find(list, address);
    if (refusal && (list == of || of != suppression::kGlobal)) {
      write_refusal(json, parts, *refusal);
    }
    if (of == suppression::kGlobal) {
      break;
    }
  }
  json.end_array();
  json.end_object();
  co_return json_answer(json.take());
}

awaitable<Result<Response>> add_refusal(const ControlParts& parts, Call call) {
  CO_TRY(const RequestBody body,
         RequestBody::parse(call.request.body, {"account", "global", "address", "privacy"}));
  CO_TRY(const AccountId of, list_of(parts, body));
  CO_TRY(const std::string text, body.required_text("address"));
  CO_TRY(const mail::Address address, mail::parse_mailbox(text, true));
  CO_TRY(const std::optional<std::string> level, body.text("privacy"));
  CO_TRY(const Privacy privacy, parse_privacy(level.value_or("off")), "privacy");
  if (privacy == kPrivacyMost) {
    co_return fail(Errc::invalid, "privacy: full would change nothing; say a level below it");
  }
  std::move_only_function<Result<>()> work = [&] {
    return parts.relay->tracking_refusals().put(of, address, privacy, now_of(parts));
  };
  CO_TRY_VOID(co_await off_thread(parts, std::move(work)));
  JsonText json;
  json.begin_object();
  json.field("list", list_name(parts, of));
  json.field("address", mail::to_string(address));
  json.field("privacy", to_string(privacy));
  json.end_object();
  co_return json_answer(json.take(), 201);
}

awaitable<Result<Response>> remove_refusal(const ControlParts& parts, Call call) {
  CO_TRY(const AccountId of, list_of(parts, call.query("account"), call.query("global")));
  CO_TRY(const mail::Address address, mail::parse_mailbox(call.query("address"), true));
  std::move_only_function<Result<>()> work = [&] {
    return parts.relay->tracking_refusals().remove(of, address);
  };
  CO_TRY_VOID(co_await off_thread(parts, std::move(work)));
  JsonText json;
  json.begin_object();
  json.field("list", list_name(parts, of));
  json.field("address", mail::to_string(address));
  json.end_object();
  co_return json_answer(json.take());
}

constexpr std::array kEntries{
    Entry{"GET", "/v1/campaign-tracking", Needs::stores, list_campaigns},
    Entry{"POST", "/v1/campaign-tracking", Needs::relay, set_campaign},
    Entry{"DELETE", "/v1/campaign-tracking", Needs::relay, remove_campaign},
    Entry{"GET", "/v1/tracking-refusals", Needs::relay, show_refusals},
    Entry{"POST", "/v1/tracking-refusals", Needs::relay, add_refusal},
    Entry{"DELETE", "/v1/tracking-refusals", Needs::relay, remove_refusal}};

}  // namespace

std::span<const Entry> tracking_choice_entries() {
  return kEntries;
}

}  // namespace postrider::http
