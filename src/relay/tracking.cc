#include "relay/tracking.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "base/text.h"
#include "track/untracked.h"

namespace postrider::relay {
namespace {

using directory::Tracking;
using directory::TrackingSwitches;

track::LinkRules rules_of(const Tracking& tracking, TrackingSwitches wanted) {
  track::LinkRules rules;
  rules.base = tracking.host;
  for (const std::string_view host : split(tracking.kept_hosts, ' ')) {
    if (!host.empty()) {
      rules.kept_hosts.emplace_back(host);
    }
  }
  if (auto tags = read_url_tags(tracking.url_tags)) {
    rules.url_tags = *std::move(tags);
  }
  rules.opens = wanted.opens;
  rules.clicks = wanted.clicks;
  rules.plain_text = tracking.plain_text;
  rules.preserve_signed = tracking.preserve_signed;
  return rules;
}

Result<> add_plan(Prepared& prepared, const track::LinkRules& rules, Privacy privacy) {
  queue::Fresh& fresh = *prepared.fresh;
  track::Plan plan = track::plan_message(*fresh.content, rules);
  if (!plan.untouched.empty()) {
    return fail(Errc::invalid, plan.untouched);
  }
  if (plan.left_over > 0) {
    prepared.tracking_problem = "tracked but for " + std::to_string(plan.left_over) +
                                " links beyond the limits of " + std::to_string(rules.links_max) +
                                " in a message and " + std::to_string(track::kLongestTarget) +
                                " bytes each";
  }
  if (plan.regions.empty()) {
    return {};
  }
  TRY(track::Splice prepared_splice, track::Splice::prepare(plan, *fresh.content));
  auto splice = std::make_shared<const track::Splice>(std::move(prepared_splice));
  describe(fresh.message, splice->example());
  // From here nothing throws: a message is tracked with all that belongs to it, or not at all.
  fresh.message.is_tracked = true;
  fresh.message.privacy = privacy;
  fresh.splice = std::move(splice);
  prepared.plan = std::move(plan);
  prepared.has_links = true;
  return {};
}

/// What is known of the message's bytes holds for both kinds of copies from here.
void add_untracked(Prepared& prepared) {
  queue::Fresh& fresh = *prepared.fresh;
  spool::Message& message = fresh.message;
  auto splice = track::untracked_splice(*prepared.plan, *fresh.content);
  fresh.untracked = splice ? *std::move(splice) : nullptr;
  spool::Message copy;
  describe(copy, fresh.untracked ? fresh.untracked->example() : *fresh.content);
  message.size = std::max(message.size, copy.size);
  message.has_eight_bit_header = message.has_eight_bit_header || copy.has_eight_bit_header;
  message.has_eight_bit_body = message.has_eight_bit_body || copy.has_eight_bit_body;
  message.has_dot_lines = message.has_dot_lines || copy.has_dot_lines;
  message.has_long_lines = message.has_long_lines || copy.has_long_lines;
}

}  // namespace

void add_tracking(Prepared& prepared, const directory::Snapshot& directory,
                  const Instructions& instructions) {
  const spool::Message& message = prepared.fresh->message;
  const directory::Account* account = directory.account(message.account);
  if (account == nullptr || account->tracking.host.empty()) {
    return;
  }
  const Tracking& tracking = account->tracking;
  Privacy privacy = std::min(tracking.privacy, instructions.privacy.value_or(kPrivacyMost));
  TrackingSwitches wanted = message.is_bulk ? tracking.bulk : tracking.transactional;
  if (const directory::CampaignTracking* campaign =
          directory.campaign_tracking(message.account, message.labels.campaign)) {
    privacy = std::min(privacy, campaign->privacy);
    wanted = campaign->switches.value_or(wanted);
  }
  wanted.opens = instructions.opens.value_or(wanted.opens);
  wanted.clicks = instructions.clicks.value_or(wanted.clicks);
  if (privacy == Privacy::off || wanted == TrackingSwitches()) {
    return;
  }
  Result<> added;
  try {
    added = add_plan(prepared, rules_of(tracking, wanted), privacy);
  } catch (const std::exception& defect) {  // no message is refused for its tracking
    added = fail(Errc::defect, defect.what());
  }
  if (!added) {
    prepared.tracking_problem = "not tracked: " + added.error().text();
  }
}

void respect_refusals(Prepared& prepared, const TrackingRefusals& refusals) {
  queue::Fresh& fresh = *prepared.fresh;
  spool::Message& message = fresh.message;
  if (!message.is_tracked) {
    return;
  }
  bool is_anybody_untracked = false;
  for (std::uint32_t i = 0; i < message.recipient_count(); ++i) {
    const Privacy level = refusals.level(message.account, message.envelope.recipients[i].address);
    if (level < message.privacy) {
      message.less_known.push_back({.index = i, .privacy = level});
      is_anybody_untracked = is_anybody_untracked || level == Privacy::off;
    }
  }
  if (is_anybody_untracked) {
    add_untracked(prepared);
  }
}

links::TrackedMessage tracked_message(const Prepared& prepared) {
  const spool::Message& message = prepared.fresh->message;
  links::TrackedMessage tracked{.account = message.account,
                                .accepted = message.accepted,
                                .privacy = message.privacy,
                                .stream = message.is_bulk ? "bulk" : "transactional",
                                .from_domain = message.from_domain,
                                .campaign = message.labels.campaign,
                                .custom_id = message.labels.custom_id,
                                .payload = message.labels.payload,
                                .targets = {},
                                .links = {},
                                .less_known = message.less_known};
  if (prepared.plan) {
    tracked.set_links(*prepared.plan);
  }
  return tracked;
}

Result<std::vector<track::UrlTag>> read_url_tags(std::string_view text) {
  std::vector<track::UrlTag> tags;
  for (const std::string_view tag : split(text, '&')) {
    const auto equals = tag.find('=');
    if (tag.empty()) {
      continue;
    }
    if (equals == 0 || equals == std::string_view::npos) {
      return fail(Errc::invalid, "'" + printable(tag, 80) + "' is not NAME=VALUE");
    }
    tags.push_back(
        {.name = std::string(tag.substr(0, equals)), .value = std::string(tag.substr(equals + 1))});
  }
  return tags;
}

}  // namespace postrider::relay
