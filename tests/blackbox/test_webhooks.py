"""`postrider webhook`: events told over HTTP, to receivers that work and to receivers that don't."""
import json
import ssl
import subprocess
import urllib.request

import pytest

from receiver import Receiver, is_signed
from waiting import wait_for

LOCAL = ("--set", "webhook.allow_networks=['127.0.0.0/8']")


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def relay(start_relay, sink):
    return start_relay(*LOCAL, routes=[f"*={sink.route}"])


def add(relay, receiver, *words, path="/hook"):
    url = f"http://127.0.0.1:{receiver.port}{path}"
    return json.loads(relay.cli("webhook", "add", url, *words, "--json"))


def shown(relay, webhook):
    return json.loads(relay.cli("webhook", "show", str(webhook["id"]), "--json"))


def log_of(relay, webhook):
    return json.loads(relay.cli("webhook", "log", str(webhook["id"]), "--json"))["requests"]


def wait_for_told(relay, receiver, count, **wanted):
    def found():
        events = [e for e in receiver.events() if all(e.get(k) == v for k, v in wanted.items())]
        return events if len(events) >= count else None
    return wait_for(f"{count} events {wanted or ''} at the receiver", found, explain=relay.explain)


def times_of_first(receiver):
    """How often the mailjet format has told of the first message."""
    return sum(event.get("email") == "a0@example.net" for event in receiver.events())


def test_native_endpoint_gets_whole_signed_events_in_order(relay, receiver):
    webhook = add(relay, receiver, "--header", "X-Shop: 17")
    relay.submit(subject="order 17")
    told = wait_for_told(relay, receiver, 2)
    assert told == [e for e in relay.events() if e["type"] != "operational"]
    assert [e["type"] for e in told] == ["accepted", "delivered"]
    for request in receiver.requests:
        assert is_signed(request, webhook["secret"])
        assert not is_signed(request, "whsec_" + "A" * 32)
        assert request.headers["content-type"] == "application/json"
        assert request.headers["x-shop"] == "17"
        assert request.json["type"] == "events"
    logged = wait_for("the log", lambda: log_of(relay, webhook), explain=relay.explain)
    assert sum(r["events"] for r in logged) == 2
    assert {(r["status"], r["taken"], r["answer"]) for r in logged} == {(200, True, "thank you")}
    assert {r["id"] for r in logged} == {r.headers["webhook-id"] for r in receiver.requests}


def test_what_came_before_the_endpoint_is_told_only_if_asked_for(relay, receiver):
    relay.submit(to="early@example.net")
    relay.wait_for_event("delivered")
    add(relay, receiver)
    relay.submit(to="late@example.net")
    wait_for_told(relay, receiver, 2)
    assert {e["to"] for e in receiver.events()} == {"late@example.net"}
    other = Receiver()
    try:
        add(relay, other, "--from", "1", "--types", "accepted,delivered")
        told = wait_for_told(relay, other, 4)
        for to in ("early@example.net", "late@example.net"):
            assert [e["type"] for e in told if e["to"] == to] == ["accepted", "delivered"]
    finally:
        other.close()


def test_mailjet_grouped_gets_a_list_in_its_words(relay, receiver, sink):
    sink.answer_recipient("nobody@example.net", ["550 5.1.1 no such user"])
    add(relay, receiver, "--format", "mailjet-grouped")
    relay.submit(to=["ann@example.net", "nobody@example.net"])
    told = {e["event"]: e for e in wait_for_told(relay, receiver, 2)}
    assert all(isinstance(r.json, list) for r in receiver.requests)
    events = {e["type"]: e for e in relay.events() if e["type"] in ("delivered", "failed")}
    sent, bounce = told["sent"], told["bounce"]
    assert sent["MessageID"] == events["delivered"]["recipient"]
    assert sent["mj_message_id"] == str(sent["MessageID"])
    assert sent["email"] == "ann@example.net"
    assert sent["smtp_reply"].startswith("sent (250 ")
    assert isinstance(sent["time"], int)
    assert len(sent["Message_GUID"]) == 36
    assert bounce["comment"] == events["failed"]["reply"]
    assert set(bounce) == {"event", "time", "MessageID", "Message_GUID", "email", "mj_campaign_id", "mj_contact_id",
                           "customcampaign", "CustomID", "Payload", "blocked", "hard_bounce", "error_related_to",
                           "error", "comment"}
    assert "webhook-signature" not in receiver.requests[0].headers


def test_mailjet_single_gets_one_object_a_request(relay, receiver):
    add(relay, receiver, "--format", "mailjet", "--types", "sent")
    relay.submit(to=["ann@example.net", "ben@example.net"])
    wait_for_told(relay, receiver, 2, event="sent")
    assert all(isinstance(r.json, dict) and r.json["event"] == "sent" for r in receiver.requests)


