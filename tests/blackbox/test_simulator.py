"""Every mailbox of the simulator, from submission to what became of it."""
import json
import subprocess

import pytest

from relay import BINARY, ROOT
from waiting import wait_for

DELIVERED, FAILED, WAITS = "delivered", "failed", "deferred"

# mailbox: (first event, its reply begins with, attempt that settles it or None, kind: category)
OUTCOMES = {
    "delivered": (DELIVERED, "250 2.0.0", 1, None),
    "bounces-later": (DELIVERED, "250 2.0.0", 1, None),
    "complains": (DELIVERED, "250 2.0.0", 1, None),
    "vacation": (DELIVERED, "250 2.0.0", 1, None),
    "opens": (DELIVERED, "250 2.0.0", 1, None),
    "clicks": (DELIVERED, "250 2.0.0", 1, None),
    "scanner": (DELIVERED, "250 2.0.0", 1, None),
    "slow": (DELIVERED, "250 2.0.0", 1, None),
    "starttls-required": (DELIVERED, "250 2.0.0", 1, None),
    "greylisted": (WAITS, "450 4.2.0", 3, "soft: greylisted"),
    "throttled": (WAITS, "421 4.7.0 [TSS04]", 3, "block: ip-blocked"),
    "too-many-connections": (WAITS, "451 4.7.652", 3, "block: too-many-connections"),
    "rate-limited": (DELIVERED, "250 2.0.0", 1, None),
    "tempfail": (WAITS, "451 4.3.0", None, "soft: server-error"),
    "server-error": (WAITS, "452 4.3.1", None, "soft: server-error"),
    "mailbox-full-for-now": (WAITS, "452 4.2.2", None, "soft: mailbox-full"),
    "drops-connection": (WAITS, "", None, "soft: connection-failed"),
    "drops-after-data": (WAITS, "", None, "soft: connection-failed"),
    "malformed-reply": (WAITS, "", None, "soft: connection-failed"),
    "endless-reply": (WAITS, "", None, "soft: connection-failed"),
    "user-unknown": (FAILED, "550 5.1.1", 1, "hard: no-such-mailbox"),
    "mailbox-disabled": (FAILED, "550 5.2.1", 1, "hard: mailbox-disabled"),
    "mailbox-full": (WAITS, "552 5.2.2", None, "soft: mailbox-full"),
    "mailbox-moved": (FAILED, "551 5.1.6", 1, "hard: mailbox-moved"),
    "relay-denied": (FAILED, "554 5.7.1", 1, "block: relay-denied"),
    "spam-block": (FAILED, "550 5.7.1", 1, "block: spam-content"),
    "content-refused": (FAILED, "552 5.7.0", 1, "block: content-refused"),
    "virus": (FAILED, "550 5.7.1", 1, "block: virus"),
    "ip-blocked": (FAILED, "550 5.7.1", 1, "block: ip-blocked"),
    "domain-blocked": (FAILED, "554 5.7.1 [CS01]", 1, "block: policy"),
    "no-reverse-dns": (FAILED, "550 5.7.25", 1, "block: no-reverse-dns"),
    "sender-refused": (FAILED, "550 5.1.8", 1, "block: sender-refused"),
    "dmarc-fail": (FAILED, "550 5.7.26", 1, "block: auth-failed"),
    "message-too-big": (FAILED, "552 5.3.4", 1, "block: message-too-big"),
    "no-tls": (FAILED, "550 5.1.1", 1, None),
}


def listed():
    done = subprocess.run([BINARY, "simulator", "--list", "--json"], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)["mailboxes"]


def test_each_mailbox_stands_in_this_table_and_in_the_documents():
    names = {row["name"] for row in listed()}
    assert names == set(OUTCOMES)
    text = (ROOT / "docs/simulator.md").read_text()
    assert {name for name in names if f"| `{name}` |" not in text} == set()


@pytest.mark.parametrize("mailbox", OUTCOMES)
def test_mailbox(shared_relay, mailbox):
    first, reply, settled, judged = OUTCOMES[mailbox]
    to = f"{mailbox}+test@simulator.test"
    shared_relay.submit(to=to)
    event = shared_relay.wait_for_event(first, to=to)
    assert event["reply"].startswith(reply), event
    assert event["reply"] and event["attempt"] == 1
    if judged:
        assert f"{event['kind']}: {event['category']}" == judged and event["rule"], event
    elif first == DELIVERED:
        assert not {"kind", "category", "rule"} & set(event)
    if settled and settled > 1:
        for attempt in range(2, settled + 1):
            shared_relay.advance("30m")
            kind = DELIVERED if attempt == settled else WAITS
            shared_relay.wait_for_event(kind, to=to, attempt=attempt)


