"""What others send back: bounce mails, complaints, automatic answers, as bytes with CRLF."""
import smtplib

from waiting import LIMIT_S


def crlf(text):
    return text.strip("\n").replace("\n", "\r\n").encode() + b"\r\n"


def head_of(message):
    """The header of a message that a receiver got."""
    return message.data.partition(b"\r\n\r\n")[0].decode()


def dsn(recipient, returned, status="5.1.1", action="failed",
        diagnostic="smtp; 550 5.1.1 <{recipient}>: Recipient address rejected: User unknown"):
    """A report of delivery as RFC 3464 has it; `returned`: header of the message that comes back."""
    return crlf(f"""
From: MAILER-DAEMON@mx.example.net
To: somebody@example.org
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; {recipient}
Action: {action}
Status: {status}
Remote-MTA: dns; store.example.net
Diagnostic-Code: {diagnostic.format(recipient=recipient)}

--b1
Content-Type: text/rfc822-headers

{returned.replace(chr(13), "")}

--b1--
""")


def arf(returned, feedback_type="abuse", recipient=None):
    """A complaint as RFC 5965 has it; without a recipient it is blacked out."""
    return crlf(f"""
From: feedback@provider.example
To: fbl@example.org
Subject: FW: order
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b2"

--b2
Content-Type: text/plain

This is an email abuse report.

--b2
Content-Type: message/feedback-report

Feedback-Type: {feedback_type}
User-Agent: SomeLoop/1.0
Version: 1
Original-Rcpt-To: {recipient or "redacted@redacted.invalid"}

--b2
Content-Type: message/rfc822

{returned.replace(chr(13), "")}

hello
--b2--
""")


def vacation():
    return crlf("""
From: ann@example.net
To: somebody@example.org
Subject: Out of office: order
Auto-Submitted: auto-replied

I am away until Monday. For orders that failed write to bob@example.net.
""")


def inbound(relay):
    """An smtplib client of the relay's inbound listener, after EHLO."""
    client = smtplib.SMTP(*relay.address("inbound"), local_hostname="mx.example.net", timeout=LIMIT_S)
    client.ehlo()
    return client


def send_back(relay, to, message, sender=""):
    """The reply to the final dot, or to the RCPT that was refused: (code, text)."""
    with inbound(relay) as client:
        client.mail(sender)
        for recipient in [to] if isinstance(to, str) else to:
            code, text = client.rcpt(recipient)
            if code != 250:
                return code, text.decode()
        code, text = client.data(message)
        return code, text.decode()
