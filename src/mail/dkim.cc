#include "mail/dkim.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>

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

/// Which of the wanted fields have a name of a given length: a bit for each, so that a field is
/// compared with two or three names, not with all.
class NameLengths {
 public:
  explicit NameLengths(std::span<const SignedField> wanted) : wanted_(wanted) {
    assert(wanted.size() <= 64);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      assert(wanted[i].name.size() < by_length_.size());
      by_length_[wanted[i].name.size()] |= std::uint64_t{1} << i;
    }
  }

  /// The position of `name` among those wanted; their number if it isn't.
  std::size_t find(std::string_view name) const {
    std::uint64_t left = name.size() < by_length_.size() ? by_length_[name.size()] : 0;
    for (; left != 0; left &= left - 1) {
      const auto i = static_cast<std::size_t>(std::countr_zero(left));
      if (equal_ignoring_case(name, wanted_[i].name)) {
        return i;
      }
    }
    return wanted_.size();
  }

 private:
  std::span<const SignedField> wanted_;
  std::array<std::uint64_t, 64> by_length_{};
};

/// Of several fields of one name the lowest comes first: RFC 6376, 5.4.2.
SignedHeader collect(std::string_view header, std::span<const SignedField> fields) {
  const Sections sections = split_message(header);
  const NameLengths names(fields);
  struct Found {
    std::size_t place;  // among those wanted
    const Field* field;
  };
  std::vector<Found> found;
  found.reserve(sections.fields.size());
  for (const Field& field : sections.fields) {
    if (const std::size_t place = names.find(field.name); place < fields.size()) {
      found.push_back({.place = place, .field = &field});
    }
  }
  std::ranges::sort(found, [](const Found& a, const Found& b) {
    return a.place != b.place ? a.place < b.place : a.field->offset > b.field->offset;
  });

  SignedHeader result;
  result.relaxed.reserve(header.size() + 512);
  result.names.reserve(found.size() + fields.size());
  auto next = found.begin();
  for (std::size_t place = 0; place < fields.size(); ++place) {
    for (; next != found.end() && next->place == place; ++next) {
      append_relaxed_field(result.relaxed, next->field->whole);
      result.names.push_back(fields[place].name);
    }
    if (fields[place].oversign) {
      result.names.push_back(fields[place].name);
    }
  }
  return result;
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
