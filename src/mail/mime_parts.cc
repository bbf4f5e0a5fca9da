#include "mail/mime_parts.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "mail/header.h"

namespace postrider::mail {
namespace {

constexpr auto kNowhere = std::string_view::npos;
constexpr std::string_view kEncodingName = "Content-Transfer-Encoding";

std::unexpected<Error> refuse(std::string why) {
  return fail(Errc::invalid, std::move(why));
}

/// Where the line at `at` ends, its line end included.
std::size_t line_end(std::string_view text, std::size_t at) {
  const std::size_t end = text.find('\n', at);
  return end == kNowhere ? text.size() : end + 1;
}

std::string first_word(std::string_view value) {
  const std::string text = lower(unfold(value));
  return text.substr(0, text.find_first_of(" \t;("));
}

/// "7-bit" is nobody's name, and means one thing only.
std::string encoding_name(std::string_view value) {
  std::string name = first_word(value);
  if (name == "7-bit" || name == "8-bit") {
    name.erase(1, 1);
  }
  return name;
}

/// Not descended into: each byte of them may be covered by a signature or is somebody's evidence.
bool must_not_change(const MediaType& media) {
  return media.subtype == "signed" || media.subtype == "encrypted" || media.subtype == "report";
}

/// A multipart that is open: what a line must be to delimit its parts.
struct OpenMultipart {
  std::string delimiter;  ///< "--boundary"
  bool is_digest = false;
};

/// A line that is none ends the header for some readers and is skipped by others. "From " in front
/// of everything is a mailbox file's.
bool is_field(const Field& field) {
  return !field.name.empty() || (field.offset == 0 && field.whole.starts_with("From "));
}

class Walker {
 public:
  Walker(std::string_view message, const MimeLimits& limits) : text_(message), limits_(limits) {}

  Result<std::vector<MimePart>> walk() {
    TRY_VOID(begin_part(0));
    while (at_ < text_.size()) {
      const std::size_t delimiter = find_delimiter_candidate();
      if (delimiter == kNowhere) {
        break;
      }
      const std::size_t end = line_end(text_, delimiter);
      at_ = end;
      TRY_VOID(take_line(delimiter, end));
    }
    if (!open_.empty()) {
      return refuse("a boundary of a multipart never closes");
    }
    end_leaf(text_.size());
    return std::move(parts_);
  }

 private:
  /// The next line from at_ on that begins with "--"; at_ is at the start of a line.
  std::size_t find_delimiter_candidate() const {
    if (open_.empty()) {
      return kNowhere;
    }
    if (text_.substr(at_).starts_with("--")) {
      return at_;
    }
    const std::size_t found = text_.find("\n--", at_);
    return found == kNowhere ? kNowhere : found + 1;
  }

  Result<> take_line(std::size_t begin, std::size_t end) {
    const auto matched = match(trim_right(text_.substr(begin, end - begin)));
    if (!matched) {
      return {};
    }
    if (matched->index + 1 < open_.size()) {
      return refuse("a boundary of a multipart never closes");
    }
    end_leaf(without_line_end(begin));
    if (matched->closes) {
      open_.pop_back();
      return {};
    }
    return begin_part(end);
  }

  struct Match {
    std::size_t index;
    bool closes;
  };
  /// The innermost one counts where two have the same boundary.
  std::optional<Match> match(std::string_view line) const {
    for (std::size_t i = open_.size(); i-- > 0;) {
      const std::string& delimiter = open_[i].delimiter;
      if (line.starts_with(delimiter)) {
        const std::string_view rest = line.substr(delimiter.size());
        if (rest.empty() || rest == "--") {
          return Match{.index = i, .closes = !rest.empty()};
        }
      }
    }
    return std::nullopt;
  }

  static std::string_view trim_right(std::string_view line) {
    while (!line.empty() && std::string_view(" \t\r\n").find(line.back()) != kNowhere) {
      line.remove_suffix(1);
    }
    return line;
  }

