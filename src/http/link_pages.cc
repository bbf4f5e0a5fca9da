#include "http/link_pages.h"

namespace postrider::http {
namespace {

constexpr std::string_view kStyle =
    "body{font:1.1em/1.5 sans-serif;max-width:34em;margin:4em auto;padding:0 1em;color:#111;"
    "background:#fff}fieldset{border:0;margin:0;padding:0}"
    "button{font:inherit;padding:.5em 1.2em}form+form{margin-top:3em}";

std::string page(std::string_view language, std::string_view title, std::string_view content) {
  std::string html = "<!DOCTYPE html>\n<html lang=\"";
  html.append(language)
      .append(
          "\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
          "content=\"width=device-width\">\n<meta name=\"robots\" content=\"noindex\">\n<title>")
      .append(title)
      .append("</title>\n<style>")
      .append(kStyle)
      .append("</style>\n</head>\n<body>\n<main>\n<h1>")
      .append(title)
      .append("</h1>\n")
      .append(content)
      .append("</main>\n</body>\n</html>\n");
  return html;
}

std::string with_sender(std::string_view text, std::string_view sender) {
  const auto place = text.find("{}");
  std::string out(text.substr(0, place));
  out += "<strong>" + escape_html(sender) + "</strong>";
  return out.append(text.substr(place + 2));
}

/// One of what a reader can want no more; `label` is HTML.
std::string choice(std::string_view value, std::string_view label, bool is_chosen) {
  std::string html = "<p><label><input type=\"radio\" name=\"scope\" value=\"";
  html.append(value).append(is_chosen ? "\" checked> " : "\"> ");
  return html.append(label).append("</label></p>\n");
}

std::string paragraph(std::string_view text, std::string_view sender) {
  return "<p>" + with_sender(text, sender) + "</p>\n";
}

std::string about_tracking(const UnsubscribeWords& words, std::string_view sender,
                           TrackingOffer offer) {
  if (offer == TrackingOffer::nothing) {
    return {};
  }
  if (offer == TrackingOffer::has_refused) {
    return paragraph(words.untracked, sender);
  }
  std::string html = "<form method=\"post\">\n<fieldset>\n<legend>";
  return html.append(with_sender(words.tracking, sender))
      .append(
          "</legend>\n<input type=\"hidden\" name=\"tracking\" value=\"refuse\">\n</fieldset>\n")
      .append("<button type=\"submit\">")
      .append(words.refuse_tracking)
      .append("</button>\n</form>\n");
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string plain_page(std::string_view title, std::string_view text) {
  return page("en", title, "<p>" + std::string(text) + "</p>\n");
}

std::string bare_host_page() {
  return plain_page("Links in mail",
                    "This host serves links in mail. There is nothing to see here without one.");
}

std::string unknown_link_page() {
  return plain_page("This link is not known",
                    "It leads nowhere: it may have been cut off or changed on its way. Go back to "
                    "the message, and copy the whole link from there.");
}

std::string expired_link_page() {
  return plain_page("This link has expired",
                    "It was part of a message whose links are no longer kept.");
}

std::string revoked_link_page(std::string_view host) {
  return plain_page("This link has been withdrawn", host.empty()
                                                        ? std::string("It leads nowhere any more.")
                                                        : "It led to <strong>" + escape_html(host) +
                                                              "</strong>, and no longer does.");
}

std::string unsubscribe_page(const UnsubscribeWords& words, std::string_view sender, bool has_left,
                             TrackingOffer tracking) {
  std::string content = "<form method=\"post\">\n<fieldset>\n<legend>";
  content.append(with_sender(has_left ? words.done : words.question, sender)).append("</legend>\n");
  content.append("<input type=\"hidden\" name=\"List-Unsubscribe\" value=\"One-Click\">\n");
  if (!has_left) {
    content += choice("stream", words.only_these, true);
  }
  content += choice("all", with_sender(words.everything, sender), has_left);
  content.append("</fieldset>\n<button type=\"submit\">")
      .append(words.button)
      .append("</button>\n</form>\n")
      .append(about_tracking(words, sender, tracking));
  return page(words.language, words.title, content);
}

std::string unsubscribed_page(const UnsubscribeWords& words, std::string_view sender,
                              bool from_everything, TrackingOffer tracking) {
  const std::string_view done = from_everything ? words.done_with_everything : words.done;
  return page(words.language, words.done_title,
              paragraph(done, sender) + about_tracking(words, sender, tracking));
}

std::string untracked_page(const UnsubscribeWords& words, std::string_view sender) {
  return page(words.language, words.saved_title, paragraph(words.untracked, sender));
}

}  // namespace postrider::http
