#include "simulator/behaviours.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace postrider::simulator {
namespace {

using enum Step;
using enum Effect;

constexpr std::array kBehaviours = {
    Behaviour{"delivered", "Takes everything.", dot, take, 250, "2.0.0", "OK: queued as {id}"},
    // Postgrey.
    Behaviour{"greylisted", "Refuses for now, twice for each address; then takes it.", rcpt, twice,
              450, "4.2.0",
              "<{recipient}>: Recipient address rejected: Greylisted, see "
              "http://postgrey.schweikert.ch/help/{domain}.html"},
    // Postfix.
    Behaviour{"tempfail", "Refuses for now, for ever: the message expires.", rcpt, always, 451,
              "4.3.0", "<{recipient}>: Temporary lookup failure"},
    // Exchange.
    Behaviour{"server-error", "A server that is out of resources, for ever.", rcpt, always, 452,
              "4.3.1", "Insufficient system resources (UsedDiskSpace)"},

    // Gmail.
    Behaviour{"user-unknown", "No such mailbox.", rcpt, always, 550, "5.1.1",
              "The email account that you tried to reach does not exist. Please try\n"
              "double-checking the recipient's email address for typos or\n"
              "unnecessary spaces. For more information, go to\n"
              "https://support.google.com/mail/?p=NoSuchUser {id} - gsmtp"},
    Behaviour{"mailbox-disabled", "A mailbox that has been closed.", rcpt, always, 550, "5.2.1",
              "The email account that you tried to reach is inactive. For more\n"
              "information, go to https://support.google.com/mail/?p=DisabledUser {id} - gsmtp"},
    Behaviour{"mailbox-full", "A mailbox over its quota; final by its code.", rcpt, always, 552,
              "5.2.2",
              "The email account that you tried to reach is over quota. Please direct\n"
              "the recipient to https://support.google.com/mail/?p=OverQuotaPerm {id} - gsmtp"},
    Behaviour{"mailbox-full-for-now", "A mailbox over its quota; temporary, for ever.", rcpt,
              always, 452, "4.2.2",
              "The recipient's inbox is out of storage space. Please direct the\n"
              "recipient to https://support.google.com/mail/?p=OverQuotaTemp {id} - gsmtp"},
    // RFC 5321, 3.4.
    Behaviour{"mailbox-moved", "The user has another address.", rcpt, always, 551, "5.1.6",
              "User not local; please try <delivered@simulator.test>"},
    // Postfix.
    Behaviour{"relay-denied", "A host that does not serve this domain.", rcpt, always, 554, "5.7.1",
              "<{recipient}>: Relay access denied"},

    // Gmail.
    Behaviour{"spam-block", "Judges the message unsolicited, after the final dot.", dot, always,
              550, "5.7.1",
              "[{client}      12] Gmail has detected that this message is likely\n"
              "unsolicited mail. To reduce the amount of spam sent to Gmail, this message\n"
              "has been blocked. For more information, go to\n"
              "https://support.google.com/mail/?p=UnsolicitedMessageError {id} - gsmtp"},
    Behaviour{"content-refused", "Refuses an attachment, after the final dot.", dot, always, 552,
              "5.7.0",
              "This message was blocked because its content presents a potential\n"
              "security issue. To review our message content and attachment content\n"
              "guidelines, go to https://support.google.com/mail/?p=BlockedMessage {id} - gsmtp"},
    // ClamAV behind Exim.
    Behaviour{"virus", "Judges the message malware, after the final dot.", dot, always, 550,
              "5.7.1", "This message contains a virus (Eicar-Test-Signature)"},
    // Outlook.
    Behaviour{"ip-blocked", "The source address is on a block list.", rcpt, always, 550, "5.7.1",
              "Unfortunately, messages from [{client}] weren't sent. Please contact your Internet "
              "service provider since part of their network is on our block list (S3140). You can "
              "also refer your provider to http://mail.live.com/mail/troubleshooting.aspx#errors."},
    // Apple.
    Behaviour{"domain-blocked", "The sending domain is refused, after the final dot.", dot, always,
              554, "5.7.1",
              "[CS01] Message rejected due to local policy. Please visit "
              "https://support.apple.com/en-us/HT204137"},
    // Gmail.
    Behaviour{"no-reverse-dns", "The source address has no PTR record.", rcpt, always, 550,
              "5.7.25",
              "[{client}] The IP address sending this message does not have a\n"
              "PTR record setup, or the corresponding forward DNS entry does not\n"
              "match the sending IP. As a policy, Gmail does not accept messages from\n"
              "IPs with missing PTR records. {id} - gsmtp"},
    // Postfix.
    Behaviour{"sender-refused", "The domain of the envelope sender is refused.", rcpt, always, 550,
              "5.1.8", "<{sender}>: Sender address rejected: Domain not found"},
    // Gmail.
    Behaviour{"dmarc-fail", "Finds no DMARC pass, after the final dot.", dot, always, 550, "5.7.26",
              "Unauthenticated email from {domain} is not accepted due to domain's\n"
              "DMARC policy. Please contact the administrator of {domain} domain if\n"
              "this was a legitimate mail. To learn about the DMARC initiative, go to\n"
              "https://support.google.com/mail/?p=DmarcRejection {id} - gsmtp"},
    Behaviour{"message-too-big", "Finds every message too big, after the final dot.", dot, always,
              552, "5.3.4",
              "Your message exceeded Google's message size limits. To view our\n"
              "message size guidelines, go to\n"
              "https://support.google.com/mail/?p=MaxSizeError {id} - gsmtp"},

    Behaviour{"rate-limited", "Takes 3 messages a minute for each address, then 421 and hangs up.",
              rcpt, over_rate, 421, "4.7.28",
              "Gmail has detected an unusual rate of unsolicited mail originating\n"
              "from your IP address [{client}]. To protect our users from spam, mail\n"
              "sent from your IP address has been temporarily rate limited. {id} - gsmtp",
              true},
    // Yahoo.
    Behaviour{
        "throttled", "Defers by reputation, twice for each address; then takes it.", rcpt, twice,
        421, "4.7.0",
        "[TSS04] Messages from {client} temporarily deferred due to unexpected volume or user "
        "complaints - 4.16.55.1; see https://postmaster.yahooinc.com/error-codes",
        true},
    // Outlook.
    Behaviour{"too-many-connections",
              "Counts too many connections, twice for each address; then takes it.", rcpt, twice,
              451, "4.7.652",
              "The mail server [{client}] has exceeded the maximum number of connections. (S3115)",
              true},

    Behaviour{"bounces-later", "Takes the mail, and a bounce mail comes back: no such user.", dot,
              take, 250, "2.0.0", "OK: queued as {id}", false, Sequel::bounce},
    Behaviour{"complains", "Takes the mail, and a complaint comes back (ARF).", dot, take, 250,
              "2.0.0", "OK: queued as {id}", false, Sequel::complaint},
    Behaviour{"vacation", "Takes the mail, and an automatic answer comes back.", dot, take, 250,
              "2.0.0", "OK: queued as {id}", false, Sequel::vacation},

    Behaviour{"opens", "Takes the mail, and a person opens it.", dot, take, 250, "2.0.0",
              "OK: queued as {id}", false, Sequel::none, Reader::opens},
    Behaviour{"clicks", "Takes the mail, and a person opens it and follows its first link.", dot,
              take, 250, "2.0.0", "OK: queued as {id}", false, Sequel::none, Reader::clicks},
    Behaviour{"scanner", "Takes the mail, and a scanner follows every link at once.", dot, take,
              250, "2.0.0", "OK: queued as {id}", false, Sequel::none, Reader::scanner},

    Behaviour{"slow", "Takes everything, and each reply comes late.", dot, late, 250, "2.0.0",
              "OK: queued as {id}"},
    Behaviour{"drops-connection", "Closes the connection at RCPT, without a word.", rcpt, hang_up,
              0, "", ""},
    Behaviour{"drops-after-data", "Closes the connection after the final dot, without a word.", dot,
              hang_up, 0, "", ""},
    Behaviour{"malformed-reply", "Says what is no SMTP reply, and hangs up.", rcpt, malformed, 999,
              "", "what did you say", true},
    Behaviour{"endless-reply", "Says a reply of thousands of lines, and hangs up.", rcpt, endless,
              250, "2.1.5", "still thinking about it", true},
    // Postfix.
    Behaviour{"starttls-required", "Takes mail over TLS only.", rcpt, without_tls, 530, "5.7.0",
              "Must issue a STARTTLS command first"},
    Behaviour{
        "no-tls", "Takes mail at no-tls.simulator.test, which has no TLS; over TLS it says so.",
        rcpt, with_tls, 550, "5.1.1",
        "<{recipient}>: user unknown here; the host without STARTTLS is no-tls.simulator.test"},
};

bool continues_name(char c) {
  return c == '+' || c == '-' || c == '.';
}

}  // namespace

std::span<const Behaviour> behaviours() {
  return kBehaviours;
}

const Behaviour* find_behaviour(std::string_view local_part) {
  const std::string local = lower(local_part);
  if (local == "postmaster") {
    return find_behaviour("delivered");
  }
  const Behaviour* best = nullptr;
  for (const Behaviour& behaviour : kBehaviours) {
    const bool matches =
        local.starts_with(behaviour.name) &&
        (local.size() == behaviour.name.size() || continues_name(local[behaviour.name.size()]));
    if (matches && (best == nullptr || behaviour.name.size() > best->name.size())) {
      best = &behaviour;
    }
  }
  return best;
}

std::string reply_of(const Behaviour& behaviour) {
  if (behaviour.effect == hang_up) {
    return "(closes the connection)";
  }
  std::string line = std::to_string(behaviour.code);
  if (!behaviour.enhanced.empty()) {
    line.append(" ").append(behaviour.enhanced);
  }
  line.append(" ").append(behaviour.text);
  std::ranges::replace(line, '\n', ' ');
  return line;
}

}  // namespace postrider::simulator
