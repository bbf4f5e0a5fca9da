"""What receivers do to mail, and what becomes of it: replies, hang-ups, retries, expiry."""
import json
import re

import pytest

from sink import CLOSE, Sink


def test_greylisted_recipient_is_delivered_on_the_second_attempt(relay, sink):
    sink.answer("RCPT", ["451 4.7.1 greylisted, try again", "250 ok"])
    relay.submit()

    assert relay.wait_for_event("deferred")["reply"].startswith("451 4.7.1")
    relay.advance("6m")
    assert sink.wait_for_message()["Subject"] == "order 17"
    assert relay.wait_for_event("delivered")["attempt"] == 2
    assert len(sink.messages) == 1


def test_each_recipient_settles_for_itself(relay, sink):
    sink.answer_recipient("nobody@example.net", ["550 5.1.1 no such user"])
    sink.answer_recipient("late@example.net", ["452 4.2.2 full", "250 ok"])
    relay.submit(to=["ann@example.net", "nobody@example.net", "late@example.net"])

    assert relay.wait_for_event("delivered", to="ann@example.net")["attempt"] == 1
    failed = relay.wait_for_event("failed", to="nobody@example.net")
    assert (failed["code"], failed["enhanced"]) == (550, "5.1.1")
    relay.wait_for_event("deferred", to="late@example.net")
    relay.advance("10m")
    assert relay.wait_for_event("delivered", to="late@example.net")["attempt"] == 2
    assert sorted(r for m in sink.messages for r in m.recipients) == ["ann@example.net", "late@example.net"]


def test_five_days_of_refusals_end_in_expiry(relay, sink):
    sink.answer("RCPT", ["451 4.3.0 not today"])
    relay.submit()
    relay.wait_for_event("deferred")
    for day in range(6):
        relay.advance("1d")
        relay.wait_for_events("deferred", 1)
        if relay.events(type="expired"):
            break
    expired = relay.wait_for_event("expired")
    assert "451 4.3.0 not today" in str(expired), "it does not say why"
    assert expired["attempt"] >= 3
    assert not sink.messages
    assert json.loads(relay.cli("queue", "--json"))["scheduled"] == 0


@pytest.mark.parametrize("verb, reply", [
    ("CONNECT", "421 4.3.2 going down"), ("CONNECT", "554 5.3.2 not you"), ("CONNECT", CLOSE),
    ("EHLO", "421 4.3.2 going down"), ("EHLO", CLOSE), ("MAIL", "451 4.1.8 not now"), ("MAIL", CLOSE),
    ("RCPT", CLOSE), ("DATA", "451 4.3.0 not now"), ("DATA", CLOSE), ("END", "451 4.3.0 not now"),
    ("END", CLOSE), ("RCPT", b"250-ok\r\n251 ok\r\n"), ("MAIL", b"yes please\r\n"),
    ("RCPT", b"250-" + b"x" * 70_000 + b"\r\n"), ("MAIL", b"250-more\r\n" * 5000 + b"250 ok\r\n"),
], ids=lambda value: (value if isinstance(value, str) else value[:12].decode()).replace(" ", "-").strip())
def test_trouble_on_the_way_is_tried_again(relay, sink, verb, reply):
    default = {"CONNECT": "220 hello", "EHLO": "250 sink", "DATA": "354 go on"}.get(verb, "250 ok")
    sink.answer(verb, [reply, default])
    relay.submit()
    deferred = relay.wait_for_event("deferred")
    assert deferred["reply"]
    relay.advance("6m")
    relay.wait_for_event("delivered")
    assert len(sink.messages) == 1


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "END"])
def test_permanent_refusal_at_any_step_fails_at_once(relay, sink, verb):
    sink.answer(verb, ["550 5.7.1 never"])
    relay.submit()
    failed = relay.wait_for_event("failed")
    assert failed["reply"].startswith("550 5.7.1 never")
    assert failed["attempt"] == 1
    assert not relay.events(type="deferred")


def test_peer_that_hangs_up_between_messages_fails_nobody(relay, sink):
    sink.messages_per_connection = 3
    for i in range(12):
        relay.submit(to=f"r{i}@example.net")
    relay.wait_for_events("delivered", 12)
    assert len(sink.messages) == 12
    assert not relay.events(type="deferred")
    assert {e["attempt"] for e in relay.events(type="delivered")} == {1}


def test_peer_that_hangs_up_while_the_next_is_being_signed(start_relay, sink):
    """RSA signatures are made on other threads: what they sign may be taken away meanwhile."""
    sink.messages_per_connection = 1
    relay = start_relay("--dkim", "both", routes=[f"*={sink.route}"])
    with relay.client() as client:
        for i in range(300):
            client.sendmail("shop@example.org", [f"r{i}@example.net"], b"From: shop@example.org\r\n\r\nhello\r\n")
    relay.wait_for_events("delivered", 300)
    assert not relay.events(type="deferred")


