"""The way back: bounce mails, complaints and mail for people at the inbound listener."""
import email
import json
import re
import time

import pytest

import recount
from relay import IS_SANITIZED, any_certificate
from reports import arf, dsn, head_of, inbound, send_back, vacation
from searching import search, wait_until_indexed

RETURN_PATHS = "rp.example"


@pytest.fixture
def relay(start_relay, sink):
    return start_relay("--set", f"return_path_domain={RETURN_PATHS}", routes=[f"*={sink.route}"])


def deliver(relay, sink, to="ann@example.net", **more):
    """A message as its receiver got it, once the relay has written that down."""
    number = len(sink.messages)
    relay.submit(to=to, **more)
    relay.wait_for_event("delivered", to=to)
    return sink.wait_for_message(number + 1)


def found(relay, *words):
    return [message["to"] for message in search(relay, *words)["messages"]]


def all_feedback(relay):
    kinds = ("bounced", "complained", "delayed", "unsubscribed")
    return [event for event in relay.events() if event["type"] in kinds]


def test_a_late_bounce_is_an_event_with_its_reason(relay, sink):
    arrived = deliver(relay, sink)
    assert re.fullmatch(rf"bounces\+[a-z2-7]{{28}}@{RETURN_PATHS}", arrived.sender)
    assert send_back(relay, arrived.sender, dsn("ann@example.net", head_of(arrived)))[0] == 250
    event, = relay.events(type="bounced")
    delivered, = relay.events(type="delivered")
    for same in ("account", "message", "recipient", "to", "from_domain", "site", "stream"):
        assert event[same] == delivered[same], same
    assert (event["kind"], event["category"], event["code"], event["enhanced"]) == (
        "hard", "no-such-mailbox", 550, "5.1.1")
    assert "User unknown" in event["reply"] and event["mta"] == "store.example.net" and event["rule"]


def test_statistics_and_search_count_what_came_back(relay, sink):
    arrived = deliver(relay, sink)
    other = deliver(relay, sink, to="bob@example.net")
    send_back(relay, arrived.sender, dsn("ann@example.net", head_of(arrived)))
    send_back(relay, f"fbl@{RETURN_PATHS}", arf(head_of(other)))
    recount.assert_counted_right(relay)
    total, = json.loads(relay.cli("stats", "--by", "total", "--json"))["rows"]
    assert total["rates"]["bounce"] == 0.5 and total["rates"]["complaint"] == 0.5
    wait_until_indexed(relay)
    assert found(relay, "--status", "bounced") == ["ann@example.net"]
    assert found(relay, "--status", "complained") == ["bob@example.net"]
    assert found(relay, "--status", "delivered") == []


def test_a_replay_counts_once_however_it_is_worded(relay, sink):
    arrived = deliver(relay, sink)
    report = dsn("ann@example.net", head_of(arrived))
    for again in (report, report, dsn("ann@example.net", head_of(arrived), status="5.2.1")):
        assert send_back(relay, arrived.sender, again)[0] == 250
    assert len(relay.events(type="bounced")) == 1
    complaint = arf(head_of(arrived))
    for _ in range(2):
        assert send_back(relay, f"fbl@{RETURN_PATHS}", complaint)[0] == 250
    assert len(relay.events(type="complained")) == 1


def without_ids(head):
    return re.sub(r"(?im)^(x-postrider-id|return-path):.*\n?", "", head)


@pytest.mark.parametrize("to", ["bounces", "bounces+", "bounces+{cut}", "bounces+{forged}", "fbl"])
def test_what_proves_nothing_changes_nothing(relay, sink, to):
    arrived = deliver(relay, sink)
    token = arrived.sender.partition("+")[2].partition("@")[0]
    forged = ("a" if token[-5] != "a" else "b").join([token[:-5], token[-4:]])
    address = f"{to.format(cut=token[:-1], forged=forged)}@{RETURN_PATHS}"
    head = without_ids(head_of(arrived))
    for report in (dsn("ann@example.net", head), arf(head, recipient="ann@example.net")):
        assert send_back(relay, address, report)[0] == 250
    assert all_feedback(relay) == []
    assert relay.log.read_text().count("proves no recipient of ours") == 2


