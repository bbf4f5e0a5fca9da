"""How readers of bulk mail leave, where its sender gave it no way out: by one click and by mail."""
import concurrent.futures
import json
import re
import smtplib
import subprocess

import pytest

from links import Reader
from relay import BINARY
from reports import send_back
from test_first_start import Serve
from test_suppression import bulk, wait_until_suppressed
from test_tracking import mail, tokens_in, verified
from waiting import LIMIT_S, wait_for

HOST = "https://t.example"
RETURN_PATHS = "rp.example"
FIELD = re.compile(rf"<{HOST}(/u/[A-Za-z0-9_-]{{39}})>,\s+<mailto:(unsubscribe\+[a-z2-7]{{28}}@{RETURN_PATHS})>")


@pytest.fixture
def relay(start_relay, sink):
    relay = start_relay("--set", f"return_path_domain={RETURN_PATHS}", routes=[f"*={sink.route}"])
    relay.cli("account", "change", "sandbox", "--tracking-host", HOST)
    return relay


def ways_out(message):
    """(path of the page, mailbox) that a receiver finds in its copy."""
    found = FIELD.fullmatch(message["List-Unsubscribe"])
    assert found, message["List-Unsubscribe"]
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    return found.groups()


def signed_fields(message):
    """h= of each signature."""
    heads = re.findall(rb"(?ms)^DKIM-Signature:.*?(?=^\S)", message.data.partition(b"\r\n\r\n")[0] + b"\r\nX")
    return [re.sub(rb"\s", b"", re.search(rb"\bh=([^;]*)", head)[1]).decode().split(":") for head in heads]


def leaves_bulk_and_nothing_else(relay, sink, to):
    event, = relay.events(type="unsubscribed")
    assert (event["to"], event["stream"], event["from_domain"]) == (to, "bulk", "example.org")
    wait_until_suppressed(relay, to, "unsubscribe")
    before = len(sink.messages)
    relay.submit(to=to, message=bulk(to))
    assert relay.wait_for_event("suppressed")["detail"].startswith("unsubscribe of bulk since")
    relay.submit(to=to, subject="password reset")
    arrived = sink.wait_for_message(before + 1)
    assert arrived["Subject"] == "password reset" and arrived["List-Unsubscribe"] is None
    assert len(sink.messages) == before + 1


def test_one_click_of_a_signed_field_ends_bulk_mail_and_nothing_else(relay, sink):
    relay.submit(message=b"X-MJ-CustomID: letter-7\r\n" + bulk())
    arrived = sink.wait_for_message()
    path, _ = ways_out(arrived)
    assert len(signed_fields(arrived)) == 2
    assert all({"List-Unsubscribe", "List-Unsubscribe-Post"} <= set(names) for names in signed_fields(arrived))
    assert verified(relay, arrived.data) == [True, True]
    status, _, page = Reader(relay).get(path)
    assert status == 200 and b"example.org" in page and not relay.events(type="unsubscribed")
    assert Reader(relay).ask("POST", path, body="List-Unsubscribe=One-Click")[0] == 200
    assert relay.events(type="unsubscribed")[0]["custom_id"] == "letter-7"
    leaves_bulk_and_nothing_else(relay, sink, "ann@example.net")


def test_a_mail_to_the_mailbox_does_so_too(relay, sink):
    relay.submit(message=bulk())
    relay.wait_for_event("delivered")
    _, mailbox = ways_out(sink.wait_for_message())
    assert send_back(relay, mailbox, b"Subject: unsubscribe\r\n\r\n", "ann@example.net")[0] == 250
    leaves_bulk_and_nothing_else(relay, sink, "ann@example.net")


@pytest.mark.parametrize("own_return_paths", ["on", "off"])
def test_each_recipient_leaves_for_itself(relay, sink, own_return_paths):
    relay.cli("account", "change", "sandbox", "--own-return-paths", own_return_paths)
    recipients = [f"r{i}@example.net" for i in range(3)]
    relay.submit(to=recipients, message=bulk())
    arrived = sink.wait_for_messages(3)
    assert all(len(m.recipients) == 1 for m in arrived)
    assert len({way for m in arrived for way in ways_out(m)}) == 6
    path, _ = ways_out(sink.to("r1@example.net")[0])
    relay.wait_for_events("delivered", 3)
    assert Reader(relay).ask("POST", path, body="List-Unsubscribe=One-Click")[0] == 200
    _, mailbox = ways_out(sink.to("r2@example.net")[0])
    assert send_back(relay, mailbox, b"\r\n")[0] == 250
    assert [e["to"] for e in relay.events(type="unsubscribed")] == ["r1@example.net", "r2@example.net"]


