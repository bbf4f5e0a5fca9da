"""Tracking through the whole relay: each recipient's copy has links of its own, all else is as it was."""
import base64
import quopri
import re
import smtplib

import dkim
import pytest

import rewriting
from sink import Sink
from test_dkim import signatures_of
from test_rewrite import CORPUS, needs_corpus

BASE = b"https://t.example"
URL = re.compile(rb"https://t\.example/([acou])/([A-Za-z0-9_-]{39})")
PAGE = ("<!DOCTYPE html><html><body><p>Größe: <a href=\"https://shop.example/a?b=1&amp;c=2#top\">one</a>"
        "<a href='http://x.example/'>two</a> <a href=\"mailto:a@b.example\">mail</a>"
        + "filler " * 300 + "<a href=\"https://shop.example/a?b=1&amp;c=2#top\">one again</a></p></body></html>\r\n")
HEAD = ("From: Shop <shop@example.org>\r\nTo: ann@example.net\r\nSubject: news\r\nMIME-Version: 1.0\r\n"
        "Date: Tue, 24 Nov 2026 05:52:12 +0000\r\nMessage-ID: <1@example.org>\r\n")


def mail(encoding="quoted-printable", fields="List-Id: <news.example.org>\r\n", page=PAGE):
    body = page.encode()
    if encoding == "base64":
        body = base64.encodebytes(body).replace(b"\n", b"\r\n")
    elif encoding == "quoted-printable":
        body = quopri.encodestring(body.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
    return (HEAD + fields + "Content-Type: multipart/alternative; boundary=\"=_b\"\r\n\r\n"
            "--=_b\r\n\r\nPlain: https://shop.example/plain\r\n--=_b\r\n"
            "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: "
            f"{encoding}\r\n\r\n").encode() + body + b"\r\n--=_b--\r\n"


@pytest.fixture
def tracked(start_relay, sink):
    """A relay whose account has a tracking host."""
    relay = start_relay(routes=[f"*={sink.route}"])
    set_up(relay)
    return relay


def set_up(relay, *options):
    relay.cli("account", "change", "sandbox", "--tracking-host", BASE.decode(), *options)


def stored_part(data):
    """What was submitted of an arrived message: without the lines that the relay puts in front."""
    return data[data.index(b"From: Shop"):]


def page_in(data):
    """The decoded HTML part of a message."""
    leaf = next(p for p in rewriting.leaves(data) if p.get_content_type() == "text/html")
    return leaf.get_payload(decode=True)


def tokens_in(data):
    return URL.findall(page_in(data))


def verified(relay, data):
    keys = {r["name"]: r["value"] for r in relay.dns_records("example.org") if "._domainkey." in r["name"]}
    assert set(signatures_of(data)) == {"rsa-sha256", "ed25519-sha256"}

    def txt(name, **_):
        return keys[name.decode().rstrip(".") if isinstance(name, bytes) else name.rstrip(".")].encode()
    return [dkim.verify(data[at.start():], dnsfunc=txt)
            for at in re.finditer(rb"(?m)^DKIM-Signature", data.partition(b"\r\n\r\n")[0])]


@pytest.mark.parametrize("encoding", ["quoted-printable", "base64", "8bit"])
def test_copies_differ_in_their_tokens_and_in_nothing_else(tracked, sink, encoding):
    recipients = [f"r{i}@example.net" for i in range(5)]
    original = mail(encoding)
    tracked.submit(to=recipients, message=original, mail_options=["BODY=8BITMIME"])
    arrived = [sink.wait_for_messages(5) and sink.to(to)[0] for to in recipients]
    found = [tokens_in(m.data) for m in arrived]
    for m, tokens in zip(arrived, found, strict=True):
        assert [kind for kind, _ in tokens] == [b"c", b"c", b"c", b"o"]
        assert all(verified(tracked, m.data))
        page = page_in(m.data)
        clean = re.sub(rb"<img src=\"https://t\.example/o/[^>]*>", b"", page)
        wanted = [b"https://shop.example/a?b=1&amp;c=2#top", b"http://x.example/",
                  b"https://shop.example/a?b=1&amp;c=2#top"]
        for url in wanted:
            clean = URL.sub(lambda _, url=url: url, clean, count=1)
        assert clean.replace(b"\r\n", b"\n") == page_in(original).replace(b"\r\n", b"\n")
        plain = next(p for p in rewriting.leaves(m.data) if p.get_content_type() == "text/plain")
        assert plain.get_payload() == "Plain: https://shop.example/plain"
    assert len({token for tokens in found for _, token in tokens}) == 5 * 4
    if encoding == "8bit":
        same = {URL.sub(b"URL", stored_part(m.data)) for m in arrived}
        assert len(same) == 1
        assert len({len(stored_part(m.data)) for m in arrived}) == 1
    sizes = {int(re.search(r"SIZE=(\d+)", m.mail).group(1)) - len(m.data) for m in arrived}
    assert all(0 <= more < 2000 for more in sizes), sizes
    assert not tracked.events(type="operational", what="not_tracked")


def test_the_second_attempt_after_a_kill_has_the_same_bytes(tracked, sink):
    """The first is made from memory, the second from what was stored."""
    recipients = ["ann@example.net", "bob@example.net"]
    sink.answer("END", ["451 4.3.0 taken, and not kept"])
    tracked.submit(to=recipients, message=mail("base64"))
    tracked.wait_for_events("deferred", 2)
    tracked.kill()
    sink.answer("END", ["250 ok"])
    tracked.start()
    tracked.advance("20m")
    sink.wait_for_messages(2)
    before = {m.recipients[0]: stored_part(m.data) for m in sink.refused}
    assert {m.recipients[0]: stored_part(m.data) for m in sink.messages} == before
    assert sorted(before) == recipients and len(set(before.values())) == 2
    assert all(len(tokens_in(data)) == 4 for data in before.values())
    assert all(all(verified(tracked, m.data)) for m in sink.messages)


def test_transactional_mail_is_left_alone_and_header_and_account_switch(tracked, sink):
    plain = mail(fields="")
    tracked.submit(to="untouched@example.net", message=plain)
    tracked.submit(to="both@example.net", message=mail(
        fields="X-Mailjet-TrackClick: 1\r\nX-Mailjet-TrackOpen: 1\r\n"))
    tracked.submit(to="clicks@example.net", message=mail(fields="X-Mailjet-TrackClick: 1\r\n"))
    tracked.submit(to="bulk-off@example.net", message=mail(
        fields="List-Id: <a.b>\r\nX-Mailjet-TrackClick: 0\r\nX-Mailjet-TrackOpen: 0\r\n"))
    tracked.submit(to="opens@example.net", message=mail(fields="List-Id: <a.b>\r\nX-Mailjet-TrackClick: 0\r\n"))
    tracked.submit(to="lowered@example.net", message=mail(
        fields="X-Postrider-Privacy: off\r\nList-Id: <a.b>\r\nX-Mailjet-TrackClick: 1\r\n"))
    sink.wait_for_messages(6)

    def kinds(name):
        return b"".join(kind for kind, _ in tokens_in(sink.to(f"{name}@example.net")[0].data))
    assert stored_part(sink.to("untouched@example.net")[0].data) == plain
    assert {name: kinds(name) for name in ("both", "clicks", "bulk-off", "opens", "lowered")} == {
        "both": b"ccco", "clicks": b"ccc", "bulk-off": b"", "opens": b"o", "lowered": b""}

    set_up(tracked, "--track-transactional", "opens", "--track-bulk", "off")
    tracked.submit(to="account-opens@example.net", message=plain)
    tracked.submit(to="account-off@example.net", message=mail())
    sink.wait_for_messages(8)
    assert kinds("account-opens") == b"o" and kinds("account-off") == b""

    set_up(tracked, "--privacy", "off")  # the ceiling: no message raises it
    tracked.submit(to="ceiling@example.net", message=mail(
        fields="X-Postrider-Privacy: full\r\nX-Mailjet-TrackClick: 1\r\nList-Id: <a.b>\r\n"))
    sink.wait_for_messages(9)
    assert kinds("ceiling") == b""


def test_anonymous_copies_are_all_the_same(tracked, sink):
    set_up(tracked, "--privacy", "anonymous", "--track-bulk", "both")
    tracked.submit(to=["ann@example.net", "bob@example.net"], message=mail())
    sink.wait_for_messages(2)
    assert len({tuple(tokens_in(m.data)) for m in sink.messages}) == 1


def test_with_one_return_path_for_all_copies_are_still_their_own(tracked, sink):
    set_up(tracked, "--own-return-paths", "off")
    tracked.submit(to=["ann@example.net", "bob@example.net"], message=mail())
    tracked.submit(to=["cat@example.net", "dan@example.net"], message=mail(fields=""))
    tracked.wait_for_events("delivered", 4)
    own = [m for m in sink.messages if tokens_in(m.data)]
    assert sorted(m.recipients for m in own) == [["ann@example.net"], ["bob@example.net"]]
    assert len({t for m in own for _, t in tokens_in(m.data)}) == 2 * 4
    assert sorted(r for m in sink.messages if not tokens_in(m.data) for r in m.recipients) == [
        "cat@example.net", "dan@example.net"]


def test_a_peer_without_8bitmime_gets_the_copy_converted_and_signed(start_relay):
    old = Sink(extensions=["PIPELINING", "SIZE 1000000"])
    relay = start_relay(routes=[f"*={old.route}"])
    set_up(relay)
    relay.submit(message=mail("8bit"), mail_options=["BODY=8BITMIME"])
    arrived = old.wait_for_message()
    arrived.data.decode("ascii")
    assert [kind for kind, _ in tokens_in(arrived.data)] == [b"c", b"c", b"c", b"o"]
    assert all(verified(relay, arrived.data))
    old.close()


def test_url_tags_text_and_kept_hosts(tracked, sink):
    set_up(tracked, "--track-text", "on", "--keep-hosts", "x.example", "--url-tags", "utm_source=shop")
    tracked.submit(message=mail())
    data = sink.wait_for_message().data
    assert len(URL.findall(stored_part(data).replace(b"=\r\n", b""))) == 1 + 3  # plain text, two links, the pixel
    assert b"http://x.example/" in page_in(data)


HOSTILE = {
    "boundary": (b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n"
                 b"<a href=\"http://x.example/\">x</a>\r\n", "never closes|boundary"),
    "depth": (b"Content-Type: multipart/mixed; boundary=b0\r\n\r\n" + b"".join(
        b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (i, i + 1) for i in range(120))
        + b"".join(b"--b%d--\r\n" % i for i in range(120, -1, -1)), "100|deep"),
    "parts": (b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 1200 + b"--b--\r\n",
              "1,?000|parts"),
    "header": (b"X-Long:" + (b" " + b"x" * 900 + b"\r\n") * 2000 + b"Content-Type: text/html\r\n\r\n"
               b"<a href=\"http://x.example/\">x</a>\r\n", "headers"),
    "base64": (b"Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!not base64!!!\r\n", "base64"),
    "quoted-printable": (b"Content-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
                         b"<a href=3D\"http://x.example/\">=ZZ</a>\r\n", "quoted-printable"),
    "inline pgp": (b"Content-Type: text/plain\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nabc\r\n"
                   b"-----END PGP MESSAGE-----\r\n", "PGP"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_cannot_be_taken_apart_goes_out_as_it_came_with_the_reason(tracked, sink, name):
    rest, why = HOSTILE[name]
    message = HEAD.encode() + b"List-Id: <news.example.org>\r\n" + rest
    tracked.submit(message=message)
    arrived = sink.wait_for_message()
    assert stored_part(arrived.data) == message
    assert all(verified(tracked, arrived.data))
    event = tracked.wait_for_event("operational", what="not_tracked")
    assert event["detail"].startswith("not tracked: ") and re.search(why, event["detail"]), event
    assert event["message"] == tracked.events(type="accepted")[0]["message"]


def test_a_header_beyond_a_mebibyte_is_refused_where_the_operator_says_so(start_relay, sink):
    relay = start_relay("--set", "limits.header_bytes_max=1048576", routes=[f"*={sink.route}"])
    long = HEAD.encode() + b"X-Long:" + (b" " + b"x" * 900 + b"\r\n") * 2000 + b"\r\nhi\r\n"
    with pytest.raises(smtplib.SMTPDataError, match="the header may have 1048576 bytes") as refused:
        relay.submit(message=long)
    assert refused.value.smtp_code == 552
    relay.submit(message=mail())
    sink.wait_for_message()


def test_a_report_about_a_mail_with_a_long_header_is_short(start_relay, sink):
    relay = start_relay(routes=[f"example.net={sink.route}", f"example.org={sink.route}"])
    relay.cli("account", "change", "sandbox", "--dsn", "failure")
    sink.answer("RCPT", ["550 5.1.1 nobody", "250 ok"])
    relay.submit(message=HEAD.encode() + b"X-Long:" + (b" " + b"x" * 900 + b"\r\n") * 5000 + b"\r\nhi\r\n")
    report = sink.wait_for_message()
    assert b"Subject: news" in report.data and len(report.data) < 100_000


def test_more_links_than_the_limit(tracked, sink):
    page = "".join(f"<a href=\"https://x.example/{i}\">{i}</a>\r\n" for i in range(2500))
    tracked.submit(message=mail(page=page))
    assert len(tokens_in(sink.wait_for_message().data)) == 2001
    assert "500 links" in tracked.wait_for_event("operational", what="not_tracked")["detail"]


def test_settings_of_an_account_are_checked(tracked):
    for option, value, why in [("--tracking-host", "ftp://x", "tracking host"), ("--privacy", "some", "privacy"),
                               ("--track-bulk", "yes", "off, opens, clicks, both"),
                               ("--url-tags", "utm_source", "NAME=VALUE"), ("--keep-hosts", "a/b", "hosts")]:
        done = tracked.cli("account", "change", "sandbox", option, value, check=False)
        assert done.returncode != 0 and why in done.stderr, (option, done)


@needs_corpus
def test_mails_of_the_corpus_come_through(start_relay):
    """Each is sent as ours; what arrives is what was sent, but for links and pixel."""
    sink = Sink()
    relay = start_relay(routes=[f"*={sink.route}"])
    set_up(relay)
    sent, refused = {}, 0
    with relay.client() as client:
        for number, path in enumerate(sorted((CORPUS / "mime").iterdir())):
            raw = re.sub(rb"\r*\n", b"\r\n", path.read_bytes())
            head, _, body = raw.partition(b"\r\n\r\n")
            keep = re.findall(rb"(?mi)^((?:content-|mime-)[^\r\n]*(?:\r\n[ \t][^\r\n]*)*)\r?$", head)
            message = (HEAD.replace("MIME-Version: 1.0\r\n", "") + "List-Id: <a.b>\r\n").encode()
            message += b"".join(field + b"\r\n" for field in keep) + b"\r\n" + body
            if not message.endswith(b"\r\n"):
                message += b"\r\n"
            try:
                client.sendmail("shop@example.org", f"m{number}@example.net", message, ["BODY=8BITMIME"])
                sent[f"m{number}@example.net"] = (path.name, message)
            except smtplib.SMTPResponseException:
                client.rset()
                refused += 1  # by the rules of submission: bare line ends, bytes in the header
    assert len(sent) > 150, refused
    relay.wait_for_events("delivered", len(sent))
    rewritten = 0
    for arrived in sink.messages:
        name, message = sent[arrived.recipients[0]]
        data = stored_part(arrived.data)
        tokens = URL.findall(re.sub(rb"=\r\n", b"", data))
        old, new = rewriting.leaves(message), rewriting.leaves(data)
        assert all(verified(relay, arrived.data)), name
        if data != message:
            rewritten += 1
            assert [p.get_content_type() for p in new] == [p.get_content_type() for p in old], name
            for a, b in zip(old, new, strict=True):
                if a.get_content_type() != "text/html":
                    assert a.as_bytes() == b.as_bytes(), name
        else:
            assert not tokens
    assert rewritten > 10
    sink.close()
