#include "smtp/client_commands.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace postrider::smtp {
namespace {

std::string upper(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  });
  return result;
}

template <class T>
T number_or_zero(std::string_view digits) {
  T value = 0;
  const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return ec == std::errc() && end == digits.data() + digits.size() ? value : T{0};
}

void add_limit(PeerFeatures& features, std::string_view limit) {
  const auto equals = limit.find('=');
  if (equals == std::string_view::npos) {
    return;
  }
  const std::string name = upper(limit.substr(0, equals));
  const auto value = number_or_zero<std::uint32_t>(limit.substr(equals + 1));
  if (name == "RCPTMAX") {
    features.recipients_max = value;
  } else if (name == "MAILMAX") {
    features.transactions_max = value;
  }
}

void add_mechanism(PeerFeatures& features, std::string_view mechanism) {
  if (!mechanism.empty() &&
      std::ranges::find(features.auth, upper(mechanism)) == features.auth.end()) {
    features.auth.push_back(upper(mechanism));
  }
}

void add_feature(PeerFeatures& features, std::string_view line) {
  std::vector<std::string_view> words = split(trim(line), ' ');
  std::string keyword = upper(words.front());
  words.erase(words.begin());
  if (keyword.starts_with("AUTH=")) {  // how Outlook once wanted it; servers still say both
    add_mechanism(features, keyword.substr(5));
    keyword = "AUTH";
  }
  if (keyword == "PIPELINING") {
    features.pipelining = true;
  } else if (keyword == "8BITMIME") {
    features.eight_bit_mime = true;
  } else if (keyword == "SMTPUTF8") {
    features.smtputf8 = true;
  } else if (keyword == "CHUNKING") {
    features.chunking = true;
  } else if (keyword == "DSN") {
    features.dsn = true;
  } else if (keyword == "STARTTLS") {
    features.starttls = true;
  } else if (keyword == "ENHANCEDSTATUSCODES") {
    features.enhanced_status_codes = true;
  } else if (keyword == "SIZE") {
    features.size = true;
    features.size_max = words.empty() ? 0 : number_or_zero<std::uint64_t>(words.front());
  } else if (keyword == "LIMITS") {
    std::ranges::for_each(words, [&](std::string_view word) { add_limit(features, word); });
  } else if (keyword == "AUTH") {
    std::ranges::for_each(words, [&](std::string_view word) { add_mechanism(features, word); });
  }
}

void append_notify(std::string& out, std::uint8_t notify) {
  if (notify == kNotifyUnset) {
    return;
  }
  out += " NOTIFY=";
  if ((notify & kNotifyNever) != 0) {
    out += "NEVER";
    return;
  }
  std::string_view separator;
  const auto add = [&](std::uint8_t bit, std::string_view word) {
    if ((notify & bit) != 0) {
      out += separator;
      out += word;
      separator = ",";
    }
  };
  add(kNotifySuccess, "SUCCESS");
  add(kNotifyFailure, "FAILURE");
  add(kNotifyDelay, "DELAY");
}

/// The address type stands as it is, the address behind it is xtext. One that isn't ASCII would
/// need the encoding of RFC 6533: the parameter is optional and left out.
void append_orcpt(std::string& out, std::string_view orcpt) {
  const auto semicolon = orcpt.find(';');
  if (semicolon == std::string_view::npos || !is_ascii(orcpt)) {
    return;
  }
  out += " ORCPT=";
  out += orcpt.substr(0, semicolon + 1);
  out += mail::encode_xtext(orcpt.substr(semicolon + 1));
}

}  // namespace

PeerFeatures parse_features(std::string_view text) {
  PeerFeatures features;
  features.esmtp = true;
  std::vector<std::string_view> lines = split(text, '\n');
  for (std::size_t i = 1; i < lines.size(); ++i) {
    add_feature(features, lines[i]);
  }
  return features;
}

void append_mail(std::string& out, const PeerFeatures& peer, const Envelope& envelope,
                 std::uint64_t content_bytes) {
  out += "MAIL FROM:<";
  out += mail::to_string(envelope.reverse_path);
  out += '>';
  if (peer.size) {
    out += " SIZE=";
    out += std::to_string(content_bytes);
  }
  if (peer.eight_bit_mime && envelope.body == Body::eight_bit_mime) {
    out += " BODY=8BITMIME";
  }
  if (peer.smtputf8 && envelope.smtputf8) {
    out += " SMTPUTF8";
  }
  if (peer.dsn && envelope.ret != Ret::unset) {
    out += envelope.ret == Ret::full ? " RET=FULL" : " RET=HDRS";
  }
  if (peer.dsn && !envelope.envid.empty()) {
    out += " ENVID=";
    out += mail::encode_xtext(envelope.envid);
  }
  out += "\r\n";
}

void append_recipient(std::string& out, const PeerFeatures& peer, const Recipient& recipient) {
  out += "RCPT TO:<";
  out += mail::to_string(recipient.address);
  out += '>';
  if (peer.dsn) {
    append_notify(out, recipient.notify);
    append_orcpt(out, recipient.orcpt);
  }
  out += "\r\n";
}

}  // namespace postrider::smtp