def test_connections_are_reused_without_rset(relay, sink):
    sink.answer("RCPT", ["451 4.7.1 later"])
    for i in range(20):
        relay.submit(to=f"r{i}@example.net")
    relay.wait_for_events("deferred", 20)
    sink.answer("RCPT", ["250 ok"])
    before = len(sink.connections)
    relay.advance("10m")
    relay.wait_for_events("delivered", 20)
    after = sink.connections[before:]
    assert len([c for c in after if any(line.startswith("MAIL") for line in c)]) < 20
    assert not any(line.startswith("RSET") for connection in after for line in connection)


def test_reply_of_many_lines_is_kept_on_one(relay, sink):
    sink.answer("RCPT", ["550-5.1.1 no such user\r\n550-5.1.1 here, or there,\r\n550 5.1.1 or anywhere"])
    relay.submit()
    reply = relay.wait_for_event("failed")["reply"]
    assert reply == "550 5.1.1 no such user here, or there, or anywhere"


def test_control_characters_of_a_peer_reach_neither_log_nor_event(relay, sink):
    sink.answer("RCPT", [b"550 5.1.1 \x1b[31mred\x07\x00 \xff\r\n"])
    relay.submit()
    reply = relay.wait_for_event("failed")["reply"]
    assert reply.isprintable() and "red" in reply
    assert "\x1b" not in relay.log.read_text(errors="replace")


EIGHT_BIT = "From: shop@example.org\r\nSubject: x\r\nMIME-Version: 1.0\r\n" \
            "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGrüße, schön\r\n"


def test_eight_bits_go_as_they_are_where_the_peer_takes_them(relay, sink):
    relay.submit(message=EIGHT_BIT.encode(), mail_options=["BODY=8BITMIME"])
    arrival = sink.wait_for_message()
    assert "BODY=8BITMIME" in arrival.mail
    assert arrival.body == "Grüße, schön\r\n".encode()


def test_eight_bits_are_converted_for_a_peer_of_seven(relay, sink):
    sink.extensions.remove("8BITMIME")
    relay.submit(message=EIGHT_BIT.encode(), mail_options=["BODY=8BITMIME"])
    arrival = sink.wait_for_message()
    assert arrival.data.isascii()
    assert "BODY" not in arrival.mail
    assert arrival.message.get_content().strip() == "Grüße, schön"


def test_peer_without_smtputf8_cannot_have_such_an_address(relay, sink):
    sink.extensions.remove("SMTPUTF8")
    with relay.client() as client:
        client.sendmail("shop@example.org", ["jürgen@example.net"],
                        "From: shop@example.org\r\nSubject: x\r\n\r\nx\r\n".encode(), ["SMTPUTF8"])
    failed = relay.wait_for_event("failed")
    assert "SMTPUTF8" in failed["reply"]
    assert not sink.messages


def test_message_above_the_peers_size_fails_without_being_sent(relay, sink):
    sink.extensions = ["SIZE 1000" if e.startswith("SIZE") else e for e in sink.extensions]
    relay.submit(body="x" * 78 + "\r\n" + ("y" * 78 + "\r\n") * 40)
    failed = relay.wait_for_event("failed")
    assert failed["enhanced"] == "5.3.4" or "5.3.4" in failed["reply"] or "SIZE" in failed["reply"]
    assert not sink.messages


def test_peer_that_knows_only_helo_gets_mail(relay, sink):
    sink.answer("EHLO", ["500 5.5.1 what?"])
    relay.submit()
    assert sink.wait_for_message()["Subject"] == "order 17"


def test_lines_that_begin_with_dots_arrive_as_they_are(relay, sink):
    body = ".\r\n..\r\n...\r\n.x\r\n\r\n.".replace("\r\n.", "\r\n.") + "\r\n"
    relay.submit(body=body)
    assert sink.wait_for_message().body == (body + "\r\n").encode()


def test_route_of_a_domain_wins_over_the_general_one(start_relay, sink):
    from sink import Sink
    other = Sink()
    try:
        relay = start_relay(routes=[f"*={sink.route}", f"a.example={other.route}", f"*.b.example={other.route}"])
        relay.submit(to=["x@a.example", "x@sub.b.example", "x@b.example", "x@sub.a.example"])
        relay.wait_for_events("delivered", 4)
        assert sorted(r for m in other.messages for r in m.recipients) == ["x@a.example", "x@sub.b.example"]
        assert sorted(r for m in sink.messages for r in m.recipients) == ["x@b.example", "x@sub.a.example"]
    finally:
        other.close()


def test_slow_site_holds_nobody_else_back(start_relay, sink):
    from sink import SILENT, Sink
    slow = Sink()
    slow.answer("CONNECT", [SILENT])
    try:
        relay = start_relay(routes=[f"*={sink.route}", f"slow.example={slow.route}"])
        relay.submit(to=[f"r{i}@slow.example" for i in range(50)])
        relay.submit(to="ann@example.net")
        sink.wait_for_message(limit_s=10)
    finally:
        slow.close()


# -- notifications (RFC 3461, 3464)


def bounce_to(sink, address):
    reports = sink.to(address)
    assert len(reports) == 1, [m.mail for m in sink.messages]
    return reports[0]