def test_password_in_the_url_is_basic_auth_and_is_shown_to_nobody(relay, receiver):
    url = f"http://shop:s%20cret@127.0.0.1:{receiver.port}/hook?x=1"
    webhook = json.loads(relay.cli("webhook", "add", url, "--json"))
    relay.submit()
    wait_for_told(relay, receiver, 1)
    assert receiver.requests[0].headers["authorization"] == "Basic c2hvcDpzIGNyZXQ="
    assert receiver.requests[0].path == "/hook?x=1"
    listed = relay.cli("webhook", "list", "--json")
    assert "cret" not in listed and "shop:***@" in listed
    assert "cret" not in json.dumps(log_of(relay, webhook))


def test_events_that_came_within_a_second_travel_together(relay, receiver):
    add(relay, receiver, "--types", "accepted")
    relay.submit(to=[f"u{i}@example.net" for i in range(50)])
    wait_for_told(relay, receiver, 50)
    assert len(receiver.requests) <= 4  # one message is one lane, and it has 50 events


def test_connections_are_kept(relay, receiver):
    add(relay, receiver, "--format", "mailjet")
    relay.submit(to=[f"u{i}@example.net" for i in range(40)])
    wait_for_told(relay, receiver, 40)
    assert len({r.connection for r in receiver.requests}) <= 4


def test_a_failing_receiver_gets_everything_once_it_works_again(relay, receiver):
    receiver.answer(500)
    webhook = add(relay, receiver)
    relay.submit()
    relay.wait_for_event("delivered")
    wait_for("a refusal in the log", lambda: log_of(relay, webhook), explain=relay.explain)
    listed = relay.cli("webhook", "list")
    assert "failing" in listed and "it answers 500" in listed
    relay.advance("6s")
    wait_for("a second try", lambda: len(receiver.requests) >= 2, explain=relay.explain)
    first, second = receiver.requests[:2]
    assert first.headers["webhook-id"] == second.headers["webhook-id"] and first.body == second.body
    receiver.answer(204)
    relay.advance("1m")
    assert [e["type"] for e in wait_for_told(relay, receiver, 2)] == ["accepted", "delivered"]
    assert shown(relay, webhook)["problem"] == ""


def test_a_receiver_that_resets_gets_everything_once_it_works_again(relay, receiver):
    receiver.reset()
    webhook = add(relay, receiver)
    relay.submit()
    wait_for("a failure in the log", lambda: log_of(relay, webhook), explain=relay.explain)
    receiver.answer(200)
    relay.advance("1m")
    wait_for_told(relay, receiver, 2)


def test_mailjet_counts_200_alone(relay, receiver):
    receiver.answer(204)
    webhook = add(relay, receiver, "--format", "mailjet", "--types", "sent")
    relay.submit()
    logged = wait_for("a request", lambda: log_of(relay, webhook), explain=relay.explain)
    assert (logged[0]["status"], logged[0]["taken"]) == (204, False)


def test_410_pauses(relay, receiver):
    receiver.answer(410)
    webhook = add(relay, receiver)
    relay.submit()
    told = relay.wait_for_event("operational", what="webhook_paused")
    assert "410" in told["detail"] and "paused" in told["detail"]
    assert shown(relay, webhook)["state"] == "paused"
    receiver.answer(200)
    relay.cli("webhook", "resume", str(webhook["id"]))
    assert sorted(e["type"] for e in wait_for_told(relay, receiver, 3)) == ["accepted", "delivered", "operational"]


def test_after_its_time_the_backup_url_and_then_nothing(relay, receiver, sink):
    backup = Receiver()
    try:
        receiver.answer(500)
        backup.answer(500)
        webhook = add(relay, receiver, "--format", "mailjet-grouped", "--backup", backup.url,
                      "--contact", "owner@example.net", "--types", "sent")
        relay.submit()
        wait_for("a request", lambda: receiver.requests, explain=relay.explain)
        wait_for("a problem", lambda: shown(relay, webhook)["problem"], explain=relay.explain)
        relay.advance("25h")
        wait_for("the backup", lambda: backup.requests, explain=relay.explain)
        assert shown(relay, webhook)["on_backup"]
        backup.answer(200)
        relay.advance("1m")
        wait_for_told(relay, backup, 1, event="sent")
        backup.answer(500)
        before = len(backup.requests)
        relay.submit()
        wait_for("a refusal", lambda: len(backup.requests) > before, explain=relay.explain)
        wait_for("a problem", lambda: shown(relay, webhook)["problem"], explain=relay.explain)
        relay.advance("25h")
        wait_for("suspension", lambda: shown(relay, webhook)["state"] == "suspended", explain=relay.explain)
        assert "suspended" in relay.events(what="webhook_suspended")[-1]["detail"]
        notices = [m["Subject"] for m in wait_for("two notices", lambda: [
            m for m in list(sink.messages) if "owner@example.net" in m["To"]][1:] and list(sink.messages))]
        assert "webhook 1 now uses its backup URL" in notices and "webhook 1 is suspended" in notices
        receiver.answer(200)
        relay.cli("webhook", "resume", str(webhook["id"]))
        wait_for_told(relay, receiver, 1, event="sent")
        assert not shown(relay, webhook)["on_backup"]
    finally:
        backup.close()


