"""Readers who open, click and unsubscribe; and everybody who tries to be led somewhere else."""
import json
import re
import socket

import pytest

from links import PAGE, Reader, track
from relay import ROOT, any_certificate
from waiting import LIMIT_S, wait_for

CORPUS = ROOT.parent / "shared" / "corpus"
if not CORPUS.exists():
    CORPUS = ROOT.parents[1] / "shared" / "corpus"
PAYLOADS = CORPUS / "more" / "payloads.jsonl"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@pytest.fixture(scope="module")
def mail(shared_relay, tmp_path_factory):
    return track(shared_relay, tmp_path_factory.mktemp("mail"), PAGE, "--campaign", "spring")


@pytest.fixture
def reader(shared_relay):
    reader = Reader(shared_relay)
    yield reader
    reader.close()


def test_a_click_leads_to_the_target_and_is_told(shared_relay, reader, mail):
    for number, link in enumerate(mail["links"], 1):
        status, headers, body = reader.get(link["path"])
        assert (status, headers["Location"], body) == (302, link["target"], b"")
        assert headers["Cache-Control"] == "no-store" and "Set-Cookie" not in headers
        event = shared_relay.wait_for_event("clicked", link=number)
        assert event["url"] == link["target"] and event["campaign"] == "spring"
        assert event["user_agent"].endswith("Firefox/128.0") and event["address"] == "127.0.0.0"
        assert "machine" not in event
    assert mail["links"][0]["target"] == "https://shop.example/offers?a=1&b=2#top"


def test_the_pixel_is_a_picture_that_nobody_keeps(shared_relay, reader, mail):
    status, headers, body = reader.get(mail["pixel"] + "?x=1")
    assert (status, headers["Content-Type"], headers["Cache-Control"]) == (200, "image/gif", "no-store")
    assert len(body) == 43 and body.startswith(b"GIF89a\x01\0\x01\0") and body.endswith(b";")
    assert shared_relay.wait_for_event("opened")["recipient"] > 0


def test_head_is_answered_as_get_and_counts_as_a_machine(shared_relay, reader, mail):
    link = mail["links"][0]
    status, headers, body = reader.ask("HEAD", link["path"], User_Agent="probe/1")
    assert (status, headers["Location"], body) == (302, link["target"], b"")
    event = shared_relay.wait_for_event("clicked", user_agent="probe/1")
    assert event["machine"] == "scanner" and event["confidence"] > 0
    status, headers, body = reader.ask("HEAD", mail["pixel"])
    assert (status, headers["Content-Length"], body) == (200, "43", b"")


def test_every_bit_of_a_thousand_tokens(shared_relay, tmp_path):
    """39 letters hold 29 bytes: flip each of their bits, and the two that must be zero."""
    page = "".join(f'<a href="https://shop.example/{i}">{i}</a>' for i in range(1000))
    links = track(shared_relay, tmp_path, page)["links"]
    assert len(links) == 1000
    requests, wanted = [], 0
    for number, link in enumerate(links):
        folder, token = link["path"][:3], link["path"][3:]
        # All of the first, then a few of each: 234 x 1,000 requests would take minutes.
        bits = range(234) if number < 20 else range(number % 39, 234, 39)
        for bit in bits:
            letter, place = divmod(bit, 6)
            changed = LETTERS[LETTERS.index(token[letter]) ^ (1 << place)]
            requests.append(f"{folder}{token[:letter]}{changed}{token[letter + 1:]}")
            wanted += 1
    statuses, locations = pipelined(shared_relay, requests)
    assert statuses == {"404": wanted} and not locations


def pipelined(relay, paths):
    """How often each status came, and every Location."""
    host, _, port = relay.ready["links"].rpartition(":")
    statuses, locations = {}, []
    for begin in range(0, len(paths), 100):
        some = paths[begin:begin + 100]
        with socket.create_connection((host, int(port)), LIMIT_S) as peer:
            peer.sendall("".join(f"GET {path} HTTP/1.1\r\nHost: t.example\r\nUser-Agent: bits\r\n"
                                 + ("Connection: close\r\n" if number == len(some) else "") + "\r\n"
                                 for number, path in enumerate(some, 1)).encode())
            answers = b""
            while more := peer.recv(65536):
                answers += more
        found = re.findall(rb"^HTTP/1\.1 (\d+) ", answers, re.MULTILINE)
        assert len(found) == len(some)
        for status in found:
            statuses[status.decode()] = statuses.get(status.decode(), 0) + 1
        locations += re.findall(rb"(?i)^location:.*$", answers, re.MULTILINE)
    return statuses, locations