def test_tracked_mail_has_it_too_and_the_second_attempt_the_same(relay, sink):
    """The first is made from memory, the second from what was stored."""
    sink.answer("END", ["451 4.3.0 taken, and not kept"])
    relay.submit(message=mail())
    relay.wait_for_event("deferred")
    relay.kill()
    sink.answer("END", ["250 ok"])
    relay.start()
    relay.advance("20m")
    arrived = sink.wait_for_message()
    refused, = sink.refused
    assert f"{HOST}/c/".encode() in arrived.data.replace(b"=\r\n", b"")
    assert ways_out(arrived) == ways_out(refused)
    assert verified(relay, arrived.data) == [True, True]


@pytest.mark.parametrize("own", [
    "List-Unsubscribe: <mailto:leave@example.org>\r\n",
    "List-Unsubscribe: <https://example.org/u?7>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"])
def test_a_field_of_the_senders_own_is_left_alone(relay, sink, own):
    relay.submit(message=own.encode() + bulk())
    arrived = sink.wait_for_message()
    assert own.encode() in arrived.data
    assert arrived.data.lower().count(b"\nlist-unsubscribe") == own.count("\r\n")


def test_only_what_is_there_is_offered(start_relay, sink):
    """A host without a name for return paths, and an account without a host for its links."""
    relay = start_relay(routes=[f"*={sink.route}"])
    relay.submit(message=bulk())
    assert "List-Unsubscribe" not in sink.wait_for_message().message
    relay.cli("account", "change", "sandbox", "--tracking-host", HOST)
    relay.submit(message=bulk())
    assert re.fullmatch(rf"<{HOST}/u/[^>]+>", sink.wait_for_messages(2)[1]["List-Unsubscribe"])


@pytest.mark.parametrize("public", [[], ["links.example"]])
def test_a_page_is_offered_where_somebody_answers_it(tmp_path, sink, public):
    """Here nobody does; links.public says that somebody else may."""
    serve = Serve(tmp_path / "data", tmp_path / "log", "--set", "listener.smtp.auth_in_clear=true",
                  "--set", f"links.public={public}",
                  "--set", f"route=[{{domain='*', host='127.0.0.1', port={sink.port}}}]")
    try:
        subprocess.run([BINARY, "--data", tmp_path / "data", "account", "change", "default", "--tracking-host", HOST],
                       check=True, timeout=LIMIT_S)
        port, = re.findall(r"smtp +127\.0\.0\.1:(\d+)", serve.banner)
        with smtplib.SMTP("127.0.0.1", int(port), timeout=LIMIT_S) as client:
            client.login(*re.findall(r"SMTP (?:user|password) +(\S+)", serve.banner))
            client.sendmail("hello@postrider.test", "ann@example.net", bulk().replace(b"example.org", b"postrider.test"))
        arrived = sink.wait_for_message()
        assert bool(arrived["List-Unsubscribe"]) == bool(public)
    finally:
        serve.stop()


def test_nobody_else_leaves_by_a_token_that_was_changed(relay, sink):
    relay.submit(message=bulk())
    path, mailbox = ways_out(sink.wait_for_message())
    relay.wait_for_event("delivered")
    changed = path[:10] + ("A" if path[10] != "A" else "B") + path[11:]
    assert Reader(relay).ask("POST", changed, body="List-Unsubscribe=One-Click")[0] == 404
    local, _, domain = mailbox.partition("@")
    forged = local[:-5] + ("a" if local[-5] != "a" else "b") + local[-4:]
    assert send_back(relay, f"{forged}@{domain}", b"\r\n")[0] == 550
    assert not relay.events(type="unsubscribed")


def choices(page):
    """The values of the page's radio buttons, and what each says."""
    return dict(re.findall(r'<label><input type="radio" name="scope" value="(\w+)"(?: checked)?>\s*(.*?)</label>',
                           page.decode(), re.DOTALL))


def post(relay, path, body="List-Unsubscribe=One-Click"):
    status, _, page = Reader(relay).ask("POST", path, body=body)
    assert status == 200
    return page


def test_asked_again_nothing_is_told_again(relay, sink):
    relay.submit(message=bulk())
    path, _ = ways_out(sink.wait_for_message())
    for _ in range(3):
        post(relay, path)
    wait_until_suppressed(relay, "ann@example.net", "unsubscribe")
    for _ in range(3):
        assert b"You are unsubscribed" in post(relay, path)
    assert len(relay.events(type="unsubscribed")) == 1


