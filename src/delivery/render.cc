#include "delivery/render.h"

#include <span>
#include <utility>

#include "mail/downconvert.h"
#include "mail/header.h"

namespace postrider::delivery {
namespace {

constexpr std::string_view kIdHeader = "X-Postrider-Id: ";
constexpr std::uint64_t kHeadEstimate = 256;       // our own lines
constexpr std::uint64_t kSignatureEstimate = 900;  // one DKIM-Signature field
constexpr std::uint64_t kUnsubscribeEstimate = 512;

struct Split {
  std::string_view header;  // with the CRLF of its last line, without the empty line
  std::string_view body;
};

Split split(std::string_view content) {
  const auto at = content.find("\r\n\r\n");
  if (at == std::string_view::npos) {
    return {.header = content, .body = {}};
  }
  return {.header = content.substr(0, at + 2), .body = content.substr(at + 4)};
}

const directory::Domain* signing_domain(const spool::Message& message,
                                        const directory::Snapshot& directory) {
  return message.from_domain.empty() ? nullptr : directory.domain(message.from_domain);
}

/// Whose copy it is, where several get the same bytes: the first recipient's.
RecipientId owner(const spool::Message& message, std::uint32_t index,
                  const RenderContext& context) {
  const bool shared =
      !message.has_own_copies() && !has_own_return_paths(message, *context.directory);
  return recipient_of(message.id, shared ? 0 : index);
}

std::string own_lines(const spool::Message& message, std::uint32_t index, std::string_view token,
                      const RenderContext& context) {
  std::string lines;
  lines.reserve(kHeadEstimate);
  lines.append(kIdHeader).append(token).append("\r\n");
  if (message.lacks_message_id) {
    lines.append("Message-ID: <").append(token).append("@");
    lines.append(message.from_domain.empty() ? context.hostname : message.from_domain);
    lines.append(">\r\n");
  }
  if (message.lacks_unsubscribe) {
    const WaysOut ways = ways_out(message.account, message.from_domain, *context.directory,
                                  context.unsubscribe_mail);
    lines += unsubscribe_lines(ways, message, index, token, context.tracking_keys.get());
  }
  return lines;
}

mail::BodyHash hash_of(std::string_view body) {
  const std::array<std::string_view, 1> pieces{body};
  return mail::hash_body(pieces);
}

/// One hash for all copies, but for those that differ.
mail::BodyHash body_hash(const queue::Fresh& fresh, std::string_view body) {
  if (fresh.splice) {
    return hash_of(body);
  }
  std::call_once(fresh.body_hashed, [&] { fresh.body_hash = hash_of(body); });
  return fresh.body_hash;
}

/// What this recipient gets.
std::shared_ptr<const std::string> content_for(const queue::Fresh& fresh, std::uint32_t index,
                                               const RenderContext& context) {
  if (!fresh.splice) {
    return fresh.content;
  }
  const spool::Message& message = fresh.message;
  const Privacy privacy = privacy_of(index, message.privacy, message.less_known);
  const track::Splice* splice =
      privacy == Privacy::off ? fresh.untracked.get() : fresh.splice.get();
  if (splice == nullptr) {
    return fresh.content;
  }
  const std::uint32_t who = privacy == Privacy::anonymous ? track::kNobody : index;
  return std::make_shared<const std::string>(
      splice->copy_for(context.tracking_keys->maker(message.account, message.id), who));
}

Result<std::string> sign(std::string_view own, std::string_view header, const mail::BodyHash& hash,
                         const directory::Domain& domain, Time now) {
  std::string signed_part(own);
  signed_part += header;
  return mail::sign_header(signed_part, hash, domain.signatures, now);
}

}  // namespace

bool has_own_return_paths(const spool::Message& message, const directory::Snapshot& directory) {
  const directory::Account* account = directory.account(message.account);
  return account == nullptr || account->own_return_paths;
}

std::string copy_token(const spool::Message& message, std::uint32_t index,
                       const RenderContext& context) {
  return mail::make_token(context.token_key, owner(message, index, context));
}

smtp::Envelope outgoing_envelope(const spool::Message& message,
                                 std::span<const std::uint32_t> indexes, std::string_view token,
                                 const RenderContext& context) {
  smtp::Envelope envelope;
  envelope.reverse_path = message.envelope.reverse_path;
  envelope.body = message.has_eight_bit_body ? smtp::Body::eight_bit_mime : smtp::Body::seven_bit;
  envelope.ret = message.envelope.ret;
  envelope.envid = message.envelope.envid;
  envelope.smtputf8 = message.has_eight_bit_header || !envelope.reverse_path.is_ascii();
  const bool own = has_own_return_paths(message, *context.directory);
  for (const std::uint32_t index : indexes) {
    envelope.recipients.push_back(message.envelope.recipients[index]);
    envelope.smtputf8 = envelope.smtputf8 || !envelope.recipients.back().address.is_ascii();
    if (own) {
      // Reports come to us: that of success would be nobody's, and the relay tells it itself.
      std::uint8_t& notify = envelope.recipients.back().notify;
      notify = static_cast<std::uint8_t>(notify & ~smtp::kNotifySuccess);
    }
  }
  if (own && !envelope.reverse_path.is_null()) {
    const directory::Domain* domain = signing_domain(message, *context.directory);
    const bool has_domain = domain != nullptr && !domain->return_path_domain.empty();
    envelope.reverse_path = {
        .local = std::string("bounces+").append(token),
        .domain = has_domain ? domain->return_path_domain : context.return_path_domain};
  }
  return envelope;
}

bool is_costly(const spool::Message& message, const directory::Snapshot& directory) {
  if (message.is_tracked) {
    return true;
  }
  const directory::Domain* domain = signing_domain(message, directory);
  if (domain == nullptr) {
    return false;
  }
  for (const mail::DkimSignature& signature : domain->signatures) {
    if (signature.key->algorithm() == mail::DkimAlgorithm::rsa_sha256) {
      return true;
    }
  }
  return false;
}

std::uint64_t estimated_size(const queue::Fresh& fresh, const RenderContext& context) {
  const directory::Domain* domain = signing_domain(fresh.message, *context.directory);
  const std::uint64_t signatures = domain == nullptr ? 0 : domain->signatures.size();
  return fresh.message.size + kHeadEstimate + signatures * kSignatureEstimate +
         (fresh.message.lacks_unsubscribe ? kUnsubscribeEstimate : 0);
}

Result<Rendered> render(const queue::Fresh& fresh, std::uint32_t index, std::string_view token,
                        const RenderContext& context, Time now) {
  Rendered rendered{.head = own_lines(fresh.message, index, token, context),
                    .content = content_for(fresh, index, context)};
  const directory::Domain* domain = signing_domain(fresh.message, *context.directory);
  if (domain != nullptr && !domain->signatures.empty()) {
    const Split parts = split(*rendered.content);
    const mail::BodyHash hash = body_hash(fresh, parts.body);
    TRY(std::string signatures, sign(rendered.head, parts.header, hash, *domain, now),
        "signing for " + domain->name);
    rendered.head.insert(0, signatures);
  }
  return rendered;
}

Result<Rendered> render_seven_bit(const queue::Fresh& fresh, std::uint32_t index,
                                  std::string_view token, const RenderContext& context, Time now) {
  TRY(std::string converted, mail::to_seven_bit(*content_for(fresh, index, context)));
  queue::Fresh seven_bit;
  seven_bit.message = fresh.message;
  seven_bit.content = std::make_shared<const std::string>(std::move(converted));
  return render(seven_bit, index, token, context, now);
}

}  // namespace postrider::delivery
