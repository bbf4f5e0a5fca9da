// What goes over the wire for one recipient, made late: return path, the header lines that are this
// copy's own, the DKIM signatures; then the message as it is stored, untouched, or where it is
// tracked with links and pixel of this recipient's own.
//
//   DKIM-Signature: ...            one for each active key of the From domain
//   X-Postrider-Id: TOKEN          for reports that lose the return path
//   Message-ID: <TOKEN@...>        bulk mail that came without one
//   List-Unsubscribe: ...          bulk mail that came without one (delivery/unsubscribe.h)
//   (the stored message, or this recipient's copy of it)
//
// Pure but for the random numbers of signing; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "delivery/unsubscribe.h"
#include "directory/directory.h"
#include "mail/return_path.h"
#include "queue/waiting.h"
#include "smtp/transaction.h"
#include "track/token.h"

namespace postrider::delivery {

/// What rendering needs to know of this installation.
struct RenderContext {
  std::shared_ptr<const directory::Snapshot> directory;
  mail::TokenKey token_key{};
  std::string return_path_domain;  ///< of the installation, for domains without one of their own
  std::string hostname;            ///< in a Message-ID of ours
  UnsubscribeMail unsubscribe_mail = {};
  /// Needed for messages that have_own_copies() only.
  std::shared_ptr<const track::TokenKeys> tracking_keys;
};

/// What names one copy: in its return path and its X-Postrider-Id. Recipients that share their
/// bytes share the token of the first.
std::string copy_token(const spool::Message& message, std::uint32_t index,
                       const RenderContext& context);

/// The envelope for the `indexes` of a message's recipients that go in one transaction. With own
/// return paths there is one.
smtp::Envelope outgoing_envelope(const spool::Message& message,
                                 std::span<const std::uint32_t> indexes, std::string_view token,
                                 const RenderContext& context);

/// Whether each recipient of the message has a return path, and so a transaction, of its own.
bool has_own_return_paths(const spool::Message& message, const directory::Snapshot& directory);

/// Whether rendering costs an RSA signature (some 225 us), or a copy that has to be made and
/// hashed: worth another thread.
bool is_costly(const spool::Message& message, const directory::Snapshot& directory);

/// How long the copy will be: SIZE= is an estimate (RFC 1870, 6.1).
std::uint64_t estimated_size(const queue::Fresh& fresh, const RenderContext& context);

struct Rendered {
  std::string head;  ///< the lines in front of `content`
  std::shared_ptr<const std::string> content;
  std::array<std::string_view, 2> pieces() const { return {head, *content}; }
};

Result<Rendered> render(const queue::Fresh& fresh, std::uint32_t index, std::string_view token,
                        const RenderContext& context, Time now);

/// The same for a peer without 8BITMIME: the content converted to 7 bits, then signed.
/// Errc::invalid says why it can't be.
Result<Rendered> render_seven_bit(const queue::Fresh& fresh, std::uint32_t index,
                                  std::string_view token, const RenderContext& context, Time now);

}  // namespace postrider::delivery