def test_tokens_of_another_kind_account_or_relay_are_refused(shared_relay, start_relay, reader, mail, tmp_path):
    paths = {"/c/": mail["links"][0]["path"], "/o/": mail["pixel"], "/u/": mail["unsubscribe"]}
    for folder, path in paths.items():
        for other in {"/c/", "/o/", "/u/", "/a/"} - {folder}:
            assert reader.get(other + path[3:])[0] == 404
    for variant in (paths["/c/"].lower(), paths["/c/"][:-1], paths["/c/"] + "A", paths["/c/"] + "/",
                    paths["/c/"] + "%00", "/c/", "/c/" + "A" * 39, "//c/" + paths["/c/"][3:]):
        status, headers, body = reader.get(variant)
        assert status == 404 and "Location" not in headers and b"not known" in body, variant
    foreign = track(start_relay(), tmp_path)
    assert reader.get(foreign["links"][0]["path"])[0] == 404


def test_tokens_of_one_account_are_none_on_another_account_s_host(start_relay, sink):
    """Else a bad customer would borrow a good one's name."""
    relay = start_relay("--set", "links.public=['links.esp.example']", routes=[f"*={sink.route}"])
    relay.cli("account", "change", "sandbox", "--tracking-host", "https://links.bad.example")
    relay.cli("account", "add", "good")
    relay.cli("account", "change", "good", "--tracking-host", "https://Links.good.example:8443")
    relay.submit(message=bulk_page())
    paths = {kind: f"/{kind}/{token}" for kind, token in re.findall(
        r"https://links\.bad\.example/([cou])/([A-Za-z0-9_-]{39})", unwrapped(sink.wait_for_message().data))}
    assert set(paths) == {"c", "o", "u"}
    reader = Reader(relay)
    for host in ("links.good.example", "LINKS.good.example:443", "links.good.example."):
        for path in paths.values():
            status, headers, body = reader.get(path, Host=host)
            assert (status, "Location" in headers) == (404, False) and b"not known" in body, (host, path)
        assert reader.ask("POST", paths["u"], "List-Unsubscribe=One-Click", Host=host)[0] == 404
    assert not [e for e in relay.events() if e["type"] in ("opened", "clicked", "unsubscribed")]
    # Its own, one that is nobody's, the operator's.
    for host in ("links.bad.example", "links.bad.example.", "elsewhere.example", "links.esp.example"):
        assert reader.get(paths["c"], Host=host)[0] == 302, host
        assert reader.get(paths["o"], Host=host)[0] == reader.get(paths["u"], Host=host)[0] == 200, host
    # What was sent leads on, when its host has become another account's.
    relay.cli("account", "change", "sandbox", "--tracking-host", "https://new.bad.example")
    relay.cli("account", "change", "good", "--tracking-host", "https://links.bad.example")
    assert reader.get(paths["c"], Host="links.bad.example")[0] == 302
    # The operator's is so even where an account uses it, too.
    relay.cli("account", "change", "good", "--tracking-host", "https://links.esp.example")
    assert reader.get(paths["c"], Host="links.esp.example")[0] == 302


def bulk_page():
    return (b"From: Shop <shop@example.org>\r\nTo: ann@example.net\r\nSubject: news\r\nList-Id: <a.b>\r\n"
            b"MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n<a href=\"https://shop.example/\">x</a>\r\n")


def unwrapped(data):
    return data.replace(b"=\r\n", b"").decode()


@pytest.mark.skipif(not PAYLOADS.exists(), reason="the corpus is not beside the tree")
def test_no_payload_reaches_a_location(shared_relay, reader, mail, tmp_path):
    rows = [json.loads(line) for line in PAYLOADS.open()]
    payloads = [row["payload"] for row in rows if row["kind"] in ("redirect", "crlf")]
    assert len(payloads) > 100
    token, target = mail["links"][0]["path"], mail["links"][0]["target"]
    for payload in payloads:
        line = re.sub(r"[\x00-\x20\x7f]", lambda found: f"%{ord(found.group()):02X}", payload)
        line = line.encode("ascii", "ignore").decode()
        for path in ("/" + line, "/c/" + line, f"/c/{token[3:]}{line}", "/?url=" + line):
            status, headers, _ = reader.get(path)
            assert "Location" not in headers or headers["Location"] == target, payload
            assert status in (200, 302, 400, 404) and "Set-Cookie" not in headers, payload
        for path in (f"{token}?url={line}", f"{token}?{line}"):
            status, headers, _ = reader.get(path, Host=line.strip("/ ")[:200] or "x",
                                            X_Forwarded_Host="evil.example", Referer=line)
            assert (status, headers.get("Location")) in ((302, target), (400, None)), payload


