"""One person's data: exported, and erased so that no file of the data directory names them any more."""
import base64
import json
import urllib.parse

import pytest

from links import Reader
from receiver import Receiver
from reports import arf, dsn, head_of, send_back
from searching import search, wait_until_indexed
from test_readers import statistics
from test_suppression import wait_until_suppressed, why
from test_tracking import URL, page_in
from waiting import wait_for

ANN, BOB = "Ann.Secret@example.net", "bob@example.net"
RETURN_PATHS = "rp.example"
OPTIONS = ("--set", "webhook.allow_networks=['127.0.0.0/8']", "--set", "spool.compress=false",
           "--set", "retention.messages='2d'", "--set", f"return_path_domain={RETURN_PATHS}")


def encodings_of(address):
    """As it may lie in a file: in lower case, then in base64 wherever in a line it began."""
    plain = address.lower()
    local, _, domain = plain.partition("@")
    yield plain.encode()
    yield urllib.parse.quote(plain, safe="").lower().encode()
    yield f"{local}={domain}".encode()
    yield f"{local}=40{domain}".encode()
    yield f"{local}\\u0040{domain}".encode()
    yield f"{local}&#64;{domain}".encode()
    yield f"{local}&#x40;{domain}".encode()
    for spelt in (address, plain):
        for shift in range(3):
            encoded = base64.b64encode(b"x" * shift + spelt.encode())
            yield encoded[(4 if shift else 0):].rstrip(b"=")[:-2]


def files_that_name(relay, address):
    wanted = list(encodings_of(address))
    found = {}
    for path in sorted(relay.data.rglob("*")):
        if path.is_file():
            held = path.read_bytes()
            forms = [form for form in wanted if form in held or form in held.lower()]
            if forms:
                found[str(path.relative_to(relay.data))] = forms
    return found


def newsletter(to, **fields):
    head = {"From": "Shop <shop@example.org>", "To": to, "Subject": f"News for {to}",
            "List-Id": "<news.example.org>", "X-Mailjet-Campaign": "birthday",
            "X-MJ-CustomID": f"customer {to}", "X-MJ-EventPayload": base64.b64encode(to.encode()).decode(),
            "MIME-Version": "1.0", "Content-Type": "text/html; charset=utf-8", **fields}
    link = f"https://shop.example/offers?for={urllib.parse.quote(to)}"
    page = f'<html><body><p>Dear {to}</p><a href="{link}">Offers</a></body></html>\r\n'
    return ("".join(f"{name}: {value}\r\n" for name, value in head.items()) + "\r\n" + page).encode()


class Echo(Receiver):
    """Takes nothing, and repeats what it was sent."""

    def __init__(self):
        super().__init__()
        self.behave = self.echo

    @staticmethod
    def echo(request, handler):
        said = b'{"echo": "' + (ANN.encode() if ANN.encode() in request.body else b"") + b'"}'
        handler.send_response(500)
        handler.send_header("Content-Length", str(len(said)))
        handler.end_headers()
        handler.wfile.write(said)
        return None


@pytest.fixture
def echo():
    receiver = Echo()
    yield receiver
    receiver.close()


@pytest.fixture
def relay(start_relay, sink):
    relay = start_relay(*OPTIONS, routes=[f"*={sink.route}"])
    relay.cli("account", "change", "sandbox", "--tracking-host", "https://t.example", "--privacy", "full")
    return relay


def paths_in(message):
    links = dict.fromkeys((kind.decode(), token.decode()) for kind, token in URL.findall(page_in(message.data)))
    return {kind: f"/{kind}/{token}" for kind, token in links}




