#include "bounce/html_text.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/text.h"

namespace postrider::bounce {
namespace {

bool is_one_of(std::string_view name, const auto& names) {
  return std::ranges::any_of(names,
                             [&](std::string_view one) { return equal_ignoring_case(one, name); });
}

std::string_view tag_name(std::string_view tag) {
  tag.remove_prefix(tag.starts_with('/') ? 1 : 0);
  return tag.substr(0, tag.find_first_of(" \t\r\n/>"));
}

/// Behind "</NAME", or the end.
std::size_t skip_element(std::string_view html, std::size_t at, std::string_view name) {
  for (at = html.find("</", at); at != std::string_view::npos; at = html.find("</", at + 2)) {
    if (starts_with_ignoring_case(html.substr(at + 2), name)) {
      return std::min(html.find('>', at), html.size() - 1) + 1;
    }
  }
  return html.size();
}

/// The character that stands for the entity at the front of `rest`; empty: it is no entity.
std::string_view read_entity(std::string_view rest, std::size_t& size) {
  struct Entity {
    std::string_view name;
    std::string_view text;
  };
  static constexpr auto kEntities = std::to_array<Entity>({{"&lt;", "<"},
                                                           {"&gt;", ">"},
                                                           {"&amp;", "&"},
                                                           {"&quot;", "\""},
                                                           {"&nbsp;", " "},
                                                           {"&#39;", "'"},
                                                           {"&#64;", "@"},
                                                           {"&apos;", "'"}});
  for (const Entity& entity : kEntities) {
    if (rest.starts_with(entity.name)) {
      size = entity.name.size();
      return entity.text;
    }
  }
  return {};
}

}  // namespace

std::string html_to_text(std::string_view html) {
  static constexpr auto kUnseen = std::to_array<std::string_view>({"script", "style", "head"});
  static constexpr auto kBlocks =
      std::to_array<std::string_view>({"br", "p", "div", "tr", "li", "table", "h1", "h2", "h3",
                                       "h4", "pre", "hr", "ul", "td", "blockquote"});
  std::string out;
  for (std::size_t at = 0; at < html.size();) {
    const char c = html[at];
    std::size_t size = 0;
    if (c == '<') {
      const auto end = html.find('>', at);
      if (end == std::string_view::npos) {
        return out.append(html.substr(at));
      }
      const std::string_view tag = html.substr(at + 1, end - at - 1);
      const std::string_view name = tag_name(tag);
      at = !tag.starts_with('/') && is_one_of(name, kUnseen) ? skip_element(html, end, name)
                                                             : end + 1;
      if (is_one_of(name, kBlocks)) {
        out.push_back('\n');
      }
    } else if (const auto text = read_entity(html.substr(at, c == '&' ? 8 : 0), size);
               !text.empty()) {
      out.append(text);
      at += size;
    } else {
      out.push_back(c == '\r' || c == '\n' ? ' ' : c);
      ++at;
    }
  }
  return out;
}

}  // namespace postrider::bounce
