#include "http/unsubscribe_words.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"

namespace postrider::http {
namespace {

constexpr std::array kLanguages{
    UnsubscribeWords{
        "en", "Unsubscribe", "Do you want to stop receiving such mail from {}?", "Unsubscribe",
        "You are unsubscribed", "You will receive no more such mail from {}.",
        "Only mail of this kind", "All mail from {}, including receipts and password resets",
        "You will receive no more mail from {}.",
        "Mail from {} may tell its sender whether you open it and which links you follow.",
        "Do not track me", "Your choice is saved",
        "Mail that {} sends you from now on does not tell whether you open it or which links you "
        "follow."},
    UnsubscribeWords{
        "de", "Abbestellen", "Möchten Sie solche E-Mails von {} abbestellen?", "Abbestellen",
        "Sie sind abgemeldet", "Sie erhalten keine solchen E-Mails mehr von {}.",
        "Nur E-Mails dieser Art",
        "Alle E-Mails von {}, auch Bestellbestätigungen und das Zurücksetzen von Passwörtern",
        "Sie erhalten keine E-Mails mehr von {}.",
        "E-Mails von {} können dem Absender zeigen, ob Sie sie öffnen und welchen Links Sie "
        "folgen.",
        "Erfassung ablehnen", "Ihre Wahl ist gespeichert",
        "E-Mails, die {} Ihnen ab jetzt sendet, zeigen nicht mehr, ob Sie sie öffnen und welchen "
        "Links Sie folgen."},
    UnsubscribeWords{"fr", "Se désabonner",
                     "Voulez-vous ne plus recevoir ce type d’e-mails de {} ?", "Se désabonner",
                     "Vous êtes désabonné", "Vous ne recevrez plus ce type d’e-mails de {}.",
                     "Seulement les e-mails de ce type",
                     "Tous les e-mails de {}, y compris les confirmations et les réinitialisations "
                     "de mot de passe",
                     "Vous ne recevrez plus aucun e-mail de {}.",
                     "Les e-mails de {} peuvent indiquer à l’expéditeur si vous les ouvrez et "
                     "quels liens vous suivez.",
                     "Refuser le suivi", "Votre choix est enregistré",
                     "Les e-mails que {} vous enverra désormais n’indiqueront plus si vous les "
                     "ouvrez ni quels liens vous suivez."},
    UnsubscribeWords{
        "es", "Cancelar la suscripción", "¿Quiere dejar de recibir este tipo de correos de {}?",
        "Cancelar la suscripción", "Suscripción cancelada",
        "No recibirá más correos de este tipo de {}.", "Solo los correos de este tipo",
        "Todos los correos de {}, incluidos los recibos y el restablecimiento de contraseñas",
        "No recibirá más correos de {}.",
        "Los correos de {} pueden indicar al remitente si los abre y qué enlaces sigue.",
        "Rechazar el seguimiento", "Su elección se ha guardado",
        "Los correos que {} le envíe a partir de ahora ya no indicarán si los abre ni qué enlaces "
        "sigue."},
    UnsubscribeWords{
        "it", "Annulla l’iscrizione", "Vuoi smettere di ricevere questo tipo di e-mail da {}?",
        "Annulla l’iscrizione", "Iscrizione annullata",
        "Non riceverai più questo tipo di e-mail da {}.", "Solo le e-mail di questo tipo",
        "Tutte le e-mail di {}, comprese le ricevute e il ripristino della password",
        "Non riceverai più e-mail da {}.",
        "Le e-mail di {} possono indicare al mittente se le apri e quali link segui.",
        "Rifiuta il tracciamento", "La tua scelta è stata salvata",
        "Le e-mail che {} ti invierà d’ora in poi non indicheranno più se le apri né quali link "
        "segui."},
    UnsubscribeWords{"pt", "Cancelar a subscrição",
                     "Quer deixar de receber este tipo de e-mails de {}?", "Cancelar a subscrição",
                     "Subscrição cancelada", "Não receberá mais e-mails deste tipo de {}.",
                     "Apenas e-mails deste tipo",
                     "Todos os e-mails de {}, incluindo recibos e reposição de palavras-passe",
                     "Não receberá mais e-mails de {}.",
                     "Os e-mails de {} podem indicar ao remetente se os abre e que ligações segue.",
                     "Recusar o rastreio", "A sua escolha foi guardada",
                     "Os e-mails que {} lhe enviar a partir de agora já não indicarão se os abre "
                     "nem que ligações segue."},
    UnsubscribeWords{
        "nl", "Afmelden", "Wilt u dit soort e-mails van {} niet meer ontvangen?", "Afmelden",
        "U bent afgemeld", "U ontvangt dit soort e-mails van {} niet meer.",
        "Alleen dit soort e-mails",
        "Alle e-mails van {}, ook bevestigingen en het herstellen van wachtwoorden",
        "U ontvangt geen e-mails van {} meer.",
        "E-mails van {} kunnen de afzender laten zien of u ze opent en welke links u volgt.",
        "Volgen weigeren", "Uw keuze is opgeslagen",
        "E-mails die {} u vanaf nu stuurt, laten niet meer zien of u ze opent en welke links u "
        "volgt."},
    UnsubscribeWords{
        "pl", "Rezygnacja z subskrypcji", "Czy chcesz przestać otrzymywać takie wiadomości od {}?",
        "Zrezygnuj", "Zrezygnowano z subskrypcji", "Nie otrzymasz więcej takich wiadomości od {}.",
        "Tylko wiadomości tego rodzaju",
        "Wszystkie wiadomości od {}, także potwierdzenia i resetowanie hasła",
        "Nie otrzymasz więcej wiadomości od {}.",
        "Wiadomości od {} mogą informować nadawcę, czy je otwierasz i które linki klikasz.",
        "Nie śledź mnie", "Twój wybór został zapisany",
        "Wiadomości, które {} wyśle do Ciebie od teraz, nie będą już informować, czy je otwierasz "
        "ani które linki klikasz."},
    UnsubscribeWords{
        "sv", "Avsluta prenumerationen", "Vill du sluta få sådana mejl från {}?",
        "Avsluta prenumerationen", "Prenumerationen är avslutad",
        "Du får inga fler sådana mejl från {}.", "Bara sådana mejl",
        "Alla mejl från {}, även kvitton och återställning av lösenord",
        "Du får inga fler mejl från {}.",
        "Mejl från {} kan visa avsändaren om du öppnar dem och vilka länkar du följer.",
        "Spåra mig inte", "Ditt val har sparats",
        "Mejl som {} skickar till dig från och med nu visar inte längre om du öppnar dem eller "
        "vilka länkar du följer."},
    UnsubscribeWords{
        "da", "Afmeld", "Vil du ikke længere modtage den slags mails fra {}?", "Afmeld",
        "Du er afmeldt", "Du modtager ikke flere mails af denne slags fra {}.",
        "Kun mails af denne slags",
        "Alle mails fra {}, også kvitteringer og nulstilling af adgangskoder",
        "Du modtager ikke flere mails fra {}.",
        "Mails fra {} kan vise afsenderen, om du åbner dem, og hvilke links du følger.",
        "Spor mig ikke", "Dit valg er gemt",
        "Mails, som {} sender dig fra nu af, viser ikke længere, om du åbner dem, eller hvilke "
        "links du følger."},
    UnsubscribeWords{
        "cs", "Odhlásit odběr", "Chcete přestat dostávat takové e-maily od {}?", "Odhlásit odběr",
        "Odběr byl odhlášen", "Od {} už žádné takové e-maily nedostanete.",
        "Jen e-maily tohoto druhu", "Všechny e-maily od {}, i potvrzení a obnovení hesla",
        "Od {} už žádné e-maily nedostanete.",
        "E-maily od {} mohou odesílateli prozradit, zda je otevřete a na které odkazy kliknete.",
        "Nesledovat mě", "Vaše volba byla uložena",
        "E-maily, které vám {} odteď pošle, už neprozradí, zda je otevřete ani na které odkazy "
        "kliknete."},
    UnsubscribeWords{
        "ja", "配信停止", "{} からのこのようなメールの受信を停止しますか？", "配信を停止する",
        "配信を停止しました", "今後、{} からこのようなメールは届きません。", "この種類のメールのみ",
        "{} からのすべてのメール（領収書やパスワードの再設定を含む）",
        "今後、{} からメールは届きません。",
        "{} "
        "からのメールは、開封したかどうかや、どのリンクを開いたかを送信者に伝えることがあります。",
        "追跡を拒否する", "設定を保存しました",
        "今後 {} から届くメールは、開封やリンクのクリックを送信者に伝えません。"},
};

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

}  // namespace postrider::http
