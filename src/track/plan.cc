#include "track/plan.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/text.h"
#include "mail/decoded_body.h"
#include "mail/header.h"
#include "mail/mime_parts.h"
#include "track/line_lengths.h"
#include "track/plain_links.h"
#include "track/token.h"

namespace postrider::track {
namespace {

using mail::MimePart;
using mail::TransferEncoding;

/// One of the two kinds of text that have links.
enum class TextKind : std::uint8_t { none, html, plain };

TextKind kind_of(const MimePart& part, const LinkRules& rules) {
  if (part.is_attachment || part.is_ambiguous || part.media.type != "text") {
    return TextKind::none;
  }
  if (part.media.subtype == "html") {
    return TextKind::html;
  }
  return part.media.subtype == "plain" && rules.plain_text ? TextKind::plain : TextKind::none;
}

/// The line's start, as OpenPGP's armour has it (RFC 4880, 6.2).
bool holds_inline_pgp(std::string_view text) {
  constexpr std::string_view kArmour = "-----BEGIN PGP ";
  for (std::size_t at = 0; (at = text.find(kArmour, at)) != std::string_view::npos; ++at) {
    if (at == 0 || text[at - 1] == '\n') {
      return true;
    }
  }
  return false;
}

/// The value of tag d= of a DKIM-Signature, lower case.
std::string signing_domain(const mail::Field& field) {
  const std::string value = mail::unfold(field.value);
  for (const std::string_view tag : split(value, ';')) {
    const auto equals = tag.find('=');
    if (equals != std::string_view::npos && trim(tag.substr(0, equals)) == "d") {
      return lower(trim(tag.substr(equals + 1)));
    }
  }
  return {};
}

bool is_signed_by_author(const std::vector<mail::Field>& fields) {
  const mail::Field* from = mail::find_field(fields, "From");
  const auto authors = from == nullptr ? Result<std::vector<mail::Address>>()
                                       : mail::parse_address_list(from->value);
  if (!authors || authors->empty()) {
    return false;
  }
  return std::ranges::any_of(fields, [&](const mail::Field& field) {
    return equal_ignoring_case(field.name, "DKIM-Signature") &&
           signing_domain(field) == authors->front().domain;
  });
}

/// The URLs of List-Unsubscribe lead to whoever may unsubscribe: they stay as they are everywhere.
void keep_unsubscribe_urls(const std::vector<mail::Field>& fields, LinkRules& rules) {
  const mail::Field* field = mail::find_field(fields, "List-Unsubscribe");
  if (field == nullptr) {
    return;
  }
  const std::string value = mail::unfold(field->value);
  const Charset utf8 = Charset::of("utf-8", {});
  for (std::string_view rest = value;;) {
    const auto open = rest.find('<');
    const auto close = rest.find('>', std::min(open, rest.size()));
    if (close == std::string_view::npos) {
      return;
    }
    if (auto target = read_target(rest.substr(open + 1, close - open - 1), utf8)) {
      rules.kept_urls.push_back(std::move(target->url));
    }
    rest.remove_prefix(close + 1);
  }
}

class Planner {
 public:
  Planner(std::string_view message, LinkRules rules) : message_(message), rules_(std::move(rules)) {
    plan_.base = rules_.base;
  }

  Plan message() {
    const mail::Sections sections = mail::split_message(message_);
    if (rules_.preserve_signed && is_signed_by_author(sections.fields)) {
      return untouched("the domain of its author has signed it");
    }
    keep_unsubscribe_urls(sections.fields, rules_);
    const auto parts = mail::find_parts(message_);
    if (!parts) {
      return untouched(parts.error().text());
    }
    for (const MimePart& part : *parts) {
      if (const Result<> read = read_part(part); !read) {
        return untouched(read.error().text());
      }
    }
    return std::move(plan_);
  }