def test_redirects_are_not_followed(relay, receiver):
    inside = Receiver()
    try:
        receiver.redirect_to = inside.url
        receiver.answer(307)
        webhook = add(relay, receiver)
        relay.submit()
        logged = wait_for("a request", lambda: log_of(relay, webhook), explain=relay.explain)
        assert (logged[0]["status"], logged[0]["taken"]) == (307, False)
        assert not inside.requests
    finally:
        inside.close()


def test_pause_resume_replay_rotate_remove(relay, receiver):
    webhook = add(relay, receiver)
    name = str(webhook["id"])
    relay.cli("webhook", "pause", name)
    relay.submit()
    relay.wait_for_event("delivered")
    assert shown(relay, webhook)["lag"] >= 2 and not receiver.requests
    relay.cli("webhook", "resume", name)
    wait_for_told(relay, receiver, 2)

    relay.cli("webhook", "replay", name, "--from", "1")
    wait_for_told(relay, receiver, 4)

    rotated = json.loads(relay.cli("webhook", "rotate", name, "--json"))
    assert rotated["old_secret"] == webhook["secret"] != rotated["secret"]
    relay.cli("webhook", "replay", name, "--from", "1")
    wait_for_told(relay, receiver, 6)
    assert is_signed(receiver.requests[-1], webhook["secret"])
    assert is_signed(receiver.requests[-1], rotated["secret"])
    relay.cli("webhook", "rotate", name, "--drop-old")
    relay.cli("webhook", "replay", name, "--from", "1")
    wait_for_told(relay, receiver, 8)
    assert not is_signed(receiver.requests[-1], webhook["secret"])

    assert f"webhook:{name}" in relay.cli("events", "consumers")
    relay.cli("webhook", "remove", name)
    assert relay.cli("webhook", "log", name, check=False).returncode == 3
    wait_for("no cursor", lambda: f"webhook:{name}" not in relay.cli("events", "consumers"), explain=relay.explain)


def test_replay_of_a_busy_endpoint_begins_anew(relay, receiver):
    """Its requests are on their way, and so is the cursor that they move."""
    for number in range(40):
        relay.submit(to=f"a{number}@example.net")
    wait_for("all of it", lambda: len([e for e in relay.events() if e["type"] == "delivered"]) == 40,
             explain=relay.explain)
    webhook = add(relay, receiver, "--format", "mailjet", "--from", "1")
    begun = 0
    for _ in range(25):
        wait_for("the first event again", lambda: times_of_first(receiver) > begun, explain=relay.explain)
        begun = times_of_first(receiver)
        relay.cli("webhook", "replay", str(webhook["id"]), "--from", "1")


def test_a_request_stays_in_the_log_for_its_time(relay, receiver):
    webhook = add(relay, receiver)
    relay.submit()
    wait_for_told(relay, receiver, 2)
    wait_for("the log", lambda: log_of(relay, webhook), explain=relay.explain)
    relay.advance("6d")
    relay.submit(to="later@example.net")
    wait_for_told(relay, receiver, 2, to="later@example.net")
    assert len({r["first"] for r in log_of(relay, webhook)}) >= 2
    relay.advance("2d")
    wait_for("the old ones gone", lambda: all(r["first"] > 2 for r in log_of(relay, webhook)),
             explain=relay.explain)
    assert log_of(relay, webhook), "what is two days old stays"


