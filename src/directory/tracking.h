// How an account's mail is tracked: the host that its links lead through, what is tracked on each
// stream, and how much may be known. Values; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"
#include "base/privacy.h"

namespace postrider::directory {

/// What is tracked unless a message says otherwise.
struct TrackingSwitches {
  bool opens = false;
  bool clicks = false;

  bool operator==(const TrackingSwitches&) const = default;
};

struct Tracking {
  std::string host;  ///< "https://links.example.org"; empty: nothing is tracked
  Privacy privacy = Privacy::identified;  ///< the ceiling
  TrackingSwitches bulk{.opens = true, .clicks = true};
  TrackingSwitches transactional;
  bool plain_text = false;       ///< links of text/plain parts, too
  bool preserve_signed = false;  ///< leave what its author's domain has signed already
  std::string url_tags;          ///< appended to targets: "utm_source=shop&utm_medium=email"
  std::string kept_hosts;        ///< links there stay as they are: lower case, a space in between
  std::string former_hosts =
      {};  ///< of links that were sent before: lower case, a space in between

  bool operator==(const Tracking&) const = default;
};

/// The name in a tracking host: "links.example.org"; empty where there is none.
std::string name_of_host(std::string_view url);

/// Where an account's links lead to another host from now on: the one before is remembered, because
/// mail that was sent leads there.
void remember_former_host(Tracking& tracking, std::string_view former);

/// Whether the account's links led through the host `name` once.
bool has_led_through(const Tracking& tracking, std::string_view name);

/// What an account has chosen for one of its campaigns.
struct CampaignTracking {
  AccountId account;
  std::string campaign;                      ///< as its messages name it
  std::optional<TrackingSwitches> switches;  ///< in place of the stream's; nothing: as the stream
  Privacy privacy = kPrivacyMost;            ///< a ceiling below the account's

  bool operator==(const CampaignTracking&) const = default;
};

/// Somebody who wants less known than the account would. The address itself is not kept.
struct TrackingRefusal {
  using Address = std::array<std::uint8_t, 16>;  ///< its keyed hash (suppression/change.h)

  AccountId account;  ///< 0: whoever sends
  Address address{};
  Privacy privacy = Privacy::off;  ///< the most that may be known
  Time since{};

  bool operator==(const TrackingRefusal&) const = default;
};

}  // namespace postrider::directory
