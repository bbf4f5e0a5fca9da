// Which links of a message are tracked, as its sender and the field's opt-outs have it.
//
// Honoured on a link: data-track=false (also 0, off, no), data-no-track, clicktracking=off,
// data-pm-no-track, ses:no-track, data-msys-clicktrack=0, autotrack=false, the class "untracked";
// data-track=false also on any element around it. They are left where they stand. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "track/html_scanner.h"
#include "track/target.h"

namespace postrider::track {

/// "utm_source" and its value, unencoded.
struct UrlTag {
  std::string name;
  std::string value;
};

struct LinkRules {
  std::string base;  ///< tracking host: "https://links.example.org", ASCII, no slash at the end
  std::vector<std::string> kept_hosts;  ///< lower case; links there are left alone, as to `base`
  std::vector<std::string> kept_urls;   ///< exact, as target URLs: those of List-Unsubscribe
  std::vector<UrlTag> url_tags;         ///< appended to targets
  bool clicks = true;
  bool opens = true;
  bool plain_text = false;       ///< links of text/plain parts, too
  bool preserve_signed = false;  ///< leave a message that its author's domain has signed
  std::size_t links_max = 2000;  ///< of a message; the rest is left alone
};

/// "host", or "http://" or "https://" and a host, a port and a path perhaps: as `base` has it.
/// Errc::invalid.
Result<std::string> read_tracking_base(std::string_view text);

bool opts_out(const HtmlToken& tag);
/// data-track=false, which holds for what is inside, too.
bool shuts_region(const HtmlToken& tag);

bool is_kept(const Target& target, const LinkRules& rules);
/// Whether `url` leads to our own tracking host.
bool is_own(std::string_view url, const LinkRules& rules);

/// With the tags, where they may be added: before the fragment, none that is there already, and
/// none at all where the query is signed (X-Amz-Signature, sig, token ...).
std::string with_tags(const std::string& url, const std::vector<UrlTag>& tags);

}  // namespace postrider::track
