#include "http/link_pages.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"

namespace postrider::http {
namespace {

constexpr std::array kLanguages{
    UnsubscribeWords{"en", "Unsubscribe", "Do you want to stop receiving such mail from {}?",
                     "Unsubscribe", "You are unsubscribed",
                     "You will receive no more such mail from {}."},
    UnsubscribeWords{"de", "Abbestellen", "Möchten Sie solche E-Mails von {} abbestellen?",
                     "Abbestellen", "Sie sind abgemeldet",
                     "Sie erhalten keine solchen E-Mails mehr von {}."},
    UnsubscribeWords{"fr", "Se désabonner",
                     "Voulez-vous ne plus recevoir ce type d’e-mails de {} ?", "Se désabonner",
                     "Vous êtes désabonné", "Vous ne recevrez plus ce type d’e-mails de {}."},
    UnsubscribeWords{"es", "Cancelar la suscripción",
                     "¿Quiere dejar de recibir este tipo de correos de {}?",
                     "Cancelar la suscripción", "Suscripción cancelada",
                     "No recibirá más correos de este tipo de {}."},
    UnsubscribeWords{"it", "Annulla l’iscrizione",
                     "Vuoi smettere di ricevere questo tipo di e-mail da {}?",
                     "Annulla l’iscrizione", "Iscrizione annullata",
                     "Non riceverai più questo tipo di e-mail da {}."},
    UnsubscribeWords{"pt", "Cancelar a subscrição",
                     "Quer deixar de receber este tipo de e-mails de {}?", "Cancelar a subscrição",
                     "Subscrição cancelada", "Não receberá mais e-mails deste tipo de {}."},
    UnsubscribeWords{"nl", "Afmelden", "Wilt u dit soort e-mails van {} niet meer ontvangen?",
                     "Afmelden", "U bent afgemeld",
                     "U ontvangt dit soort e-mails van {} niet meer."},
    UnsubscribeWords{"pl", "Rezygnacja z subskrypcji",
                     "Czy chcesz przestać otrzymywać takie wiadomości od {}?", "Zrezygnuj",
                     "Zrezygnowano z subskrypcji", "Nie otrzymasz więcej takich wiadomości od {}."},
    UnsubscribeWords{"sv", "Avsluta prenumerationen", "Vill du sluta få sådana mejl från {}?",
                     "Avsluta prenumerationen", "Prenumerationen är avslutad",
                     "Du får inga fler sådana mejl från {}."},
    UnsubscribeWords{"da", "Afmeld", "Vil du ikke længere modtage den slags mails fra {}?",
                     "Afmeld", "Du er afmeldt",
                     "Du modtager ikke flere mails af denne slags fra {}."},
    UnsubscribeWords{"cs", "Odhlásit odběr", "Chcete přestat dostávat takové e-maily od {}?",
                     "Odhlásit odběr", "Odběr byl odhlášen",
                     "Od {} už žádné takové e-maily nedostanete."},
    UnsubscribeWords{"ja", "配信停止", "{} からのこのようなメールの受信を停止しますか？",
                     "配信を停止する", "配信を停止しました",
                     "今後、{} からこのようなメールは届きません。"},
};

constexpr std::string_view kStyle =
    "body{font:1.1em/1.5 sans-serif;max-width:34em;margin:4em auto;padding:0 1em;color:#111;"
    "background:#fff}button{font:inherit;padding:.5em 1.2em}";

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

/// "q=0.8": 0 to 1000; what is malformed counts as 0.
int quality_of(std::string_view parameter) {
  parameter = trim(parameter);
  if (!parameter.starts_with("q=")) {
    return 1000;
  }
  double quality = 0;
  const char* end = parameter.data() + parameter.size();
  const auto [stopped, ec] = std::from_chars(parameter.data() + 2, end, quality);
  const bool is_number = ec == std::errc() && stopped == end && quality >= 0 && quality <= 1;
  return is_number ? static_cast<int>(quality * 1000) : 0;
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

std::span<const UnsubscribeWords> unsubscribe_languages() {
  return kLanguages;
}

const UnsubscribeWords& words_for(std::string_view accept_language) {
  constexpr std::size_t kRangesMost = 20;
  const UnsubscribeWords* best = &kLanguages.front();
  int best_quality = 0;
  const auto ranges = split(accept_language, ',');
  for (std::size_t i = 0; i < std::min(ranges.size(), kRangesMost); ++i) {
    const auto semicolon = ranges[i].find(';');
    const std::string tag = lower(trim(ranges[i].substr(0, semicolon)));
    const int quality =
        semicolon == std::string_view::npos ? 1000 : quality_of(ranges[i].substr(semicolon + 1));
    const auto found =
        std::ranges::find(kLanguages, tag.substr(0, tag.find('-')), &UnsubscribeWords::language);
    if (found != kLanguages.end() && quality > best_quality) {
      best = &*found;
      best_quality = quality;
    }
  }
  return *best;
}

std::string unsubscribe_page(const UnsubscribeWords& words, std::string_view sender) {
  std::string content =
      "<p>" + with_sender(words.question, sender) + "</p>\n<form method=\"post\">\n";
  content
      .append(
          "<input type=\"hidden\" name=\"List-Unsubscribe\" value=\"One-Click\">\n<button "
          "type=\"submit\">")
      .append(words.button)
      .append("</button>\n</form>\n");
  return page(words.language, words.title, content);
}

std::string unsubscribed_page(const UnsubscribeWords& words, std::string_view sender) {
  return page(words.language, words.done_title, "<p>" + with_sender(words.done, sender) + "</p>\n");
}

}  // namespace postrider::http