  Plan page(const Charset& charset) {
    Region region{.form = Region::Form::plain,
                  .units = units_of(charset),
                  .begin = 0,
                  .end = message_.size(),
                  .edits = edits_of(message_, charset, TextKind::html)};
    if (!region.edits.empty()) {
      plan_.regions.push_back(std::move(region));
    }
    return std::move(plan_);
  }

 private:
  Plan untouched(std::string why) const {
    Plan plan;
    plan.base = plan_.base;
    plan.untouched = std::move(why);
    return plan;
  }

  static Region::Units units_of(const Charset& charset) {
    switch (charset.layout()) {
      case Charset::Layout::utf16le:
        return Region::Units::utf16le;
      case Charset::Layout::utf16be:
        return Region::Units::utf16be;
      default:
        return Region::Units::bytes;
    }
  }

  Result<> read_part(const MimePart& part) {
    const TextKind kind = kind_of(part, rules_);
    const std::string_view source =
        message_.substr(part.body_begin, part.body_end - part.body_begin);
    const bool is_text = part.media.type == "text" && !part.is_attachment && !part.is_ambiguous;
    if (kind == TextKind::none && !(is_text && part.media.subtype == "plain")) {
      return {};
    }
    if (source.empty()) {
      return {};  // also where the next boundary is the header's last line: nothing fits between
    }
    if (kind == TextKind::none && !mail::read_encoding(part.encoding)) {
      return {};  // nobody knows what it holds, and it stays as it is
    }
    TRY(const TransferEncoding encoding, mail::read_encoding(part.encoding));
    TRY(const mail::DecodedBody body, mail::DecodedBody::decode(source, encoding));
    if (holds_inline_pgp(body.text())) {
      return fail(Errc::invalid, "it holds inline PGP");
    }
    const Charset charset = Charset::of(part.media.charset, body.text());
    const bool is_wide = charset.unit_bytes() > 1;
    if (kind == TextKind::none || (is_wide && encoding != TransferEncoding::base64)) {
      return {};
    }
    Region region{.form = Region::Form::plain,
                  .units = units_of(charset),
                  .begin = part.body_begin,
                  .end = part.body_end,
                  .edits = edits_of(body.text(), charset, kind)};
    if (!region.edits.empty()) {
      place(part, body, encoding, std::move(region));
    }
    return {};
  }

  /// From places in the decoded text to what the region's form asks for.
  void place(const MimePart& part, const mail::DecodedBody& body, TransferEncoding encoding,
             Region region) {
    if (encoding == TransferEncoding::base64) {
      region.form = Region::Form::base64;
    } else {
      for (Edit& edit : region.edits) {
        const bool is_insertion = edit.begin == edit.end;
        edit.end =
            edit.end == 0 ? part.body_begin : part.body_begin + body.source_end_of(edit.end - 1);
        edit.begin = is_insertion ? edit.end : part.body_begin + body.source_of(edit.begin);
      }
    }
    if (encoding == TransferEncoding::quoted_printable) {
      region.form = Region::Form::quoted_printable;
    } else if (encoding == TransferEncoding::identity && outgrows_lines(message_, region, plan_)) {
      region.form = Region::Form::into_quoted_printable;
      plan_.regions.push_back(encoding_field(part));
    }
    plan_.regions.push_back(std::move(region));
  }

  Region encoding_field(const MimePart& part) const {
    const bool by_crlf = message_.find("\r\n") != std::string_view::npos;
    Edit edit{.begin = part.encoding_begin,
              .end = part.encoding_end,
              .what = Edit::What::text,
              .link = 0,
              .text = "Content-Transfer-Encoding: quoted-printable"};
    edit.text += by_crlf ? "\r\n" : "\n";
    return {.form = Region::Form::plain,
            .units = Region::Units::bytes,
            .begin = edit.begin,
            .end = edit.end,
            .edits = {edit}};
  }