def live_through_everything(relay, sink, echo):
    """What can be told of somebody, told of Ann."""
    relay.cli("webhook", "add", f"http://127.0.0.1:{echo.port}/hook")
    relay.submit(to=ANN, message=newsletter(ANN))
    arrived = sink.wait_for_message()
    relay.wait_for_event("delivered")
    reader, paths = Reader(relay), paths_in(arrived)
    reader.get(paths["o"])
    reader.get(paths["c"])
    relay.wait_for_event("opened", to=ANN)
    assert urllib.parse.quote(ANN) in relay.wait_for_event("clicked", to=ANN)["url"]
    assert send_back(relay, f"fbl@{RETURN_PATHS}", arf(head_of(arrived), recipient=ANN))[0] == 250
    relay.wait_for_event("complained", to=ANN)
    wait_until_suppressed(relay, ANN, "complaint")
    relay.cli("suppression", "remove", ANN, "--account", "sandbox")
    relay.advance("1m")

    relay.submit(to=ANN, subject="order 18")
    arrived = sink.wait_for_message(2)
    relay.wait_for_events("delivered", 2)
    assert send_back(relay, arrived.sender, dsn(ANN, head_of(arrived)))[0] == 250
    assert ANN in relay.wait_for_event("bounced", to=ANN)["reply"]
    wait_until_suppressed(relay, ANN, "hard_bounce")
    relay.cli("suppression", "remove", ANN, "--account", "sandbox")
    relay.advance("1m")

    forwarded = base64.encodebytes(f"Please help, I am {ANN}\r\n".encode()).decode().replace("\n", "\r\n")
    note = ("From: somebody@example.net\r\nSubject: help\r\nMIME-Version: 1.0\r\n"
            f"Content-Transfer-Encoding: base64\r\n\r\n{forwarded}").encode()
    assert send_back(relay, f"postmaster@{RETURN_PATHS}", note, "somebody@example.net")[0] == 250

    sink.answer_recipient(ANN, [f"451 4.2.1 <{ANN}>: mailbox is busy"])
    sink.answer_recipient(BOB, [f"451 4.2.1 ask {ANN}", "250 ok"])
    relay.submit(to=[ANN, BOB], subject="to both", message=(
        f"From: shop@example.org\r\nTo: undisclosed:;\r\nSubject: to both\r\n\r\nhello\r\n").encode())
    relay.submit(to=ANN, subject="to her alone")
    relay.wait_for_events("deferred", 3)
    sink.answer_recipient(BOB, ["250 ok"])

    sink.answer_recipient(ANN, [f"550 5.1.1 <{ANN}>: user unknown"])
    relay.submit(to=ANN, subject="too late")
    relay.wait_for_event("failed", to=ANN)
    wait_until_suppressed(relay, ANN, "hard_bounce")
    sink.answer_recipient(ANN, ["250 ok"])
    wait_for("a request in the webhook's log", lambda: ANN in relay.cli("webhook", "log", "1", "--json"))
    wait_until_indexed(relay)


def still_stands(relay, before):
    after = statistics(relay)
    for name in ("accepted", "delivered", "deferred", "failed", "bounced", "complained", "opened", "clicked"):
        assert after[name] == before[name], name


def is_erased(relay):
    assert files_that_name(relay, ANN) == {}
    assert not [e for e in relay.events() if ANN.lower() in json.dumps(e).lower()]
    told, = relay.events(type="operational", what="personal_data_erased")
    assert search(relay, "--recipient", ANN)["messages"] == []
    return told


def test_an_erasure_leaves_no_trace_in_any_file(relay, sink, echo):
    live_through_everything(relay, sink, echo)
    before = statistics(relay)
    named = files_that_name(relay, ANN)
    assert any(name.startswith("spool/") for name in named), named
    assert any(name.startswith("mail/postmaster/") for name in named), named
    message = relay.events(type="accepted")[0]["message"]
    assert "Dear" in relay.cli("message", "show", str(message), "--body")

    report = json.loads(relay.cli("privacy", "erase", ANN.lower(), "--json"))
    assert report["cancelled"] == 2 and report["recipients"] == 5 and report["mail_files"] == 1
    assert report["suppressions"] and report["webhook_requests"] and report["link_records"]
    assert report["kept_messages"] == 4, "all but the one to both, whose content does not name her"
    told = is_erased(relay)
    assert report["hash"] in told["detail"]
    still_stands(relay, before)
    opened, = relay.events(type="opened")
    assert not {"to", "address", "user_agent"} & set(opened) and opened["recipient"]
    cancelled = [e for e in relay.events(type="suppressed") if "cancelled" in e["detail"]]
    assert len(cancelled) == 2 and not any("to" in e for e in cancelled)

    # Nobody mails her again, and the others get theirs.
    standing, _ = why(relay, ANN)["sandbox"]
    assert standing == ["hard_bounce"]
    relay.advance("2m")
    assert sink.wait_for_message(3).recipients == [BOB]
    assert json.loads(relay.cli("queue", "--json"))["scheduled"] == 0
    relay.submit(to=ANN, subject="again")
    assert relay.wait_for_event("suppressed", to=ANN)["detail"].startswith("hard_bounce since")
    assert not sink.to(ANN)[2:]


def multipart(to, *parts):
    """A mail with parts as they are encoded: (transfer encoding, body)."""
    bodies = "".join(f"--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
                     f"{body}\r\n" for encoding, body in parts)
    return (f"From: shop@example.org\r\nTo: {to}\r\nSubject: =?utf-8?q?about_Ann.Secret=40example.net?=\r\n"
            "X-MJ-EventPayload: {\"of\": \"ann.secret\\u0040example.net\"}\r\nX-MJ-CustomID: ann.secret&#64;example.net\r\n"
            "X-Reference: <Ann.Secret=example.net@lists.example>\r\n"
            f"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n{bodies}--b--\r\n").encode()