def test_tls_is_used_where_it_is_offered_and_only_there(shared_relay):
    for domain, has_tls in (("simulator.test", True), ("no-tls.simulator.test", False)):
        to = f"delivered+tls@{domain}"
        shared_relay.submit(to=to)
        event = shared_relay.wait_for_event("delivered", to=to)
        assert bool(event.get("tls_version")) == has_tls, event
        assert bool(event.get("tls_cipher")) == has_tls


def test_no_tls_mailbox_is_delivered_at_its_own_site(shared_relay):
    to = "no-tls+1@no-tls.simulator.test"
    shared_relay.submit(to=to)
    assert "tls_version" not in shared_relay.wait_for_event("delivered", to=to)


def test_old_server_gets_what_it_can_read(shared_relay):
    to = "delivered+old@old.simulator.test"
    shared_relay.submit(to=to, message="From: shop@example.org\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
                        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
                        "Grüße\r\n".encode(), mail_options=["BODY=8BITMIME"])
    shared_relay.wait_for_event("delivered", to=to)


def test_rate_limit_is_felt_and_passes(relay):
    to = "rate-limited@simulator.test"
    for i in range(5):
        relay.submit(to=to, subject=f"order {i}")
    relay.wait_for_events("delivered", 3, to=to)
    assert relay.wait_for_event("deferred", to=to)["reply"].startswith("421 4.7.28")
    for _ in range(6):
        relay.advance("10m")
        if len(relay.events(type="delivered", to=to)) == 5:
            break
    relay.wait_for_events("delivered", 5, to=to)


def test_unknown_mailbox_says_where_the_known_ones_are_listed(shared_relay):
    shared_relay.submit(to="mailbox-ful@simulator.test")
    event = shared_relay.wait_for_event("failed", to="mailbox-ful@simulator.test")
    assert "postrider simulator --list" in event["reply"]


def test_what_mailboxes_send_back_comes_in(relay):
    for mailbox in ("vacation", "complains", "bounces-later"):
        relay.submit(to=f"{mailbox}+1@simulator.test")
    bounced = relay.wait_for_event("bounced")
    assert bounced["to"] == "bounces-later+1@simulator.test"
    assert (bounced["kind"], bounced["category"]) == ("hard", "no-such-mailbox")
    assert bounced["mta"] == "store.simulator.test"
    assert relay.wait_for_event("complained")["to"] == "complains+1@simulator.test"
    wait_for("the answer to be read", lambda: relay.metric('postrider_feedback_total{what="silent"}') == 1)
    assert len(relay.events(to="vacation+1@simulator.test")) == 2


LETTER = """From: Shop <shop@example.org>
Subject: news
List-Id: <news.example.org>
MIME-Version: 1.0
Content-Type: text/html

<html><body><a href="https://shop.example/1">one</a> <a href="https://shop.example/2">two</a>
<a href="https://shop.example/3">three</a></body></html>
""".replace("\n", "\r\n").encode()


@pytest.mark.parametrize("options, scheme", [((), "http"), (("--set", "links.tls=true"), "https")])
def test_mailboxes_read_tracked_mail_as_people_and_as_a_scanner_do(start_relay, options, scheme):
    relay = start_relay(*options)
    relay.cli("account", "change", "sandbox", "--tracking-host", f"{scheme}://links.shop.example")
    for mailbox in ("opens", "clicks", "scanner"):
        relay.submit(to=f"{mailbox}@simulator.test", message=LETTER)
    relay.wait_for_events("delivered", 3)
    relay.wait_for_events("clicked", 3, to="scanner@simulator.test")
    changed = relay.wait_for_events("reassessed", 4)
    assert {(e["to"], e["machine"]) for e in changed} == {("scanner@simulator.test", "scanner")}
    assert not relay.events(to="opens@simulator.test", type="opened"), "a person takes a while"
    relay.advance("20s")
    opened = relay.wait_for_events("opened", 3)
    assert {e["to"] for e in opened} == {f"{who}@simulator.test" for who in ("opens", "clicks", "scanner")}
    click = relay.wait_for_event("clicked", to="clicks@simulator.test")
    assert click["url"] == "https://shop.example/1" and "machine" not in click
    stats = lambda: json.loads(relay.cli("stats", "--by", "total", "--json"))["rows"]  # noqa: E731
    wait_for("people to be counted",
             lambda: [(row["opened_unique"], row["clicked_unique"]) for row in stats()] == [(2, 1)],
             explain=lambda: json.dumps(stats()))
