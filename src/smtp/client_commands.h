// What the client says and understands, as bytes: MAIL and RCPT with the parameters that the peer
// offers, and the features in its reply to EHLO. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "smtp/client.h"

namespace postrider::smtp {

/// `text`: the reply to EHLO, lines separated by '\n', the peer's name on the first. Keywords in
/// any case; what is unknown or malformed is passed over.
PeerFeatures parse_features(std::string_view text);

/// Each appends one command line with its CRLF.
void append_mail(std::string& out, const PeerFeatures& peer, const Envelope& envelope,
                 std::uint64_t content_bytes);
void append_recipient(std::string& out, const PeerFeatures& peer, const Recipient& recipient);

}  // namespace postrider::smtp
