"""The whole way to strangers: MX looked up at a real name server, mail taken by a real Postfix."""
import os

import pytest

from peers.nsd import Nsd
from peers.postfix import Postfix
from waiting import wait_for

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="Postfix and port 25 need root")

MAILBOXES = [f"ann@{domain}" for domain in (
    "inbox.example", "second.inbox.example", "implicit.inbox.example", "alias.inbox.example",
    "alias-target.inbox.example")]

RECORDS = """
@          MX 10 mx
mx         A {postfix}
; the first host does not listen, the second is Postfix
second     MX 10 dead
second     MX 20 mx
dead       A 127.99.99.99
; no MX: the domain itself
implicit   A {postfix}
; RFC 7505
null       MX 0 .
; a CNAME at the domain
alias      CNAME alias-target
alias-target MX 10 mx
; an MX without an address
nowhere    MX 10 missing.inbox.example.
; neither MX nor address
empty      TXT "nothing here"
; leads back to ourselves
loop       MX 10 relay
relay      A 127.0.0.1
"""


@pytest.fixture(scope="module")
def postfix():
    postfix = Postfix(MAILBOXES, hostname="mx.inbox.example")
    yield postfix
    postfix.close()


@pytest.fixture(scope="module")
def nsd(tmp_path_factory, postfix):
    nsd = Nsd(tmp_path_factory.mktemp("nsd"), {"inbox.example": RECORDS.format(postfix=postfix.address)})
    yield nsd
    nsd.close()


@pytest.fixture
def relay(start_relay, nsd, postfix):
    return start_relay(
        "--set", f'dns.stubs={{"inbox.example"="{nsd.server}", "refused.example"="{nsd.server}"}}',
        "--set", f'delivery.allowed_networks=["{postfix.address}/32", "127.99.99.99/32"]',
        "--set", "hostname=relay.inbox.example")


@pytest.mark.parametrize("domain", ["inbox.example", "second.inbox.example", "implicit.inbox.example"])
def test_mail_reaches_the_mailbox_found_by_mx(relay, postfix, domain):
    relay.submit(to=f"ann@{domain}", subject=f"to {domain}", body="Zeile\r\n.\r\nEnde")
    event = relay.wait_for_event("delivered", to=f"ann@{domain}")
    assert event["mx_address"] == f"{postfix.address}:25"
    assert event["tls_version"].startswith("TLS")
    arrived = postfix.wait_for_message(f"ann@{domain}")
    assert f"Subject: to {domain}\n".encode() in arrived
    assert b"\nZeile\n.\nEnde\n" in arrived
    assert arrived.startswith(b"Return-Path: <bounces+")


def test_cname_at_the_domain_is_followed(relay, postfix):
    relay.submit(to="ann@alias.inbox.example")
    relay.wait_for_event("delivered")
    wait_for("the message in one of the mailboxes", lambda: postfix.messages("ann@alias.inbox.example")
             or postfix.messages("ann@alias-target.inbox.example"), explain=postfix.explain)


def test_postfix_says_who_does_not_exist(relay):
    relay.submit(to="nobody@inbox.example")
    event = relay.wait_for_event("failed")
    assert (event["code"], event["enhanced"]) == (550, "5.1.1")
    assert "User unknown" in event["reply"]
    assert event["mx_host"] == "mx.inbox.example"


@pytest.mark.parametrize("domain, enhanced", [
    ("null.inbox.example", "5.1.10"), ("missing.inbox.example", "5.1.2"), ("empty.inbox.example", "5.1.2"),
])
def test_domain_that_takes_no_mail_fails_at_once(relay, domain, enhanced):
    relay.submit(to=f"ann@{domain}")
    event = relay.wait_for_event("failed")
    assert event["enhanced"] == enhanced, event


def test_name_server_that_does_not_answer_for_a_zone_never_bounces_mail(relay):
    relay.submit(to="ann@refused.example")
    assert relay.wait_for_event("deferred")["reply"]
    assert not relay.events(type="failed")


def test_loop_to_ourselves_is_refused(relay):
    relay.submit(to="ann@loop.inbox.example")
    event = relay.wait_for_event("failed")
    assert "relay.inbox.example" in event["reply"] or "loop" in event["reply"], event


def test_addresses_that_are_not_public_are_not_connected_to(start_relay, nsd):
    relay = start_relay("--set", f'dns.stubs={{"inbox.example"="{nsd.server}"}}')
    relay.submit(to="ann@inbox.example")
    event = relay.wait_for_event("failed")
    assert "public" in event["reply"], event


def test_site_of_a_message_is_its_mx_set(relay):
    for domain in ("inbox.example", "alias.inbox.example"):
        relay.submit(to=f"ann@{domain}")
    sites = {e["site"] for e in relay.wait_for_events("delivered", 2)}
    assert sites == {"mx.inbox.example"}


def test_tls_that_the_receiver_insists_on(start_relay, nsd):
    strict = Postfix(["ann@strict.example"], hostname="mx.strict.example", tls="encrypt")
    try:
        relay = start_relay(routes=[f"strict.example={strict.address}:25"])
        relay.submit(to="ann@strict.example", message="From: shop@example.org\r\nSubject: Grüße\r\n"
                     "\r\nx\r\n".encode(), mail_options=["SMTPUTF8"])
        assert relay.wait_for_event("delivered")["tls_version"].startswith("TLS")
        assert "Subject: Grüße\n".encode() in strict.wait_for_message("ann@strict.example")
    finally:
        strict.close()