def test_an_id_in_what_comes_back_is_enough(relay, sink):
    arrived = deliver(relay, sink)
    assert send_back(relay, f"bounces+broken@{RETURN_PATHS}", dsn("ann@example.net", head_of(arrived)))[0] == 250
    assert relay.wait_for_event("bounced")["to"] == "ann@example.net"


def test_a_complaint_is_about_whom_our_id_names_where_the_address_is_blacked_out(relay, sink):
    arrived = deliver(relay, sink)
    assert send_back(relay, f"FBL@{RETURN_PATHS}", arf(head_of(arrived)), sender="feedback@provider.example")[0] == 250
    event = relay.wait_for_event("complained")
    assert (event["to"], event["kind"], event["category"]) == ("ann@example.net", "complaint", "complaint")


def test_that_it_is_no_spam_is_no_complaint(relay, sink):
    arrived = deliver(relay, sink)
    assert send_back(relay, f"fbl@{RETURN_PATHS}", arf(head_of(arrived), feedback_type="not-spam"))[0] == 250
    assert all_feedback(relay) == []


def test_a_report_concerns_only_whom_its_token_names(relay, sink):
    """Whoever holds a token of one recipient can't speak for another, of whatever account."""
    ann, bob = deliver(relay, sink), deliver(relay, sink, to="bob@example.net")
    token_of_ann = ann.sender
    assert send_back(relay, token_of_ann, dsn("bob@example.net", without_ids(head_of(bob))))[0] == 250
    event, = all_feedback(relay)
    assert event["to"] == "ann@example.net" and event["detail"] == "reported as bob@example.net"


def test_a_delay_is_told_and_changes_nothing(relay, sink):
    arrived = deliver(relay, sink)
    report = dsn("ann@example.net", head_of(arrived), status="4.4.1", action="delayed",
                 diagnostic="smtp; 451 4.4.1 connection timed out")
    for _ in range(2):
        assert send_back(relay, arrived.sender, report)[0] == 250
    event, = all_feedback(relay)
    assert (event["type"], event["enhanced"]) == ("delayed", "4.4.1")
    story = relay.story(event["message"])
    assert story["recipients"][0]["state"] == "delivered"
    send_back(relay, arrived.sender, dsn("ann@example.net", head_of(arrived)))
    assert relay.story(event["message"])["recipients"][0]["state"] == "bounced"


def test_an_automatic_answer_is_no_bounce(relay, sink):
    arrived = deliver(relay, sink)
    assert send_back(relay, arrived.sender, vacation(), sender="ann@example.net")[0] == 250
    assert all_feedback(relay) == []


def test_a_report_that_overtakes_the_delivery_is_asked_to_come_again(relay, sink):
    sink.answer("END", ["451 4.3.0 later", "250 ok"])
    relay.submit()
    relay.wait_for_event("deferred")
    sender = re.search(r"<(bounces\+[^>]*)>", str(sink.connections)).group(1)
    report = dsn("ann@example.net", "Subject: x")
    assert send_back(relay, sender, report)[0] == 451
    relay.advance("1h")
    relay.wait_for_event("delivered")
    assert send_back(relay, sender, report)[0] == 250
    assert len(relay.events(type="bounced")) == 1


def test_one_unsubscribes_by_mail_once(relay, sink):
    token = deliver(relay, sink).sender.partition("+")[2]
    for _ in range(2):
        assert send_back(relay, f"unsubscribe+{token}", b"Subject: unsubscribe\r\n\r\n", "ann@example.net")[0] == 250
    event, = all_feedback(relay)
    assert (event["type"], event["to"]) == ("unsubscribed", "ann@example.net")


@pytest.mark.parametrize("to, refusal", [
    (f"sales@{RETURN_PATHS}", (550, "5.1.1")),
    (f"unsubscribe+forged@{RETURN_PATHS}", (550, "5.1.1")),
    ("sales@example.org", (550, "5.1.1")),
    ("bounces@example.org", (550, "5.1.1")),
    ("ann@example.net", (550, "5.7.1")),
    ("postmaster@example.net", (550, "5.7.1")),
    ("ann%example.net@elsewhere.example", (550, "5.7.1")),
])
def test_all_else_is_refused(relay, to, refusal):
    code, text = send_back(relay, to, b"")
    assert (code, text.split()[0]) == refusal