@pytest.mark.skipif(not PAYLOADS.exists(), reason="the corpus is not beside the tree")
def test_payloads_that_were_links_of_a_message_lead_where_a_browser_would_go(shared_relay, reader, tmp_path):
    rows = [json.loads(line) for line in PAYLOADS.open()]
    payloads = [row["payload"] for row in rows if row["kind"] in ("redirect", "crlf")]
    quoted = [payload.replace("&", "&amp;").replace('"', "&quot;") for payload in payloads]
    page = "<html><body>" + "\n".join(f'<a href="{payload}">x</a>' for payload in quoted) + "</body></html>"
    for link in track(shared_relay, tmp_path, page)["links"]:
        status, headers, _ = reader.get(link["path"])
        assert (status, headers["Location"]) == (302, link["target"])
        assert re.fullmatch(r"https?://[!-~]+", headers["Location"]), "plain ASCII without a line end"


def test_the_rest_of_the_host(reader):
    assert reader.get("/robots.txt")[2] == b"User-agent: *\nDisallow: /\n"
    status, headers, body = reader.get("/")
    assert status == 200 and b"<html lang=" in body
    for path in ("/nothing", "/.well-known/assetlinks.json", "/c", "/favicon.ico"):
        assert reader.get(path)[0] == 404
    status, headers, _ = reader.ask("POST", "/c/x", body="a=b")
    assert (status, headers["Allow"]) == (405, "GET, HEAD")


def test_an_unsubscribe_page_changes_nothing_until_its_button_is_pressed(shared_relay, reader, tmp_path):
    path = track(shared_relay, tmp_path)["unsubscribe"]
    before = len(shared_relay.events(type="unsubscribed"))
    for method in ("GET", "HEAD"):
        assert reader.ask(method, path)[0] == 200
    assert 'lang="de"' in reader.get(path, Accept_Language="de-CH, en;q=0.5")[2].decode()
    assert reader.ask("POST", path, body="x=y")[0] == 400
    assert reader.ask("PUT", path, body="List-Unsubscribe=One-Click")[0] == 405
    assert len(shared_relay.events(type="unsubscribed")) == before

    page = reader.get(path)[2].decode()
    [field] = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]+)">', page)
    status, headers, body = reader.ask("POST", path, body="=".join(field),
                                       Content_Type="application/x-www-form-urlencoded")
    assert status == 200 and "Location" not in headers and b"You are unsubscribed" in body
    assert len(shared_relay.events(type="unsubscribed")) == before + 1, "durable before it is answered"


def test_one_click_as_mailbox_providers_send_it(shared_relay, reader, tmp_path):
    path = track(shared_relay, tmp_path)["unsubscribe"]
    before = len(shared_relay.events(type="unsubscribed"))
    form = ('--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n')
    assert reader.ask("POST", path, body=form, Content_Type="multipart/form-data; boundary=b")[0] == 200
    [event] = shared_relay.events(type="unsubscribed")[before:]
    assert event["recipient"] > 0


def test_links_outlive_a_kill(start_relay, tmp_path):
    relay = start_relay()
    link = track(relay, tmp_path)["links"][0]
    relay.kill()
    relay.start()
    reader = Reader(relay)
    assert reader.get(link["path"])[1]["Location"] == link["target"]
    relay.wait_for_event("clicked")


def test_links_that_were_kept_while_no_relay_ran(start_relay, tmp_path):
    relay = start_relay()
    relay.stop()
    link = track(relay, tmp_path)["links"][0]
    relay.start()
    assert Reader(relay).get(link["path"])[1]["Location"] == link["target"]


def test_other_hosts_and_tls(start_relay, tmp_path):
    relay = start_relay("--set", 'links.hosts=["links.example"]', "--set", "links.tls=true")
    link = track(relay, tmp_path)["links"][0]
    reader = Reader(relay, any_certificate())
    assert reader.get(link["path"], Host="links.example:443")[0] == 302
    assert reader.get(link["path"], Host="LINKS.example")[0] == 302
    status, headers, _ = reader.get(link["path"], Host="other.example")
    assert status == 421 and "Location" not in headers