def test_of_many_at_the_same_moment_one_is_told(relay, sink):
    relay.submit(message=bulk())
    path, _ = ways_out(sink.wait_for_message())
    relay.wait_for_event("delivered")
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        pages = list(pool.map(lambda _: post(relay, path), range(48)))
    assert all(b"You are unsubscribed" in page for page in pages)
    assert len(relay.events(type="unsubscribed")) == 1


def test_who_has_come_back_can_leave_again_by_the_same_link(relay, sink):
    relay.submit(message=bulk())
    path, _ = ways_out(sink.wait_for_message())
    post(relay, path)
    wait_until_suppressed(relay, "ann@example.net", "unsubscribe")
    relay.cli("suppression", "remove", "ann@example.net")
    relay.advance("1m")
    post(relay, path)
    relay.wait_for_events("unsubscribed", 2)
    wait_until_suppressed(relay, "ann@example.net", "unsubscribe")


def test_a_reader_chooses_between_this_kind_of_mail_and_everything(relay, sink):
    relay.submit(message=bulk())
    path, _ = ways_out(sink.wait_for_message())
    page = Reader(relay).get(path)[2]
    assert list(choices(page)) == ["stream", "all"] and "example.org" in choices(page)["all"]
    assert b"<legend>" in page and not relay.events(type="unsubscribed")

    post(relay, path, "List-Unsubscribe=One-Click&scope=stream")
    page = Reader(relay).get(path)[2]
    assert list(choices(page)) == ["all"], "the other they have left"
    assert "scope" not in relay.wait_for_event("unsubscribed")
    relay.submit(subject="password reset")
    assert sink.wait_for_messages(2)[1]["Subject"] == "password reset"

    assert b"no more mail from" in post(relay, path, "List-Unsubscribe=One-Click&scope=all")
    assert choices(Reader(relay).get(path)[2]) == {}
    assert b"no more mail from" in post(relay, path), "there is nothing left to leave"
    _, event = relay.wait_for_events("unsubscribed", 2)
    assert (event["scope"], event["stream"]) == ("all", "bulk")
    wait_for("everything to be suppressed", lambda: json.loads(relay.cli(
        "suppression", "list", "--json"))["suppressions"][-1].get("stream", "") == "")
    relay.submit(subject="password reset")
    assert relay.wait_for_event("suppressed")["detail"].startswith("unsubscribe since")


def test_a_reader_refuses_to_be_tracked_on_the_same_page(relay, sink):
    relay.submit(to=["ann@example.net", "bob@example.net"], message=mail())
    sink.wait_for_messages(2)
    path, _ = ways_out(sink.to("ann@example.net")[0])
    page = Reader(relay).get(path)[2].decode()
    assert page.count("<form method=\"post\">") == 2 and page.count("<legend>") == 2
    assert 'name="tracking" value="refuse"' in page and "Do not track me" in page
    assert Reader(relay).get(path + "?tracking=refuse")[0] == 200 and not relay.events(what="tracking_refused")

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        pages = list(pool.map(lambda _: post(relay, path, "tracking=refuse"), range(8)))
    assert all(b"does not tell whether you open it" in page for page in pages)
    event, = relay.events(what="tracking_refused")
    assert (event["type"], event["to"], event["from_domain"]) == ("operational", "ann@example.net", "example.org")
    assert event["recipient"] == relay.events(type="accepted", to="ann@example.net")[0]["recipient"]
    assert not relay.events(type="unsubscribed"), "they still want the mail"
    page = Reader(relay).get(path, Accept_Language="de")[2].decode()
    assert 'name="tracking"' not in page and "zeigen nicht mehr" in page and 'value="all"' in page

    shown = json.loads(relay.cli("tracking", "show", "ann@example.net", "--json"))
    assert shown["level"] == "off" and [one["list"] for one in shown["refusals"]] == ["sandbox"]
    relay.submit(to=["ann@example.net", "bob@example.net"], message=mail())
    sink.wait_for_messages(4)
    tokens = {to: {kind for kind, _ in tokens_in(sink.to(to)[1].data)} for to in ("ann@example.net", "bob@example.net")}
    assert tokens == {"ann@example.net": set(), "bob@example.net": {b"c", b"o"}}
    relay.cli("tracking", "allow", "ann@example.net")
    assert b'name="tracking"' in Reader(relay).get(path)[2]


def test_who_is_tracked_by_nobody_is_offered_nothing_to_refuse(relay, sink):
    relay.cli("account", "change", "sandbox", "--privacy", "off")
    relay.submit(message=bulk())
    path, _ = ways_out(sink.wait_for_message())
    assert b"tracking" not in Reader(relay).get(path)[2]
    assert Reader(relay).ask("POST", path, body="tracking=refused")[0] == 400