  /// The line end in front of a delimiter belongs to it.
  std::size_t without_line_end(std::size_t at) const {
    if (at > 0 && text_[at - 1] == '\n') {
      --at;
      at -= at > 0 && text_[at - 1] == '\r' ? 1 : 0;
    }
    return at;
  }

  void end_leaf(std::size_t end) {
    if (leaf_open_) {
      parts_.back().body_end = std::max(end, parts_.back().body_begin);
      leaf_open_ = false;
    }
  }

  /// Behind the header's empty line, or where the header ends without one.
  Result<std::size_t> end_of_header(std::size_t begin) {
    std::size_t at = begin;
    while (at < text_.size()) {
      const std::size_t end = line_end(text_, at);
      const std::string_view line = text_.substr(at, end - at);
      if (line.starts_with("--") && match(trim_right(line))) {
        break;
      }
      header_bytes_ += line.size();
      if (header_bytes_ > limits_.header_bytes) {
        return refuse("the headers of its parts are too long");
      }
      at = end;
      if (line == "\r\n" || line == "\n") {
        break;
      }
    }
    return at;
  }

  Result<> begin_part(std::size_t begin) {
    if (++count_ > limits_.parts) {
      return refuse("it has too many parts");
    }
    TRY(const std::size_t end, end_of_header(begin));
    TRY(MimePart part, read_header(begin, end));
    at_ = end;
    if (part.media.type == "multipart" && !must_not_change(part.media)) {
      return open_multipart(part);
    }
    parts_.push_back(std::move(part));
    leaf_open_ = true;
    return {};
  }

  Result<> open_multipart(const MimePart& part) {
    if (part.media.boundary.empty()) {
      return refuse("a multipart has no boundary");
    }
    if (part.is_ambiguous ||
        (part.encoding != "7bit" && part.encoding != "8bit" && part.encoding != "binary")) {
      return refuse("a multipart is encoded as '" + printable(part.encoding, 40) + "'");
    }
    if (open_.size() >= limits_.depth) {
      return refuse("its parts are nested too deeply");
    }
    open_.push_back(
        {.delimiter = "--" + part.media.boundary, .is_digest = part.media.subtype == "digest"});
    return {};
  }

  Result<MimePart> read_header(std::size_t begin, std::size_t end) const {
    const Sections sections = split_message(text_.substr(begin, end - begin));
    const auto& fields = sections.fields;
    if (!std::ranges::all_of(fields, is_field)) {
      return refuse("a header has a line that is no field");
    }
    MimePart part;
    part.header_begin = begin;
    part.body_begin = part.body_end = end;
    part.encoding_begin = part.encoding_end = begin + sections.header.size();
    if (count_fields(fields, "Content-Type") > 1) {
      return refuse("a part has two content types");
    }
    const bool is_in_digest = !open_.empty() && open_.back().is_digest;
    part.media = {.type = is_in_digest ? "message" : "text",
                  .subtype = is_in_digest ? "rfc822" : "plain",
                  .boundary = {},
                  .charset = {}};
    if (const Field* type = find_field(fields, "Content-Type")) {
      TRY(part.media, parse_media_type(type->value));
    }
    part.is_ambiguous = count_fields(fields, kEncodingName) > 1;
    part.encoding = "7bit";
    if (const Field* encoding = find_field(fields, kEncodingName)) {
      part.encoding = encoding_name(encoding->value);
      part.encoding_begin = begin + encoding->offset;
      part.encoding_end = part.encoding_begin + encoding->whole.size();
    }
    const Field* disposition = find_field(fields, "Content-Disposition");
    part.is_attachment = disposition != nullptr && first_word(disposition->value) == "attachment";
    return part;
  }

  std::string_view text_;
  const MimeLimits& limits_;
  std::size_t at_ = 0;
  std::size_t count_ = 0;
  std::size_t header_bytes_ = 0;
  bool leaf_open_ = false;
  std::vector<OpenMultipart> open_;
  std::vector<MimePart> parts_;
};

}  // namespace

Result<std::vector<MimePart>> find_parts(std::string_view message, const MimeLimits& limits) {
  return Walker(message, limits).walk();
}

}  // namespace postrider::mail
