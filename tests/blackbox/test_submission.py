"""Who may send what, and what a message gets and loses on the way in."""
import re
import smtplib

import pytest

from raw import Raw
from sink import Sink

SENDER = "shop@example.org"


def refusal(relay, message, sender=SENDER):
    """Code and text with which this message is refused."""
    with relay.client() as client:
        with pytest.raises(smtplib.SMTPException) as refused:
            client.sendmail(sender, ["ann@example.net"], message)
    return refused.value.smtp_code, refused.value.smtp_error.decode()


@pytest.mark.parametrize("headers", [
    "From: me@example.com\r\n",
    "From: shop@sub.example.org\r\n",
    "From: shop@example.org, me@example.com\r\n",
    "From: \"shop@example.org\" <me@example.com>\r\n",
    "From: me@example.com (shop@example.org)\r\n",
    "From: shop@example.org\r\nFrom: me@example.com\r\n",
    "From: shop@example.org\r\nFrom: other@example.org\r\n",
    "From:\r\n",
    "From: undisclosed:;\r\n",
    "X-None: of them\r\n",
], ids=["foreign", "below-ours", "one-of-two-foreign", "display-name", "comment", "second-foreign",
        "twice", "empty", "empty-group", "none"])
def test_only_one_from_of_a_domain_of_the_account(shared_relay, headers):
    code, _ = refusal(shared_relay, headers + "Subject: x\r\n\r\nx\r\n")
    assert 500 <= code < 600


@pytest.mark.parametrize("header", [
    "shop@example.org", "SHOP@EXAMPLE.ORG", '"The shop, you know" <shop@example.org>',
    "a@example.org, b@example.org", "=?utf-8?q?L=C3=A4den?= <shop@example.org>",
    "The\r\n shop <shop@example.org>",
], ids=["plain", "case", "quoted", "two", "encoded", "folded"])
def test_every_way_to_write_a_from_of_ours(shared_relay, header):
    shared_relay.submit(message=f"From: {header}\r\nSubject: x\r\n\r\nx\r\n".encode())


def test_envelope_sender_may_be_foreign(relay, sink):
    relay.submit(sender="me@example.com", message=b"From: shop@example.org\r\nSubject: x\r\n\r\nx\r\n")
    assert sink.wait_for_message()["Subject"] == "x"


def test_nobody_relays_without_authentication(shared_relay):
    with shared_relay.client(login=False) as client:
        code, text = client.mail(SENDER)
        assert (code, text[:5]) == (530, b"5.7.0")


def test_blind_copies_and_return_paths_are_removed(relay, sink):
    relay.submit(message=b"Return-Path: <me@example.com>\r\nFrom: shop@example.org\r\nBcc: eve@example.net\r\n"
                         b"To: ann@example.net\r\nResent-Bcc: eve@example.net,\r\n mallory@example.net\r\n"
                         b"bcc : oscar@example.net\r\nSubject: x\r\n\r\nBcc: stays in the body\r\n")
    arrival = sink.wait_for_message()
    head = arrival.data.partition(b"\r\n\r\n")[0].lower()
    assert b"eve@" not in head and b"mallory@" not in head and b"oscar@" not in head
    assert b"return-path" not in head
    assert arrival.body == b"Bcc: stays in the body\r\n"


def test_missing_message_id_and_date_are_added(relay, sink):
    relay.submit()
    arrival = sink.wait_for_message()
    assert re.fullmatch(r"<[^<>@\s]+@[^<>@\s]+>", arrival["Message-ID"])
    assert arrival["Date"].datetime
    assert len(arrival.message.get_all("Received")) == 1


def test_present_message_id_and_date_are_kept(relay, sink):
    relay.submit(message=b"From: shop@example.org\r\nMessage-ID: <17@shop.example.org>\r\n"
                         b"Date: Tue, 24 Nov 2026 06:00:00 +0100\r\nSubject: x\r\n\r\nx\r\n")
    arrival = sink.wait_for_message()
    assert arrival.message.get_all("Message-ID") == ["<17@shop.example.org>"]
    assert arrival.message.get_all("Date") == ["Tue, 24 Nov 2026 06:00:00 +0100"]


def test_bulk_mail_gets_a_message_id_for_each_recipient(relay, sink):
    recipients = ["ann@example.net", "bob@example.net"]
    bulk = b"Precedence: bulk\r\n"
    for headers in (bulk, b""):
        relay.submit(to=recipients, message=b"From: shop@example.org\r\n" + headers + b"Subject: x\r\n\r\nx\r\n")
    sink.wait_for_messages(4)
    by_stream = {True: [], False: []}
    for arrival in sink.messages:
        by_stream[arrival["Precedence"] == "bulk"].append(arrival["Message-ID"])
    assert len(set(by_stream[True])) == 2
    assert len(set(by_stream[False])) == 1


def test_received_tells_no_more_than_it_should(relay, sink):
    relay.submit()
    received = sink.wait_for_message()["Received"]
    assert "client.example" in received
    assert relay.ready["user"] not in received and relay.ready["password"] not in received


@pytest.mark.parametrize("name", ["müller-pc", "a(b;c"])
def test_name_that_is_none_is_taken_and_not_repeated(start_relay, name):
    modest = Sink(extensions=["PIPELINING"])
    relay = start_relay(routes=[f"*={modest.route}"])
    with Raw(relay.address()) as raw:
        raw.login(relay.ready["user"], relay.ready["password"])
        raw.expect(250, f"EHLO {name}")
        raw.envelope()
        raw.expect(354, "DATA")
        raw.expect(250, "From: shop@example.org\r\nSubject: x\r\n\r\nx\r\n.")
    assert modest.wait_for_message()["Received"].startswith("from unknown (")
    modest.close()


def test_each_copy_has_a_return_path_of_its_own(relay, sink):
    relay.submit(to=["ann@example.net", "bob@example.net"])
    arrivals = sink.wait_for_messages(2)
    for arrival in arrivals:
        token = re.fullmatch(r"bounces\+([a-z0-9]+)@.+", arrival.sender)
        assert token, arrival.sender
        assert arrival["X-Postrider-Id"] == token[1]
    assert len({a.sender for a in arrivals}) == 2


def test_password_is_in_no_log(relay, sink):
    relay.submit()
    sink.wait_for_message()
    assert relay.ready["password"] not in relay.log.read_text()