  std::vector<Edit> edits_of(std::string_view text, const Charset& charset, TextKind kind) {
    std::vector<Edit> edits;
    if (kind == TextKind::html) {
      if (const auto page = read_page(text, charset, rules_, plan_.links.size())) {
        add_links(edits, page->links);
        plan_.left_over += page->left_over;
        for (const Span& mark : page->notracks) {
          edits.push_back({mark.begin, mark.end, Edit::What::text, 0, {}});
        }
        for (const Span& pixel : page->pixels) {
          edits.push_back({pixel.begin, pixel.end, Edit::What::pixel, 0, {}});
        }
      }
    } else if (charset.layout() == Charset::Layout::ascii && rules_.clicks) {
      const PlainLinks found = find_plain_links(text, charset, rules_, plan_.links.size());
      add_links(edits, found.links);
      plan_.left_over += found.left_over;
    }
    std::ranges::sort(edits, {}, [](const Edit& edit) { return std::pair(edit.begin, edit.end); });
    return edits;
  }

  void add_links(std::vector<Edit>& edits, const std::vector<PageLink>& links) {
    for (const PageLink& link : links) {
      const auto [found, is_new] =
          numbers_.try_emplace(link.target, static_cast<std::uint32_t>(plan_.targets.size()));
      if (is_new) {
        plan_.targets.push_back(link.target);
      }
      edits.push_back({.begin = link.value.begin,
                       .end = link.value.end,
                       .what = link.is_app_link ? Edit::What::app_click : Edit::What::click,
                       .link = static_cast<std::uint16_t>(plan_.links.size()),
                       .text = {}});
      plan_.links.push_back(
          {.target = found->second, .is_app_link = link.is_app_link, .has_user = link.has_user});
    }
  }

  std::string_view message_;
  LinkRules rules_;
  Plan plan_;
  std::unordered_map<std::string, std::uint32_t> numbers_;  ///< of targets
};

/// Of a page that comes without a header: HTML standard, 13.2.3.2, as far as mail needs it.
Charset charset_of_page(std::string_view page) {
  constexpr std::size_t kLookedAt = 1024;
  if (page.starts_with("\xFF\xFE") || page.starts_with("\xFE\xFF")) {
    return Charset::of("utf-16", page);
  }
  HtmlScanner scanner(page.substr(0, kLookedAt));
  while (!page.starts_with("\xEF\xBB\xBF") && scanner.next()) {
    const HtmlToken& token = scanner.token();
    if (token.kind != HtmlToken::Kind::start_tag || !equal_ignoring_case(token.text, "meta")) {
      continue;
    }
    if (const HtmlAttribute* charset = token.attribute("charset")) {
      return Charset::of(charset->value, page);
    }
    const HtmlAttribute* content = token.attribute("content");
    const auto type =
        content == nullptr ? Result<mail::MediaType>() : mail::parse_media_type(content->value);
    if (type && !type->charset.empty()) {
      return Charset::of(type->charset, page);
    }
  }
  return Charset::of({}, page);
}

}  // namespace

Plan plan_message(std::string_view message, const LinkRules& rules) {
  return Planner(message, rules).message();
}

Plan plan_page(std::string_view page, const LinkRules& rules) {
  return Planner(page, rules).page(charset_of_page(page));
}

std::string text_before_token(const Plan& plan, const Edit& edit) {
  switch (edit.what) {
    case Edit::What::click:
      return plan.base + std::string(path_of(TokenKind::click));
    case Edit::What::app_click:
      return plan.base + std::string(path_of(TokenKind::app_click));
    case Edit::What::pixel:
      return "<img src=\"" + plan.base + std::string(path_of(TokenKind::open));
    case Edit::What::text:
      break;
  }
  return edit.text;
}

std::string_view text_behind_token(const Edit& edit) {
  // Out of the flow, so that it adds no line to the page; in the corner, so that it widens nothing.
  return edit.what == Edit::What::pixel ? "\" width=\"1\" height=\"1\" alt=\"\" border=\"0\" "
                                          "style=\"position:absolute;top:0;left:0\">"
                                        : "";
}

}  // namespace postrider::track
