#include "bounce/report_words.h"

#include <algorithm>

namespace postrider::bounce {
namespace {

/// `wording` is a list with bars between its words.
bool any_word(std::string_view wording, auto&& holds) {
  while (!wording.empty()) {
    const auto end = std::min(wording.find('|'), wording.size());
    if (holds(wording.substr(0, end))) {
      return true;
    }
    wording.remove_prefix(std::min(end + 1, wording.size()));
  }
  return false;
}

bool contains_any(std::string_view text, std::string_view wording) {
  return any_word(wording,
                  [&](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

// Where a language has capitals beyond ASCII, words are cut behind their first letter.
constexpr std::string_view kFailure =
    // English
    "undeliver|not deliver|not be delivered|n't be delivered|wasn't delivered|"
    "unable to deliver|failed to deliver|delivery fail|delivery has failed|delivery error|"
    "failure|failed|returned mail|returned to sender|did not reach|not been sent|not be sent|"
    "rejected|bounce|not relayed|user unknown|unknown user|no such|mailbox full|"
    "mailbox is full|mailbox exceeds|permanent|cannot be|problem delivering|"
    "trouble delivering|problems delivering|error delivering|error sending|mail error|"
    "mail system error|non-delivery|nondelivery|not delivered|does not exist|over quota|"
    "over its quota|not found|delivery problem|delivery status|delivery notification|"
    "incorrectly constructed|invalid|refused|not accept|duplicated message-id|"
    "transcript of session|had permanent fatal errors|delivery errors|could not|unable to|"
    "unsuccessful|not been delivered|not a member of|was blocked|been blocked|was stopped|"
    // German
    "unzustellbar|nicht zugestellt|konnte nicht|fehlgeschlagen|nicht erreicht|"
    "unzustellbarkeit|"
    // French
    "non remis|non distribu|pas pu être|chec de la remise|chec de remise|"
    "impossible de remettre|a échoué|n'a pas pu|non délivr|"
    // Spanish, Italian, Portuguese, Catalan
    "no se pudo|error en la entrega|recapito non riuscito|no se ha podido|no entregad|no se puede "
    "entregar|devuelto|non recapitabile|"
    "impossibile|mancato recapito|mancata consegna|non consegnat|não foi|não entregue|falha|"
    "não pôde|devolvid|no s'ha pogut|"
    // Dutch, Swedish, Danish, Norwegian, Finnish
    "niet afgeleverd|niet worden bezorgd|is mislukt|onbestelbaar|niet bezorgd|mislukt|olevererbar|"
    "inte levereras|kan ikke leveres|kunne ikke leveres|ikke leveret|ei voi toimittaa|"
    "ei voitu toimittaa|toimitus epäonnistui|"
    // Polish, Czech, Slovak, Hungarian, Romanian, Turkish
    "nie można dostarczy|niedostarcz|nie powiodł|nie została dostarczon|niepowodzenie|nie "
    "dostarczon|"
    "nelze doruč|nedoruč|doručení se nezda|doručiť|kézbesíthetetlen|nu a putut fi livrat|"
    "teslim edilemedi|iletilemedi|"
    // Russian, Ukrainian, Greek
    "не доставлен|недоставлен|не может быть доставлен|не удалось|невозможно доставить|"
    "ошибка доставки|не было доставлено|бой доставки|е удалось|едоставлен|"
    "не удается доставить|не вдалося|не доставлено|δεν ήταν δυνατή|αποτυχία|"
    // Japanese, Chinese, Korean
    "配信できません|配信不能|送信できません|できませんでした|届けられません|エラーメール|"
    "送信に失敗|送信できませ|見つかりません|配信に失敗|配達不能|メールエラー|退信|无法投递|"
    "無法投遞|無法傳遞|发送失败|投递失败|無法傳送|无法送达|未能送达|未傳遞|无法传递|传递失败|"
    "配信されません|宛先不明|存在しません|送信エラー|届きません|お届けできません|不達|배달|반송|"
    "전달되지|전송 실패";

constexpr std::string_view kDelay =
    "delayed|delay)|delivery delay|still trying|will keep trying|keep trying|will continue to|"
    "will be retried|will retry|will try again|retry for|not yet been delivered|"
    "has not yet been|temporary problem|delivery incomplete|warning: message|"
    "warning: could not send|no action is required|do not need to resend|"
    "not been delivered yet|could not be delivered yet|verzögert|weiter versuch|retardé|"
    "retard de|sigue intentando|demorad|retrasad|ritardo|ritardat|atrasad|vertraagd|opóźnion|"
    "задержан|задержк|遅延|遅れて|再送を|延迟|延遲";

constexpr std::string_view kForGood =
    "permanent|given up|giving up|gave up|will not be retried|stopped trying|will not try|"
    "no longer|too long|fatal error|expired|has failed|failed permanently|no further|"
    "undeliverable|could not be delivered to one or more|returned to sender";

constexpr std::string_view kAbsence =
    // English
    "out of office|out of the office|out-of-office|automatic reply|automatic response|"
    "automatic answer|automated reply|automated response|auto reply|auto-reply|autoreply|"
    "auto response|auto-response|autoresponse|autoresponder|auto:|auto respond|vacation|"
    "away from|on holiday|on leave|annual leave|maternity leave|i am away|away message|[auto]|"
    "absence|ooo:|out of town|no longer with the company|thank you for your email|"
    "thank you for contacting|we have received your|ticket received|[ticket#|"
    "your request has been received|"
    // German, French
    "abwesenheit|automatische antwort|automatische rückantwort|nicht im büro|autoantwort|"
    "eingangsbestätigung|réponse automatique|absent|absence du bureau|message automatique|"
    "accusé de réception|"
    // Spanish, Italian, Portuguese, Catalan
    "respuesta autom|fuera de la oficina|fuera de oficina|ausencia|contestaci|"
    "risposta automatica|fuori ufficio|assente|assenza|resposta autom|fora do escrit|ausência|"
    "férias|ferie|"
    // Dutch, Swedish, Danish, Norwegian, Finnish
    "automatisch antwoord|afwezig|niet aanwezig|automatiskt svar|automatisk svar|autosvar|"
    "frånvaro|fravær|ikke til stede|automaattinen|poissa|"
    // Polish, Czech, Slovak, Hungarian, Romanian, Turkish
    "automatyczna odpowied|autoodpowied|automatyczn|nieobecn|automatická odpov|nepřítom|"
    "automatikus válasz|răspuns automat|otomatik yanıt|ofis dışında|"
    // Russian, Ukrainian, Greek
    "втоответ|втоматический ответ|отпуск|тсутств|втоматична відповідь|υτόματη απάντηση|"
    // Japanese, Chinese, Korean
    "不在|自動返信|自動応答|自动回复|自动答复|自動回覆|休假|外出|자동 회신|부재중";

constexpr std::string_view kChallenge =
    "verify your email|verify that you|verify you are|verification process|/verification|"
    "please verify|confirm that you|confirm your message|confirm your email|please confirm|"
    "requires confirmation|awaiting your confirmation|automatic confirmation|allowed list|"
    "guest list|approved senders|not pre-approved|pre-approved|whitelist|white list|"
    "white-list|one-time|challenge|challenge-response|prove that you|you are human|"
    "you are a real person|click on the following link|click the link below to|"
    "follow the link below|awaits moderator|moderator can review it|sender verification|spam "
    "arrest|spamarrest|boxbe|bluebottle|tmda|"
    "mailblocks|held pending|unknown sender|reply to this message to|simply reply to this|"
    "hit reply";

constexpr std::string_view kReturned =
    "is a copy of|offending message|copy of the message|copy of the original|copy of your message|"
    "copy of the header|message follows|mail follows|message headers follow|"
    "message header follow|headers follow|original message header|--original message|"
    "- original message|original message -|original message as follows|original mail info|"
    "original mail as follows|returned message|unsent message|header of the original|"
    "headers of the original|header of the message|first lines of the original|"
    "text of your message|text of the message|text of the original|message text follows|"
    "contents of the original|original mail:|original message:|the original message is|"
    "body of the message is|message d'origine|message original|nachrichtenkopf|"
    "originalnachricht|ursprüngliche nachricht|kopie der nachricht|kopie ihrer nachricht|"
    "encabezados de mensaje|encabezados del mensaje|mensaje original|messaggio originale|"
    "intestazioni|mensagem original|cabeçalhos|berichtkop|oorspronkelijk bericht|"
    "oryginalne nag|oryginalna wiadomo|исходные заголовки|заголовки исходного|копия сообщения|"
    "исходное сообщение|元のメッセージ|元のメール|原始邮件|原始郵件|原邮件|原始メッセージ";

constexpr std::string_view kBeforeRecipient =
    "recipient|rcpt to|deliver|undeliver|address|mailbox|user|account|destinat|not reach|"
    "failed|fail|unknown|relayed to|message to|mail to|errors:|sent to|quota|allowed size|"
    "full|error for|mailing "
    "list|empfänger|zugestellt|adresse|ontvanger|odbiorc|adresat|mottagare|modtager|"
    "mottaker|vastaanottaja|příjem|címzett|alıcı|получател|адрес|одержувач|宛|受信者|送信先|"
    "アドレス|收件人|收信人|받는";

constexpr std::string_view kBeforeOther =
    "from|sender|contact|reply|message-id|help|support|generated|postmaster|mailto|behalf|f=|"
    "by |please|write to|von |absender|expéditeur|remitente|mittente|remetente|afzender|"
    "nadawc|отправител|差出人|送信者|问题|问詢|发件人|寄件者|via |dear|hello|sorry,|"
    "reports to|questions|http|www.|for assistance|assistance";

constexpr std::string_view kSystemNames =
    "microsoftexchange|mailer-daemon|mailerdaemon|mail-daemon|maildaemon|mdaemon|mail_daemon|"
    "mailer_daemon|"
    "postmaster|post_master|post-master|mail-delivery|mail.delivery|maildelivery|mailsystem|"
    "mail-system|daemon|mailadmin|mail-admin|delivery|nondelivery|bounce|double-bounce|"
    "mailgateway|exchange";

constexpr std::string_view kListServices = "-owner|-request|-bounces|-confirm|-help|-ctl";

}  // namespace

bool says_failure(std::string_view text) {
  return contains_any(text, kFailure);
}
bool says_delay(std::string_view text) {
  return contains_any(text, kDelay);
}
bool says_for_good(std::string_view text) {
  return contains_any(text, kForGood);
}
bool says_absence(std::string_view subject) {
  return contains_any(subject, kAbsence);
}
bool says_challenge(std::string_view text) {
  return contains_any(text, kChallenge);
}

bool begins_returned(std::string_view line) {
  // "The original message was received at ..." opens Sendmail's reports.
  return line.size() < 250 && line.find("message was") == std::string_view::npos &&
         contains_any(line, kReturned);
}

bool leads_to_recipient(std::string_view before) {
  return contains_any(before, kBeforeRecipient);
}
bool leads_to_other(std::string_view before) {
  return contains_any(before, kBeforeOther);
}

bool is_list_service(std::string_view address) {
  const std::string_view local = address.substr(0, address.rfind('@'));
  return any_word(kListServices, [&](std::string_view name) { return local.ends_with(name); });
}

bool is_system_name(std::string_view local) {
  return any_word(kSystemNames, [&](std::string_view name) { return local.starts_with(name); });
}

}  // namespace postrider::bounce