@pytest.mark.parametrize("to, folder", [
    (f"postmaster@{RETURN_PATHS}", "postmaster"), ("Postmaster@example.org", "postmaster"),
    ("postmaster", "postmaster"), ("abuse@example.org", "abuse")])
def test_mail_for_people_is_kept_as_a_file(relay, to, folder):
    message = b"From: ann@example.net\r\nSubject: please look\r\n\r\nhello\r\n"
    assert send_back(relay, to, message, sender="ann@example.net")[0] == 250
    file, = (relay.data / "mail" / folder).glob("*.eml")
    kept = email.message_from_bytes(file.read_bytes())
    assert kept["Return-Path"] == "<ann@example.net>" and kept["Subject"] == "please look"
    assert "from mx.example.net ([127.0.0.1])" in kept["Received"]
    assert file.stat().st_mode & 0o777 == 0o600


def test_mail_for_people_is_sent_on_where_an_address_is_set(start_relay, sink):
    relay = start_relay("--set", "inbound.postmaster=ops@example.com", "--set", f"return_path_domain={RETURN_PATHS}",
                        routes=[f"*={sink.route}"])
    # It claims to be from a domain whose keys we have: what we did not write, we do not sign.
    message = b"From: shop@example.org\r\nSubject: please look\r\n\r\n.hello\r\n"
    assert send_back(relay, "postmaster@example.org", message, sender="ann@example.net")[0] == 250
    arrived = sink.wait_for_message()
    assert (arrived.sender, arrived.recipients) == ("", ["ops@example.com"])
    assert arrived["Subject"] == "please look" and arrived["DKIM-Signature"] is None
    assert "from mx.example.net ([127.0.0.1])" in arrived["Received"] and arrived.body == b".hello\r\n"
    assert relay.wait_for_event("delivered")["account"] and not (relay.data / "mail").exists()


def test_the_listener_offers_tls_and_no_login(relay):
    with inbound(relay) as client:
        assert client.has_extn("starttls") and not client.has_extn("auth")
        client.starttls(context=any_certificate())
        client.ehlo()
        assert not client.has_extn("auth")
        assert client.docmd("AUTH", "PLAIN AGEAYg==")[0] in (502, 503)


def test_a_restart_forgets_nothing(relay, sink):
    arrived = deliver(relay, sink)
    report = dsn("ann@example.net", head_of(arrived))
    assert send_back(relay, arrived.sender, report)[0] == 250
    relay.kill()
    relay.start()
    assert send_back(relay, arrived.sender, report)[0] == 250
    assert len(relay.events(type="bounced")) == 1


def nested(depth):
    parts = [b"From: a@b.example\r\n"]
    for i in range(depth):
        parts.append(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i))
    return b"".join(parts) + b"\r\nhello\r\n"


def rfc822_in_rfc822(depth):
    return b"Content-Type: message/rfc822\r\n\r\n" * depth + b"Subject: x\r\n\r\nhello\r\n"