def test_app_association_files(start_relay, tmp_path):
    file = tmp_path / "association"
    file.write_text('{"applinks": {}}')
    relay = start_relay("--set", f"links.apple_app_site_association='{file}'")
    status, headers, body = Reader(relay).get("/.well-known/apple-app-site-association")
    assert (status, headers["Content-Type"], body) == (200, "application/json", b'{"applinks": {}}')
    page = PAGE.replace('<a href="http://x', '<a universal="true" href="http://x')
    link = track(relay, tmp_path, page)["links"][1]
    assert link["path"].startswith("/a/"), "only links that may open an app stand there"
    assert Reader(relay).get(link["path"])[1]["Location"] == link["target"]


def test_a_proxy_in_front_names_its_client(start_relay, tmp_path):
    relay = start_relay("--set", 'links.proxy_from=["127.0.0.1"]')
    link = track(relay, tmp_path)["links"][0]
    Reader(relay).get(link["path"], X_Forwarded_For="198.51.100.7, 203.0.113.9")
    assert relay.wait_for_event("clicked")["address"] == "203.0.113.0"

    answer = sent_raw(relay, f"GET {link['path']} HTTP/1.1\r\nHost: t.example\r\nX-Forwarded-For: 198.51.100.7\r\n"
                      "X-Forwarded-For: 192.0.2.9\r\nUser-Agent: lines\r\nConnection: close\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 302 ")
    assert relay.wait_for_event("clicked", user_agent="lines")["address"] == "192.0.2.0"


def sent_raw(relay, request):
    host, _, port = relay.ready["links"].rpartition(":")
    with socket.create_connection((host, int(port)), LIMIT_S) as peer:
        peer.sendall(request)
        answer = b""
        while more := peer.recv(65536):
            answer += more
    return answer


@pytest.mark.parametrize("request_bytes, status", [
    (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 20000 + b"\r\n\r\n", b"431"),
    (b"POST /u/x HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n", b"413"),
    pytest.param(b"POST /u/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;" + b"x" * 200000, b"431",
                 id="extension without end"),
    pytest.param(b"POST /u/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: " + b"x" * 200000, b"431",
                 id="trailer without end"),
    (b"GET / HTTP/9.9\r\n\r\n", b"400"),
    (b"\x16\x03\x01\x02\x00\r\n\r\n", b"400"),
    (b"GET /c/\x00 HTTP/1.1\r\nHost: a\r\n\r\n", b"400"),
])
def test_what_is_no_request_is_refused(shared_relay, request_bytes, status):
    assert sent_raw(shared_relay, request_bytes).split(b" ")[1] == status


def test_one_address_leaves_room_for_others(start_relay):
    """100 connections from one address, and not one more until one has gone; a proxy may have more."""
    for proxies, most in (([], 100), (["127.0.0.1"], 130)):
        relay = start_relay("--set", f"links.proxy_from={json.dumps(proxies)}")
        host, _, port = relay.ready["links"].rpartition(":")
        peers = [socket.create_connection((host, int(port)), LIMIT_S) for _ in range(130)]
        answered = 0
        for peer in peers:
            try:
                peer.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                answered += peer.recv(12) == b"HTTP/1.1 200"
            except OSError:
                pass  # closed without a word
        for peer in peers:
            peer.close()
        assert answered == most
        wait_for("room again", lambda: answers(relay))


def answers(relay):
    try:
        return Reader(relay).get("/")[0] == 200
    except OSError:
        return False


def test_clicks_wait_for_no_one_and_are_all_told(start_relay, tmp_path):
    """20,000 clicks as fast as they go: twice what may wait to be recorded."""
    relay = start_relay("--set", "links.hits_max=0")
    link = track(relay, tmp_path)["links"][1]
    statuses, _ = pipelined(relay, [link["path"]] * 20000)
    assert statuses == {"302": 20000}
    last = {"count": 0}

    def all_told():
        last["count"] = sum(event["type"] == "clicked" and event.get("user_agent") == "bits"
                            for event in map(json.loads, relay.cli("events", "--json").splitlines()))
        return last["count"] == 20000
    wait_for("20,000 clicks in the log", all_told, explain=lambda: str(last))
