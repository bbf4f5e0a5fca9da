"""Bounces and complaints that somebody makes up, for every account: nothing follows from them."""
import json
import re

import pytest

from reports import arf, crlf, dsn, head_of, send_back, vacation
from waiting import wait_for

RETURN_PATHS = "rp.example"
SHOPS = {"sandbox": "example.org", "bakery": "bakery.example"}


@pytest.fixture
def relay(start_relay, sink):
    """With two accounts, each with a domain; `relay.as_account(name)` gives a client that is logged in."""
    relay = start_relay("--set", f"return_path_domain={RETURN_PATHS}", routes=[f"*={sink.route}"])
    relay.cli("account", "add", "bakery")
    relay.cli("domain", "add", "bakery.example", "--account", "bakery", "--verified")
    relay.credentials = {"sandbox": relay.ready, "bakery": json.loads(
        relay.cli("credential", "add", "bakery", "--json"))}
    return relay


def deliver(relay, sink, account, to):
    """What the receiver got of a mail of this account."""
    sender, credential = f"hi@{SHOPS[account]}", relay.credentials[account]
    with relay.client(login=False) as client:
        client.login(credential["user"], credential["password"])
        client.sendmail(sender, [to], f"From: {sender}\r\nTo: {to}\r\nSubject: news\r\n\r\nhi\r\n")
    relay.wait_for_event("delivered", to=to)
    return next(m for m in sink.messages if m.recipients == [to])


def everybody(relay, sink):
    """{account: (address, what its receiver got)}"""
    return {account: (f"ann@{account}.example", deliver(relay, sink, account, f"ann@{account}.example"))
            for account in SHOPS}


def feedback(relay):
    return [(e["type"], e["to"]) for e in relay.events() if e["type"] in ("bounced", "complained", "delayed",
                                                                          "unsubscribed")]


def suppressed(relay):
    return [row["address"] for name in SHOPS
            for row in json.loads(relay.cli("suppression", "list", "--account", name, "--json"))["suppressions"]]


def without_ids(head):
    return re.sub(r"(?im)^(x-postrider-id|return-path|message-id):.*\n?", "", head)


def altered(token):
    """The same length, another last letter of the number and of the hash."""
    other = {True: "a", False: "b"}
    return "".join([token[:8], other[token[8] != "a"], token[9:-1], other[token[-1] != "a"]])


def forgeries(address, arrived, foreign):
    """{name: (where to, what)} for one recipient. `foreign`: a mail of another account."""
    own = arrived.sender.partition("@")[0].partition("+")[2]
    head = head_of(arrived)
    ids_altered = re.sub(r"(?im)^(x-postrider-id: )(\S+)", lambda m: m[1] + altered(m[2]), without_ids(head) +
                         f"\nX-Postrider-Id: {own}")
    bare = without_ids(head)
    return {
        "no token": ("bounces", dsn(address, bare)),
        "empty token": ("bounces+", dsn(address, bare)),
        "cut token": (f"bounces+{own[:-1]}", dsn(address, bare)),
        "long token": (f"bounces+{own}a", dsn(address, bare)),
        "altered token": (f"bounces+{altered(own)}", dsn(address, bare)),
        "altered id in what comes back": ("bounces", dsn(address, ids_altered)),
        "two tokens in one": (f"bounces+{own[:14]}{foreign.sender.partition('+')[2][14:28]}", dsn(address, bare)),
        "complaint without an id": ("fbl", arf(bare, recipient=address)),
        "complaint with an altered id": ("fbl", arf(ids_altered, recipient=address)),
        "complaint in Microsoft's form": ("fbl", jmrp(address, bare)),
        "unread bounce in plain words": ("bounces", crlf(f"""
From: MAILER-DAEMON@mx.example.net
Subject: failure notice

Hi. This is the qmail-send program at mx.example.net.
I'm afraid I wasn't able to deliver your message to the following addresses.

<{address}>:
Remote host said: 550 5.1.1 no such user
""")),
    }


def jmrp(address, returned):
    """Microsoft's junk mail reporting program: the message in an attachment, the reader in its head."""
    return crlf(f"""
From: staff@hotmail.com
To: fbl@example.org
Subject: complaint about message from 192.0.2.1
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b4"

--b4
Content-Type: message/rfc822
Content-Disposition: inline

X-HmXmrOriginalRecipient: {address}
X-MS-Exchange-EOPDirect: true
{returned.replace(chr(13), "")}

hello
--b4--
""")


@pytest.mark.parametrize("account", SHOPS)
def test_a_forged_report_for_each_account_suppresses_nobody(relay, sink, account):
    mails = everybody(relay, sink)
    address, arrived = mails[account]
    foreign = next(mail for name, (_, mail) in mails.items() if name != account)
    made_up = forgeries(address, arrived, foreign)
    for name, (to, report) in made_up.items():
        assert send_back(relay, f"{to}@{RETURN_PATHS}", report)[0] == 250, name
    assert feedback(relay) == []
    assert relay.metric('postrider_feedback_total{what="unmatched"}') == len(made_up)
    # The same words with what proves them: what was tried above was readable.
    assert send_back(relay, arrived.sender, dsn(address, without_ids(head_of(arrived))))[0] == 250
    wait_for("the genuine one to suppress", lambda: suppressed(relay) == [address], explain=relay.explain)
    assert feedback(relay) == [("bounced", address)]