def long_head_inside(size):
    head = b"X-A: " + b"a" * 70 + b"\r\n"
    return (b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n"
            b"Content-Type: message/delivery-status\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
            + head * (size // len(head)) + b"\r\nhello\r\n--b--\r\n")


def many_recipients(count):
    report = dsn("RECIPIENT", "Subject: x").decode()
    front, _, rest = report.partition("Final-Recipient")
    block, _, back = rest.partition("\r\n\r\n")
    blocks = (f"Final-Recipient{block.replace('RECIPIENT', f'r{i}@example.net')}\r\n\r\n" for i in range(count))
    return (front + "".join(blocks) + back).encode()


def complaint_with(fields=b"", returned=b"Subject: x\r\n"):
    report = arf("RETURNED", recipient="ann@example.net").replace(b"RETURNED\r\n", returned)
    return report.replace(b"Version: 1\r\n", b"Version: 1\r\n" + fields)


def boundaries_that_begin_alike(count):
    """Each line might end each of the parts around it."""
    depth = 12
    head = b"".join(b"Content-Type: multipart/mixed; boundary=%s\r\n\r\n--%s\r\n" % (b"b" * i, b"b" * i)
                    for i in range(1, depth + 1))
    return b"From: a@b.example\r\n" + head + b"\r\n" + (b"--" + b"b" * 70 + b"\r\n") * count


def many_parts(count):
    return (b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
            + b"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\n" * count + b"--b--\r\n")


def parameters(count):
    """RFC 2231: one value in many pieces."""
    pieces = b"".join(b';\r\n boundary*%d*="%%62"' % i for i in range(count))
    return b"Content-Type: multipart/report" + pieces + b"\r\n\r\n--b\r\n\r\nhello\r\n"


def html(size):
    return (b"Subject: failure notice\r\nContent-Type: text/html\r\n\r\n"
            + b"<div a='&lt;'><table><!--" * (size // 25) + b"550 5.1.1 user unknown\r\n")


def encoded(size):
    return (b"Subject: failure notice\r\nContent-Type: text/plain; charset=iso-2022-jp\r\n"
            b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b"=1B$B=\r\n" * (size // 8))


BOMBS = {
    "nested multiparts": nested(5_000),
    "nested messages": rfc822_in_rfc822(200_000),
    "a head of 20 MB in what comes back": long_head_inside(20 << 20),
    "100,000 recipients": many_recipients(100_000),
    "one line of 20 MB": b"Subject: failure notice\r\n\r\n" + b"550 5.1.1 <a@b.example> " * (20 << 20 >> 5) + b"\r\n",
    "a million encoded words": b"Subject: x\r\n\r\n" + b"=?utf-8?q?=E3=81=82?= \r\n" * 800_000,
    "100,000 parts": many_parts(100_000),
    "boundaries that begin alike": boundaries_that_begin_alike(200_000),
    "a boundary in 20,000 pieces": parameters(20_000),
    "20 MB of tags": html(20 << 20),
    "20 MB of shifts": encoded(20 << 20),
    "a complaint of 100,000 readers": complaint_with(b"".join(
        b"Original-Rcpt-To: r%d@example.net\r\n" % i for i in range(100_000))),
    "a complaint with a head of 20 MB": complaint_with(returned=(b"X-A: " + b"a" * 70 + b"\r\n") * (20 << 20 >> 7)),
    "a complaint about nested messages": complaint_with(returned=rfc822_in_rfc822(200_000)),
}


def resident_kib(relay):
    status = open(f"/proc/{relay.process.pid}/status").read()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1))


@pytest.mark.skipif(IS_SANITIZED, reason="times and memory of the real thing")
@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_costs_little_and_that_mail_only(relay, sink, bomb):
    arrived = deliver(relay, sink)
    before, begun = resident_kib(relay), time.monotonic()
    assert send_back(relay, arrived.sender, BOMBS[bomb])[0] in (250, 451, 552, 554)
    took, grown = time.monotonic() - begun, resident_kib(relay) - before
    print(f"{bomb}: {len(BOMBS[bomb]) >> 10} KiB, {took:.2f} s, {grown} KiB")
    assert took < 10 and grown < 12 * (len(BOMBS[bomb]) >> 10) + (64 << 10)
    other = deliver(relay, sink, to="bob@example.net")
    assert send_back(relay, other.sender, dsn("bob@example.net", head_of(other)))[0] == 250
    assert relay.wait_for_event("bounced", to="bob@example.net")


@pytest.mark.skipif(IS_SANITIZED, reason="times and memory of the real thing")
def test_50_mb_of_heads_in_what_comes_back_are_refused_and_not_kept(relay, sink):
    arrived = deliver(relay, sink)
    before = resident_kib(relay)
    assert send_back(relay, arrived.sender, long_head_inside(50 << 20))[0] == 552
    assert resident_kib(relay) - before < 128 << 10
    assert send_back(relay, arrived.sender, dsn("ann@example.net", head_of(arrived)))[0] == 250


def test_a_head_of_50_mb_is_refused_and_not_kept(relay):
    with inbound(relay) as client:
        client.mail("")
        client.rcpt(f"bounces@{RETURN_PATHS}")
        before = resident_kib(relay)
        assert client.data(b"X-A: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n" * 850_000)[0] == 552
        assert resident_kib(relay) - before < 64 << 10
