#include "mail/dkim.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "mail/header.h"
#include "mail/relaxed_form.h"

namespace postrider::mail {
namespace {

constexpr std::size_t kLineWidth = 78;

// What a reader is shown and what decides how it is shown is oversigned: one more could be put on
// top. What mailing lists add on their way is signed only where we sent it.
constexpr auto kDefaultFields = std::to_array<SignedField>({
    {"From", true},
    {"Sender", true},
    {"Reply-To", true},
    {"Subject", true},
    {"Date", true},
    {"To", true},
    {"Cc", true},
    {"Message-ID", true},
    {"MIME-Version", true},
    {"Content-Type", true},
    {"Content-Transfer-Encoding", true},
    {"In-Reply-To", true},
    {"References", true},
    {"Content-ID"},
    {"Content-Description"},
    {"Content-Disposition"},
    {"Content-Language"},
    {"Resent-From"},
    {"Resent-Sender"},
    {"Resent-To"},
    {"Resent-Cc"},
    {"Resent-Date"},
    {"Resent-Message-ID"},
    {"List-Id"},
    {"List-Help"},
    {"List-Unsubscribe"},
    {"List-Unsubscribe-Post"},
    {"List-Subscribe"},
    {"List-Post"},
    {"List-Owner"},
    {"List-Archive"},
    {"Auto-Submitted"},
    {"Precedence"},
    {"Feedback-ID"},
    {"X-Postrider-Id"},
});

/// A field that grows by pieces and is folded where the next would pass the width.
class FoldedField {
 public:
  explicit FoldedField(std::string start) : text_(std::move(start)), column_(text_.size()) {}

  /// `piece` stays whole; a space in front of it, or a fold.
  void add_word(std::string_view piece) {
    if (column_ + 1 + piece.size() > kLineWidth) {
      fold();
    } else {
      text_ += ' ';
      ++column_;
    }
    append(piece);
  }

  /// `piece` stays whole; nothing in front of it, or a fold.
  void add_joined(std::string_view piece) {
    if (column_ + piece.size() > kLineWidth) {
      fold();
    }
    append(piece);
  }

  /// Folded anywhere.
  void add_text(std::string_view text) {
    while (!text.empty()) {
      if (column_ >= kLineWidth) {
        fold();
      }
      const std::string_view piece = text.substr(0, kLineWidth - column_);
      append(piece);
      text.remove_prefix(piece.size());
    }
  }

  const std::string& text() const { return text_; }

 private:
  void fold() {
    text_ += "\r\n ";
    column_ = 1;
  }
  void append(std::string_view piece) {
    text_ += piece;
    column_ += piece.size();
  }

  std::string text_;
  std::size_t column_;
};

/// What all signatures of one message share.
struct SignedHeader {
  std::string relaxed;                  ///< the signed fields, as they are hashed
  std::vector<std::string_view> names;  ///< h=, in the same order
};

/// Of several fields of one name the lowest comes first: RFC 6376, 5.4.2.
SignedHeader collect(std::string_view header, std::span<const SignedField> fields) {
  const Sections sections = split_message(header);
  SignedHeader found;
  found.relaxed.reserve(header.size() + 512);
  found.names.reserve(sections.fields.size() + fields.size());
  for (const SignedField& wanted : fields) {
    for (auto field = sections.fields.rbegin(); field != sections.fields.rend(); ++field) {
      if (equal_ignoring_case(field->name, wanted.name)) {
        append_relaxed_field(found.relaxed, field->whole);
        found.names.push_back(wanted.name);
      }
    }
    if (wanted.oversign) {
      found.names.push_back(wanted.name);
    }
  }
  return found;
}

bool is_tag_safe(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_alpha(c) || is_digit(c) || c == '.' || c == '-' || c == '_';
  });
}

std::string_view algorithm_name(DkimAlgorithm algorithm) {
  return algorithm == DkimAlgorithm::rsa_sha256 ? "rsa-sha256" : "ed25519-sha256";
}

/// The field as far as its "b=".
FoldedField make_field(const DkimSignature& signature, const SignedHeader& header,
                       std::string_view body_hash, std::string_view now) {
  FoldedField field("DKIM-Signature: v=1;");
  field.add_word("a=" + std::string(algorithm_name(signature.key->algorithm())) + ";");
  field.add_word("c=relaxed/relaxed;");
  field.add_word("d=" + signature.domain + ";");
  field.add_word("s=" + signature.selector + ";");
  field.add_word("t=" + std::string(now) + ";");
  field.add_word("bh=" + std::string(body_hash) + ";");
  for (std::size_t i = 0; i < header.names.size(); ++i) {
    std::string item = i == 0 ? "h=" : "";
    item += header.names[i];
    item += i + 1 < header.names.size() ? ':' : ';';
    if (i == 0) {
      field.add_word(item);
    } else {
      field.add_joined(item);
    }
  }
  field.add_word("b=");
  return field;
}

}  // namespace

std::span<const SignedField> default_signed_fields() {
  return kDefaultFields;
}

Result<std::string> sign_header(std::string_view header, const BodyHash& body_hash,
                                std::span<const DkimSignature> signatures, Time now,
                                std::span<const SignedField> fields) {
  SignedHeader shared = collect(header, fields);
  const std::size_t shared_size = shared.relaxed.size();
  const std::string body =
      base64({reinterpret_cast<const char*>(body_hash.data()), body_hash.size()});
  const std::string seconds =
      std::to_string(std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count());
  std::string out;
  for (const DkimSignature& signature : signatures) {
    if (!is_tag_safe(signature.domain) || !is_tag_safe(signature.selector)) {
      return fail(Errc::invalid, "'" + printable(signature.selector, 80) + "' at '" +
                                     printable(signature.domain, 80) +
                                     "' can't be the selector and domain of a signature");
    }
    FoldedField field = make_field(signature, shared, body, seconds);
    append_relaxed_field(shared.relaxed, field.text());
    // The field that is being made is hashed last, and without a line end (RFC 6376, 3.7).
    const std::string_view hashed =
        std::string_view(shared.relaxed).substr(0, shared.relaxed.size() - 2);
    TRY(const std::string raw, signature.key->sign(hashed),
        "signing as " + signature.selector + " of " + signature.domain);
    shared.relaxed.resize(shared_size);
    field.add_text(base64(raw));
    out += field.text();
    out += "\r\n";
  }
  return out;
}

}  // namespace postrider::mail