def test_a_test_event_shows_the_answer_and_moves_nothing(relay, receiver):
    """Of a paused endpoint, whose cursor nothing else moves."""
    webhook = add(relay, receiver)
    relay.cli("webhook", "pause", str(webhook["id"]))
    relay.submit()
    relay.wait_for_event("delivered")
    place = shown(relay, webhook)["next"]
    done = json.loads(relay.cli("webhook", "test", str(webhook["id"]), "--json"))
    assert (done["status"], done["taken"], done["answer"]) == (200, True, "thank you")
    assert "a test of webhook" in receiver.events()[0]["detail"]
    assert is_signed(receiver.requests[0], webhook["secret"])
    receiver.answer(503)
    assert "503" in relay.cli("webhook", "test", str(webhook["id"]))
    assert len(wait_for("two rows", lambda: log_of(relay, webhook)[1:] and log_of(relay, webhook))) == 2
    assert shown(relay, webhook)["next"] == place
    receiver.answer(200)
    relay.cli("webhook", "resume", str(webhook["id"]))
    assert [e["type"] for e in wait_for_told(relay, receiver, 3)] == ["operational", "accepted", "delivered"]


def test_a_restart_goes_on_where_it_stopped(relay, receiver):
    add(relay, receiver)
    relay.submit()
    wait_for_told(relay, receiver, 2)
    wait_for("the cursor", lambda: json.loads(relay.cli("webhook", "list", "--json"))["webhooks"][0]["lag"] == 0)
    relay.stop()
    relay.start()
    relay.submit(to="ben@example.net")
    wait_for_told(relay, receiver, 2, to="ben@example.net")
    assert len(receiver.events()) == 4


def test_one_accounts_endpoint_hears_of_no_other(relay, receiver):
    relay.cli("account", "add", "other")
    add(relay, receiver, "--account", "other")
    relay.submit()
    relay.wait_for_event("delivered")
    wait_for("the endpoint to look", lambda: json.loads(
        relay.cli("webhook", "list", "--json"))["webhooks"][0]["lag"] == 0, explain=relay.explain)
    assert not receiver.requests


@pytest.mark.parametrize("words, says", [
    (["ftp://example.com/"], "neither https:// nor http://"),
    (["http://0x7f.1/"], "no host that everybody reads in the same way"),
    (["http://10.0.0.1/"], "is not a public address"),
    (["https://example.com/", "--format", "xml"], "is none of native, mailjet and mailjet-grouped"),
    (["https://example.com/", "--types", "sent"], "it has accepted, delivered"),
    (["https://example.com/", "--format", "mailjet", "--types", "delivered"], "it has"),
    (["https://example.com/", "--header", "Host: x"], "is set by the relay"),
    (["https://example.com/", "--header", "nothing"], "write it as"),
    (["https://example.com/", "--account", "nobody"], "there is no account 'nobody'"),
    (["https://example.com/", "--from", "yesterday"], "from: 'yesterday' is neither"),
    (["https://example.com/", "--secret", "short"], "whsec_"),
    (["https://example.com/", "--contact", "nobody"], "contact"),
    (["https://example.com/", "--backup", "http://localhost:99999/"], "backup URL"),
])
def test_wrong_parameters_are_named(shared_relay, words, says):
    done = shared_relay.cli("webhook", "add", *words, check=False)
    assert done.returncode != 0 and says in done.stderr, done.stderr


def certificate_for(folder, name):
    """(its file, its key's file): signed by itself, so that it is its own root."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=hooks",
                    "-addext", f"subjectAltName={name}"], check=True, capture_output=True)
    return certificate, key


@pytest.mark.parametrize("name, is_trusted, says", [
    ("IP:127.0.0.1", True, None),
    ("IP:127.0.0.1", False, "certificate"),
    ("DNS:other.example", True, "certificate"),
])
def test_certificates_are_checked(start_relay, sink, tmp_path, monkeypatch, name, is_trusted, says):
    certificate, key = certificate_for(tmp_path, name)
    roots = certificate if is_trusted else certificate_for(tmp_path, "DNS:nobody.example")[0]
    monkeypatch.setenv("SSL_CERT_FILE", str(roots))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    receiver = Receiver(tls=tls)
    try:
        relay = start_relay(*LOCAL, routes=[f"*={sink.route}"])
        webhook = json.loads(relay.cli("webhook", "add", receiver.url, "--json"))
        done = json.loads(relay.cli("webhook", "test", str(webhook["id"]), "--json"))
        assert done["taken"] == (says is None), done
        assert says is None or says in done["why"]
        assert len(receiver.requests) == (says is None)
    finally:
        receiver.close()


def test_metrics_tell_of_each_endpoint(relay, receiver):
    add(relay, receiver)
    relay.submit()
    wait_for_told(relay, receiver, 2)
    def text():
        with urllib.request.urlopen(f"http://{relay.ready['http']}/metrics") as answer:
            return answer.read().decode()
    wait_for("the figures", lambda: 'postrider_webhook_events_total{webhook="1"} 2' in text(), explain=text)
    assert 'postrider_webhook_failing_seconds{webhook="1"} 0' in text()