def test_an_erasure_finds_every_spelling(relay, sink, echo):
    """In mail to herself in another case, and in mail to another that names her in each way there is."""
    encoded = base64.encodebytes(b"x" * 50 + b" Please ask " + ANN.encode() + b" for it\n").decode().replace("\n", "\r\n")
    quoted = "Please ask Ann.Sec=\r\nret=40example.net for it, or ann.secret&#x40;example.net"
    message = multipart(BOB, ("base64", encoded), ("quoted-printable", quoted), ("7bit", "ANN.SECRET@EXAMPLE.NET"))
    sink.answer_recipient(BOB, [f"550 5.1.1 ask {ANN.upper()}; {base64.b64encode(ANN.encode()).decode()}"])
    relay.submit(to=ANN.upper(), subject=f"for {ANN.upper()}")
    relay.wait_for_event("delivered")
    relay.submit(to=BOB, message=message)
    relay.wait_for_event("failed", to=BOB)
    wait_until_indexed(relay)
    relay.stop()  # what was in memory only is in tables and logs of the database now
    relay.start()
    named = files_that_name(relay, ANN)
    forms = {form for found in named.values() for form in found}
    for spelt in (b"\\u0040", b"&#64;", b"secret=40", b"ann.secret@example.net"):
        assert any(spelt in form for form in forms), (spelt, forms)
    relay.cli("privacy", "erase", ANN)
    is_erased(relay)
    failed, = relay.events(type="failed")
    assert failed["to"] == BOB and failed["reply"] == "[erased]" and failed["category"] == "no-such-mailbox"
    assert relay.cli("message", "show", str(failed["message"]), "--body", check=False).returncode == 3


def test_what_waits_for_others_outlives_a_restart_without_her(relay, sink, echo):
    sink.answer("RCPT", ["451 4.2.1 later"])
    relay.submit(to=[ANN, BOB], message=b"From: shop@example.org\r\nSubject: to both\r\n\r\nhello\r\n")
    relay.wait_for_events("deferred", 2)
    relay.cli("privacy", "erase", ANN)
    relay.stop()
    assert files_that_name(relay, ANN) == {}
    sink.answer("RCPT", ["250 ok"])
    relay.start()
    relay.advance("2h")
    assert sink.wait_for_message().recipients == [BOB]
    relay.wait_for_event("delivered", to=BOB)


def test_it_works_without_a_relay_and_sends_nothing(relay, sink, echo):
    live_through_everything(relay, sink, echo)
    before = statistics(relay)
    relay.stop()
    count = len(sink.messages)
    assert files_that_name(relay, ANN)
    report = json.loads(relay.cli("--set", "spool.compress=false", "privacy", "erase", ANN, "--json"))
    assert report["cancelled"] == 2 and report["recipients"] == 5
    is_erased(relay)
    assert len(sink.messages) == count
    relay.start()
    still_stands(relay, before)
    assert files_that_name(relay, ANN) == {}


def test_an_export_has_everything_of_one_person_and_nothing_of_another(relay, sink, echo):
    live_through_everything(relay, sink, echo)
    exported = json.loads(relay.cli("privacy", "export", ANN.lower()))
    types = {event["type"] for event in exported["events"]}
    assert types >= {"accepted", "delivered", "deferred", "failed", "bounced", "complained", "opened", "clicked"}
    assert len(exported["messages"]) == 5
    assert b"Dear" in base64.b64decode(exported["messages"][0]["content_base64"])
    assert not [e for e in exported["events"] if e.get("to") == BOB]
    changes = exported["suppressions"][0]["changes"]
    assert {change["reason"] for change in changes} >= {"complaint", "hard_bounce"}
    assert json.loads(relay.cli("privacy", "export", ANN, "--account", "sandbox")) == json.loads(
        relay.cli("privacy", "export", ANN))
    nobody = json.loads(relay.cli("privacy", "export", "nobody@example.net"))
    assert nobody["events"] == [] and nobody["suppressions"] == []


def test_bad_questions_are_answered_with_what_is_wrong(relay):
    for words, said in ((("erase", "ann"), "ann"), (("export", "ann@"), "address: there is no domain"),
                        (("erase", ANN, "--account", "nobody"), "there is no account 'nobody'")):
        done = relay.cli("privacy", *words, check=False)
        assert done.returncode and said in done.stderr
