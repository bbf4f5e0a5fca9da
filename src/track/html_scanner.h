// The tags of an HTML page with their places in its bytes, in one pass and without a tree.
//
// HTML standard, 13.2.5 (tokenization): tag, attribute, comment and DOCTYPE states; raw text
// elements (script with its escaped states, style, title, textarea, xmp, iframe, noembed, noframes,
// plaintext); 13.2.6.5 (foreign content) as far as it changes what a byte means: in svg and math
// those elements are ordinary and CDATA sections exist. Scripting is off, as in mail readers.
//
// The page is bytes of any charset that keeps ASCII; views point into it. Time grows with the page,
// memory with the attributes of one tag. Every input is a page: nothing fails. Pure; one thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace postrider::track {

struct HtmlAttribute {
  std::string_view name;   ///< as it stands
  std::string_view value;  ///< as it stands, without quotes; empty if there is none
  char quote = '\0';       ///< '"', '\'' or none
};

struct HtmlToken {
  enum class Kind : std::uint8_t { start_tag, end_tag, comment };

  Kind kind = Kind::start_tag;
  std::size_t begin = 0;  ///< of "<"
  std::size_t end = 0;    ///< behind ">"
  /// Of a tag, as it stands; of a comment that "<!--" began, what is in it; of another one, empty.
  std::string_view text;
  std::vector<HtmlAttribute> attributes;  ///< of a start tag, in order; of one name, all
  bool closes_itself = false;             ///< ends in "/>"
  bool is_foreign = false;                ///< an element of SVG or MathML
  bool begins_raw_text = false;           ///< what follows, to the next token, is no markup

  /// The first of that name, which is in lower case, and the one that counts; or null.
  const HtmlAttribute* attribute(std::string_view name) const;
};

class HtmlScanner {
 public:
  explicit HtmlScanner(std::string_view page) : page_(page) {}

  /// False at the end of the page.
  bool next();
  const HtmlToken& token() const { return token_; }

  /// Once next() has been false: as far as here the page is whole. It is the page's size, or where
  /// the tag, comment or raw text begins that the page does not end.
  std::size_t whole_end() const { return whole_end_; }

 private:
  enum class Foreign : std::uint8_t { svg, math, html };  // html: an integration point

  bool take_markup(std::size_t at);
  bool take_declaration(std::size_t at);
  bool take_comment(std::size_t at);
  bool take_tag(std::size_t at, bool is_end_tag);
  bool take_attribute(std::size_t& at);
  bool finish(HtmlToken::Kind kind, std::size_t end);
  bool leave_unfinished(std::size_t begin);
  void enter_content();
  void skip_raw_text(std::string_view name);
  std::size_t raw_text_end(std::string_view name, std::size_t from) const;
  std::size_t script_end(std::size_t from) const;
  void follow_foreign();
  void follow_foreign_start();
  void follow_foreign_end();
  bool in_foreign() const { return !foreign_.empty() && foreign_.back() != Foreign::html; }

  std::string_view page_;
  std::size_t at_ = 0;
  std::size_t whole_end_ = std::string_view::npos;
  std::size_t raw_from_ = std::string_view::npos;  ///< of the tag whose raw text has no end tag yet
  HtmlToken token_;
  std::vector<Foreign> foreign_;
};

}  // namespace postrider::track
