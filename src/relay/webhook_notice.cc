#include "relay/webhook_notice.h"

#include "base/text.h"
#include "mail/header.h"
#include "webhook/url.h"

namespace postrider::relay {

std::string build_webhook_notice(const directory::Webhook& webhook, const std::string& why,
                                 const std::string& hostname, MessageId id, Time now) {
  const std::string name = "webhook " + to_string(webhook.id);
  const std::string state = webhook.state == directory::WebhookState::active
                                ? "now uses its backup URL"
                                : "is " + std::string(to_string(webhook.state));
  std::string mail = "From: Postrider <mailer-daemon@" + hostname + ">\r\n";
  mail += "To: <" + webhook.contact + ">\r\n";
  mail += "Subject: " + name + " " + state + "\r\n";
  mail += "Date: " + mail::format_date(now) + "\r\n";
  mail += "Message-ID: <" + to_string(id) + ".webhook@" + hostname + ">\r\n";
  mail += "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n";
  mail += "Content-Type: text/plain; charset=us-ascii\r\n\r\n";
  mail += "The " + name + " " + state + ".\r\n\r\n";
  mail += "  URL      " + printable(webhook::without_password(webhook.url), 700) + "\r\n";
  mail += "  because  " + printable(why, 200) + "\r\n\r\n";
  if (webhook.state != directory::WebhookState::active) {
    mail += "Nothing is lost: events wait for it. Once the endpoint works again,\r\n\r\n";
    mail += "  postrider webhook resume " + to_string(webhook.id) + "\r\n\r\n";
    mail += "sends them from where it stopped.\r\n";
  }
  return mail;
}

void mail_webhook_notice(Intake& intake, store::Committer& committer,
                         const directory::Webhook& webhook, const std::string& why,
                         const std::string& hostname, Time now) {
  const Result<mail::Address> to = mail::parse_mailbox(webhook.contact, false);
  if (!to) {
    return;
  }
  const MessageId id = intake.reserve(1);
  store::Step step;
  auto notice = intake.add_report(step, webhook.account, *to,
                                  build_webhook_notice(webhook, why, hostname, id, now), id,
                                  "notice of a webhook");
  committer.note(std::move(step),
                 [&intake, notice = std::move(notice)](const Result<>& done) mutable {
                   if (done) {
                     intake.release(std::move(notice));
                   }
                 });
}

}  // namespace postrider::relay