def test_failure_is_reported_to_a_sender_who_asked(relay, sink):
    sink.answer_recipient("nobody@example.net", ["550 5.1.1 no such user"])
    relay.submit(to="nobody@example.net", rcpt_options=["NOTIFY=FAILURE", "ORCPT=rfc822;No+2Bbody@example.net"],
                 mail_options=["RET=HDRS", "ENVID=QQ314159"])
    report = sink.wait_for_message()
    assert report.recipients == ["shop@example.org"] and report.sender == ""
    assert report.message.get_content_type() == "multipart/report"
    human, status, original = list(report.message.iter_parts())
    assert "nobody@example.net" in human.get_content()
    fields = status.as_string()
    for line in ("Original-Envelope-Id: QQ314159", "Action: failed", "Status: 5.1.1",
                 "Final-Recipient: rfc822;", "Original-Recipient: rfc822;No+body@example.net",
                 "Diagnostic-Code: smtp;"):
        assert line.lower().replace(" ", "") in fields.lower().replace(" ", ""), fields
    assert original.get_content_type() == "text/rfc822-headers"


@pytest.mark.parametrize("options", [[], ["NOTIFY=NEVER"], ["NOTIFY=DELAY"], ["NOTIFY=SUCCESS"]],
                         ids=["by-default", "never", "delay", "success"])
def test_failure_is_not_reported_to_who_did_not_ask(relay, sink, options):
    sink.answer_recipient("nobody@example.net", ["550 5.1.1 no such user"])
    relay.submit(to="nobody@example.net", rcpt_options=options)
    relay.wait_for_event("failed")
    relay.submit(to="ann@example.net", subject="after")
    relay.wait_for_event("delivered", to="ann@example.net")
    assert not sink.to("shop@example.org")


def test_no_report_goes_to_a_foreign_envelope_sender(relay, sink):
    sink.answer_recipient("nobody@example.net", ["550 5.1.1 no such user"])
    relay.submit(sender="victim@example.com", to="nobody@example.net", rcpt_options=["NOTIFY=FAILURE"],
                 message=b"From: shop@example.org\r\nSubject: x\r\n\r\nx\r\n")
    relay.wait_for_event("failed")
    relay.submit(to="ann@example.net", subject="after")
    relay.wait_for_event("delivered", to="ann@example.net")
    assert not sink.to("victim@example.com")


DSN_OPTIONS = {"rcpt_options": ["NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;ann@example.net"],
               "mail_options": ["RET=FULL", "ENVID=QQ314159"]}


def test_dsn_parameters_are_handed_on_to_a_peer_that_has_dsn(relay, sink):
    relay.cli("account", "change", "sandbox", "--own-return-paths", "off")
    relay.submit(**DSN_OPTIONS)
    arrival = sink.wait_for_message()
    assert arrival.sender == "shop@example.org"
    assert "RET=FULL" in arrival.mail and "ENVID=QQ314159" in arrival.mail
    assert "NOTIFY=SUCCESS,FAILURE" in arrival.rcpt[0]
    assert "ORCPT=rfc822;ann@example.net" in arrival.rcpt[0]


def test_reports_to_a_return_path_of_ours_are_asked_for_in_our_name(relay, sink):
    """They come to us; success is what we tell ourselves. ENVID goes along, as RFC 3461 has it."""
    relay.submit(**DSN_OPTIONS)
    arrival = sink.wait_for_message()
    assert "ENVID=QQ314159" in arrival.mail
    assert re.search(r"NOTIFY=FAILURE\b", arrival.rcpt[0])
    assert "ORCPT=rfc822;ann@example.net" in arrival.rcpt[0]


def test_recipients_of_a_site_share_a_transaction_where_return_paths_are_off(relay, sink):
    relay.cli("account", "change", "sandbox", "--own-return-paths", "off")
    relay.submit(to=["ann@example.net", "bob@example.net", "eve@example.net"])
    arrival = sink.wait_for_message()
    relay.wait_for_events("delivered", 3)
    assert len(sink.messages) == 1
    assert sorted(arrival.recipients) == ["ann@example.net", "bob@example.net", "eve@example.net"]


def test_route_s_host_that_is_a_name_is_looked_up(start_relay, sink):
    relay = start_relay(routes=[f"*=localhost:{sink.port}"])
    relay.submit()
    assert sink.wait_for_message()["Subject"] == "order 17"


def test_recipient_that_needs_smtputf8_takes_no_other_with_it(start_relay):
    old = Sink(extensions=[word for word in Sink.MODERN if word != "SMTPUTF8"])
    relay = start_relay(routes=[f"*={old.route}"])
    relay.cli("account", "change", "sandbox", "--own-return-paths", "off")
    relay.submit(to=["ann@example.net", "jörg@example.net", "bob@example.net"], mail_options=["SMTPUTF8"],
                 message=b"From: shop@example.org\r\nSubject: order 17\r\n\r\nhello\r\n")
    assert relay.wait_for_event("failed")["to"] == "jörg@example.net"
    assert {e["to"] for e in relay.wait_for_events("delivered", 2)} == {"ann@example.net", "bob@example.net"}
    old.close()
