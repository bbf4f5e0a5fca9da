"""Pages and mails of others through the whole relay: what arrives is what was sent but for links and pixel, each link leads
through the relay to where it led, and a foreign verifier accepts the signatures. And mails at the limits."""
import base64
import email.message
import email.policy

import pytest

import rewriting
from bulk import bulk_templates
from links import Reader
from test_rewrite import CORPUS, needs_corpus
from test_tracking import BASE, HEAD, URL, mail, page_in, set_up, stored_part, tokens_in, tracked, verified  # noqa: F401

ENCODINGS = ["quoted-printable", "base64", "8bit"]


def wrapped(page, encoding):
    """A page as bulk mail; long lines make the package choose what they need."""
    message = email.message.EmailMessage(policy=email.policy.SMTP.clone(max_line_length=900))
    for name, value in [("From", "Shop <shop@example.org>"), ("To", "ann@example.net"), ("Subject", "news"),
                        ("List-Id", "<news.example.org>"), ("Date", "Tue, 24 Nov 2026 05:52:12 +0000"),
                        ("Message-ID", "<1@example.org>")]:
        message[name] = value
    message.set_content("https://shop.example/plain\n")
    message.add_alternative(page.replace("\r\n", "\n"), subtype="html", charset="utf-8", cte=encoding)
    message.add_attachment(b"<a href='https://shop.example/'>", maintype="text", subtype="html", filename="a.html")
    return message.as_bytes()


def encoding_for(page, number):
    is_long = max(map(len, page.encode().splitlines()), default=0) > 900
    return ENCODINGS[number % (2 if is_long else 3)]


def send_all(relay, pages):
    """Each page to a recipient of its own; {recipient: (name, message)}."""
    sent = {}
    with relay.client() as client:
        for number, (name, page) in enumerate(sorted(pages.items())):
            message = wrapped(page, encoding_for(page, number))
            client.sendmail("shop@example.org", f"p{number}@example.net", message, ["BODY=8BITMIME"])
            sent[f"p{number}@example.net"] = (name, message)
    return sent


def check_arrived(relay, sink, sent):
    """Compares what arrived with what was sent; how many links were followed."""
    sink.wait_for_messages(len(sent))
    reader, followed = Reader(relay), 0
    for arrived in sink.messages:
        name, message = sent[arrived.recipients[0]]
        data = stored_part(arrived.data)
        assert all(verified(relay, arrived.data)), name
        old, new = rewriting.leaves(message), rewriting.leaves(data)
        assert [part.items() for part in new] == [part.items() for part in old], name
        assert [p.as_bytes() for p in new[::2]] == [p.as_bytes() for p in old[::2]], name  # plain text, attachment
        before, page = page_in(message), page_in(data)
        assert rewriting.stands_in(page.replace(b"\r\n", b"\n"), before.replace(b"\r\n", b"\n")), name
        assert rewriting.skeleton(page) == rewriting.skeleton(before), name
        for was, link in zip(rewriting.links(before), rewriting.links(page), strict=True):
            is_tracked = URL.fullmatch(link.encode())
            assert bool(is_tracked) == was.strip().lower().startswith(("http://", "https://")), (name, was)
            if is_tracked:
                status, headers, _ = reader.get(link.removeprefix(BASE.decode()))
                assert (status, headers.get("Location")) in ((302, rewriting.opened(was)), (404, None)), (name, was)
                assert status == 302 or was.strip() in ("http://", "https://"), (name, was)
                followed += 1
    reader.close()
    return followed


@needs_corpus
def test_pages_of_the_corpus_come_through(tracked, sink):  # noqa: F811
    pages = {path.name: rewriting.text_of(path.read_bytes()) for path in sorted((CORPUS / "html").iterdir())}
    assert check_arrived(tracked, sink, send_all(tracked, pages)) > 60
    assert not tracked.events(type="operational", what="not_tracked")


def test_bulk_templates_come_through(tracked, sink):  # noqa: F811
    followed = check_arrived(tracked, sink, send_all(tracked, bulk_templates()))
    assert followed > 30
    assert len(tracked.wait_for_events("clicked", followed)) == followed


def test_a_mail_with_10_000_links(tracked, sink):  # noqa: F811
    """2,000 of them are tracked, the rest stands as it came; one event says so."""
    page = "".join(f"<p><a href=\"https://x.example/{i}?a=1&amp;b=2\">{i}</a></p>\r\n" for i in range(10_000))
    tracked.submit(message=mail("quoted-printable", page=page))
    arrived = sink.wait_for_message()
    found = rewriting.links(page_in(arrived.data))
    assert len(found) == 10_000
    assert all(URL.fullmatch(link.encode()) for link in found[:2000])
    assert found[2000:] == [f"https://x.example/{i}?a=1&b=2" for i in range(2000, 10_000)]
    assert all(verified(tracked, arrived.data))
    [event] = tracked.events(type="operational", what="not_tracked")
    assert "8000 links" in event["detail"]
    reader = Reader(tracked)
    for number in (0, 1, 999, 1999):
        assert reader.get(found[number].removeprefix(BASE.decode()))[1]["Location"] == f"https://x.example/{number}?a=1&b=2"
    reader.close()


@pytest.mark.parametrize("where", ["page", "attachment"])
def test_a_mail_of_20_mb(tracked, sink, where):  # noqa: F811
    lines = b"A" * 76 + b"\r\n"
    filler = "<p>" + "wide " * 200 + "</p>\r\n"
    page = "<a href=\"https://x.example/first\">1</a>\r\n" + (filler * 14_000 if where == "page" else "") \
        + "<a href=\"https://x.example/last\">2</a></body>"
    attached = lines * (250_000 if where == "attachment" else 1)
    body = base64.encodebytes(page.encode()).replace(b"\n", b"\r\n")
    message = (HEAD + "List-Id: <a.b>\r\nContent-Type: multipart/mixed; boundary=\"=_b\"\r\n\r\n--=_b\r\n"
               "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n").encode() + body + (
        b"\r\n--=_b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n" + attached + b"\r\n--=_b--\r\n")
    assert 19e6 < len(message) < 21e6
    tracked.submit(message=message)
    arrived = sink.wait_for_message()
    assert [kind for kind, _ in tokens_in(arrived.data)] == [b"c", b"c", b"o"]
    plain = rewriting.PIXEL.sub(b"", page_in(arrived.data))
    assert URL.sub(b"URL", plain) == page.replace("https://x.example/first", "URL").replace(
        "https://x.example/last", "URL").encode()
    assert rewriting.leaves(arrived.data)[1].get_payload().encode() == attached
    assert all(verified(tracked, arrived.data))


def test_parts_with_headers_beyond_1_mb_go_out_as_they_came(tracked, sink):  # noqa: F811
    long_header = "".join(f"X-Line-{i}: {'x' * 900}\r\n" for i in range(1200))
    message = (HEAD + "List-Id: <a.b>\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + long_header
               + "Content-Type: text/html\r\n\r\n<a href=\"https://x.example/\">x</a>\r\n--b--\r\n").encode()
    tracked.submit(message=message)
    arrived = sink.wait_for_message()
    assert stored_part(arrived.data) == message
    assert all(verified(tracked, arrived.data))
    event = tracked.wait_for_event("operational", what="not_tracked")
    assert event["detail"].startswith("not tracked: ") and "header" in event["detail"], event