def test_a_token_of_one_account_says_nothing_of_another_s_recipient(relay, sink):
    mails = everybody(relay, sink)
    (shop, at_shop), (bakery, at_bakery) = mails["sandbox"], mails["bakery"]
    # Token of the one, words and ids of the other: the token counts, for its own recipient.
    assert send_back(relay, at_shop.sender, dsn(bakery, head_of(at_bakery)))[0] == 250
    assert feedback(relay) == [("bounced", shop)]
    event, = relay.events(type="bounced")
    assert event["detail"] == f"reported as {bakery}" and event["from_domain"] == SHOPS["sandbox"]
    wait_for("its own to be suppressed", lambda: suppressed(relay) == [shop], explain=relay.explain)
    assert send_back(relay, f"fbl@{RETURN_PATHS}", arf(head_of(at_bakery), recipient=shop))[0] == 250
    assert feedback(relay) == [("bounced", shop), ("complained", bakery)]


def test_a_token_of_another_installation_is_none(relay, start_relay, sink):
    other = start_relay("--set", f"return_path_domain={RETURN_PATHS}", routes=[f"*={sink.route}"])
    other.submit(to="bob@example.net")
    theirs = sink.wait_for_message()
    ours = deliver(relay, sink, "sandbox", "ann@example.net")
    assert send_back(relay, theirs.sender, dsn("ann@example.net", head_of(theirs)))[0] == 250
    assert feedback(relay) == []
    assert send_back(relay, ours.sender, dsn("ann@example.net", head_of(ours)))[0] == 250
    assert feedback(relay) == [("bounced", "ann@example.net")]


def test_replays_and_reports_of_all_kinds_count_once_for_each_account(relay, sink):
    mails = everybody(relay, sink)
    for address, arrived in mails.values():
        for _ in range(3):
            send_back(relay, arrived.sender, dsn(address, head_of(arrived)))
            send_back(relay, f"fbl@{RETURN_PATHS}", arf(head_of(arrived)))
            send_back(relay, arrived.sender, vacation())
    assert sorted(feedback(relay)) == sorted(
        (what, address) for what in ("bounced", "complained") for address, _ in mails.values())


def yahoo(returned):
    """Complaint Feedback Loop of Yahoo: ARF whose reader is blacked out."""
    return crlf(f"""
From: Yahoo! Mail AntiSpam Feedback <feedback@arf.mail.yahoo.com>
To: fbl@example.org
Subject: FW:news
MIME-Version: 1.0
Content-Type: multipart/report; boundary="_----b5_"; report-type="feedback-report"

--_----b5_
Content-Type: text/plain; charset="US-ASCII"
Content-Transfer-Encoding: 7bit

This is an email abuse report for an email message from example.org

--_----b5_
Content-Disposition: inline
Content-Transfer-Encoding: 7bit
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: Yahoo!-Mail-Feedback/2.0
Version: 0.1
Original-Mail-From: <somebody@example.org>
Original-Rcpt-To: undisclosed-recipients
Received-Date: Tue, 1 Dec 2026 10:00:00 +0000
Reported-Domain: example.org
Authentication-Results: mta.mail.yahoo.com from=example.org; dkim=pass (ok)

--_----b5_
Content-Disposition: inline
Content-Transfer-Encoding: 7bit
Content-Type: message/rfc822

{returned.replace(chr(13), "")}

hello
--_----b5_--
""")


def forwarded(returned):
    """A person's mail program that sends the message on to an abuse address."""
    return crlf(f"""
From: postmaster@provider.example
To: fbl@example.org
Subject: Abuse report: spam from example.org
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b6"

--b6
Content-Type: text/plain

One of our users has reported this message as spam.

--b6
Content-Type: message/rfc822

{returned.replace(chr(13), "")}

hello
--b6--
""")


def blacked_out(head):
    """What providers leave of the reader in the head of the message."""
    return re.sub(r"(?im)^(to|delivered-to|x-original-to):.*$", r"\1: redacted@redacted.invalid", head)


FORMS = {"ARF": lambda head, to: arf(head, recipient=to), "ARF, blacked out": lambda head, to: arf(blacked_out(head)),
         "JMRP": lambda head, to: jmrp(to, head), "JMRP, blacked out": lambda head, to: jmrp("redacted", blacked_out(head)),
         "Yahoo": lambda head, to: yahoo(blacked_out(head)), "forwarded": lambda head, to: forwarded(blacked_out(head))}


@pytest.mark.parametrize("form", FORMS)
def test_complaints_of_each_form_are_about_whom_our_id_names(relay, sink, form):
    address, arrived = everybody(relay, sink)["bakery"]
    assert send_back(relay, f"fbl@{RETURN_PATHS}", FORMS[form](head_of(arrived), address),
                     sender="feedback@provider.example")[0] == 250
    assert feedback(relay) == [("complained", address)]
    wait_for("the reader to be suppressed", lambda: suppressed(relay) == [address], explain=relay.explain)
