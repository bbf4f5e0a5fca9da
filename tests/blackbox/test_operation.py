"""What an operator and a script see: commands, exit codes, events, health, metrics, reload."""
import base64
import json
import signal
import socket
import subprocess
import urllib.error
import urllib.request

import pytest

from relay import BINARY
from waiting import LIMIT_S, wait_for

USAGE, NOT_FOUND, NOT_RUNNING = 2, 3, 4  # exit statuses, for scripts


def get(relay, path):
    """Status and text of a page of the relay's HTTP listener."""
    try:
        with urllib.request.urlopen(f"http://{relay.ready['http']}{path}", timeout=LIMIT_S) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_ready_line_says_all_that_a_test_needs(relay):
    assert {"smtp", "smtps", "inbound", "http", "user", "password", "domains", "data", "pid"} <= set(relay.ready)
    assert relay.ready["domains"] == ["example.org"]
    assert relay.ready["data"] == str(relay.data)
    assert relay.ready["pid"] == relay.process.pid
    for listener in ("smtp", "smtps", "inbound", "http"):
        assert relay.address(listener)[0] == "127.0.0.1"


def test_story_of_a_message(relay, sink):
    sink.answer("RCPT", ["451 4.7.1 later", "250 ok"])
    relay.submit()
    relay.wait_for_event("deferred")
    relay.advance("6m")
    event = relay.wait_for_event("delivered")
    told = [json.loads(line) for line in relay.cli("message", "show", str(event["message"]), "--json").splitlines()]
    text = json.dumps(told)
    for word in ("accepted", "deferred", "delivered", "451 4.7.1 later"):
        assert word in text
    assert "delivered" in relay.cli("message", "show", str(event["message"]))


def test_events_have_what_was_promised(relay, sink):
    sink.answer("RCPT", ["451 4.7.1 later", "250 ok"])
    relay.submit()
    relay.wait_for_event("deferred")
    relay.advance("6m")
    accepted, delivered = relay.wait_for_event("accepted"), relay.wait_for_event("delivered")
    assert accepted["message"] == delivered["message"] and accepted["recipient"] == delivered["recipient"]
    assert accepted["from"] == "shop@example.org" and accepted["to"] == "ann@example.net"
    assert accepted["recipient"] < 2 ** 53
    for field in ("account", "site", "mx_host", "mx_address", "source_address", "code", "enhanced", "reply",
                  "attempt", "queue_ms", "time"):
        assert field in delivered, field
    assert delivered["mx_address"] == sink.route
    assert delivered["queue_ms"] >= 6 * 60 * 1000


def test_events_can_be_followed(relay, sink):
    follower = subprocess.Popen([BINARY, "--data", relay.data, "events", "--follow", "--json"],
                                stdout=subprocess.PIPE, text=True)
    try:
        relay.submit(subject="seen live")
        kinds = []
        while "delivered" not in kinds:
            kinds.append(json.loads(follower.stdout.readline())["type"])
        assert kinds == ["operational", "accepted", "delivered"]  # the first: who has signed in
    finally:
        follower.send_signal(signal.SIGINT)
        assert follower.wait(LIMIT_S) in (0, 130, -signal.SIGINT)


def test_queue_says_what_waits_by_site_and_why(relay, sink):
    sink.answer("RCPT", ["451 4.7.1 come back later"])
    relay.submit()
    relay.wait_for_event("deferred")
    assert "451 4.7.1 come back later" in relay.cli("queue")
    rows = json.loads(relay.cli("queue", "--json"))
    assert "come back later" in json.dumps(rows)


def test_output_is_coloured_on_a_terminal_only(relay, sink):
    relay.submit()
    relay.wait_for_event("delivered")
    for words in (["queue"], ["events"], ["account", "list"], ["domain", "list"]):
        assert "\x1b" not in relay.cli(*words)


def test_events_can_be_read_while_nothing_runs(relay, sink):
    relay.submit()
    relay.wait_for_event("delivered")
    relay.stop()
    kinds = [json.loads(line)["type"] for line in relay.cli("events", "--json").splitlines()]
    assert kinds == ["operational", "accepted", "delivered"]


def test_queue_can_be_read_while_nothing_runs(relay, sink):
    sink.answer("RCPT", ["451 4.7.1 not now"])
    relay.submit(to=["ann@example.net", "bob@example.com"])
    relay.wait_for_events("deferred", 2)
    relay.stop()
    queue = json.loads(relay.cli("queue", "--json"))
    assert queue["scheduled"] == 2 and not queue["partial"] and not queue["is_running"]
    assert "not now" in queue["sites"][0]["last_reply"]
    listed = json.loads(relay.cli("queue", "list", "--domain", "example.com", "--json"))["recipients"]
    assert [recipient["to"] for recipient in listed] == ["bob@example.com"]
    assert "No relay is running" in relay.cli("queue")
    assert relay.cli("queue", "retry", check=False).returncode == NOT_RUNNING


def test_health_and_metrics(relay, sink):
    assert get(relay, "/healthz")[0] == 200
    assert get(relay, "/readyz")[0] == 200
    assert get(relay, "/no-such-page")[0] == 404
    relay.submit()
    relay.wait_for_event("delivered")

    def counted():
        lines = [line for line in get(relay, "/metrics")[1].splitlines() if line.startswith("postrider_")]
        return lines if any("delivered" in line and line.endswith(" 1") for line in lines) else None
    wait_for("the delivery in the metrics", counted)
    types = [line for line in get(relay, "/metrics")[1].splitlines() if line.startswith("# TYPE ")]
    assert types


def test_clock_of_a_relay_without_test_clock_can_not_be_moved(start_relay, sink):
    relay = start_relay(routes=[f"*={sink.route}"], test_clock=False)
    done = relay.cli("clock", "advance", "6m", check=False)
    assert done.returncode == USAGE and done.stderr


@pytest.mark.parametrize("words, status", [
    (["message", "show", "12345"], NOT_FOUND), (["message", "show", "twelve"], USAGE),
    (["domain", "show", "example.com"], NOT_FOUND), (["credential", "remove", "nobody"], NOT_FOUND),
])
def test_what_is_not_there_is_an_error(shared_relay, words, status):
    done = shared_relay.cli(*words, check=False)
    assert done.returncode == status and done.stderr and not done.stdout


@pytest.mark.parametrize("command", ["serve", "check", "account", "domain", "credential", "queue", "message", "events",
                                     "simulator", "sandbox", "clock", "reload"])
def test_each_command_has_help(command):
    done = subprocess.run([BINARY, command, "--help"], capture_output=True, text=True, timeout=LIMIT_S)
    assert done.returncode == 0 and len(done.stdout) > 60
    assert "--json" in done.stdout


def test_new_account_domain_and_credential_work_at_once(relay, sink):
    relay.cli("account", "add", "bakery")
    added = json.loads(relay.cli("domain", "add", "bakery.example", "--account", "bakery", "--verified", "--json"))
    purposes = {record["purpose"] for record in added["records"]}
    assert {"dkim", "spf", "return-path", "dmarc"} <= purposes
    credential = json.loads(relay.cli("credential", "add", "bakery", "--json"))
    with relay.client(login=False) as client:
        client.login(credential["user"], credential["password"])
        client.sendmail("hi@bakery.example", ["ann@example.net"], "From: hi@bakery.example\r\nSubject: buns\r\n\r\nx\r\n")
    assert sink.wait_for_message()["Subject"] == "buns"


def test_domain_of_one_account_is_not_another_s(relay):
    relay.cli("account", "add", "bakery")
    done = relay.cli("domain", "add", "example.org", "--account", "bakery", "--verified", check=False)
    assert done.returncode == USAGE and "example.org" in done.stderr


def test_unverified_domain_does_not_count(relay):
    relay.cli("domain", "add", "later.example", "--account", "sandbox")
    with relay.client() as client:
        client.mail("shop@later.example")
        client.rcpt("ann@example.net")
        code, _ = client.data("From: shop@later.example\r\nSubject: x\r\n\r\nx\r\n")
    assert 500 <= code < 600


def test_removed_credential_is_refused(relay):
    credential = json.loads(relay.cli("credential", "add", "sandbox", "--json"))
    with relay.client(login=False) as client:
        client.login(credential["user"], credential["password"])
    relay.cli("credential", "remove", credential["user"])
    with relay.client(login=False) as client:
        code, _ = client.docmd("AUTH", "PLAIN " + plain(credential))
        assert code == 535


def plain(credential):
    return base64.b64encode(f"\0{credential['user']}\0{credential['password']}".encode()).decode()


def test_reload_of_a_wrong_configuration_changes_nothing(relay, sink):
    assert relay.cli("reload", check=False).returncode == 0
    relay.submit()
    assert sink.wait_for_message()


def test_control_socket_is_the_owner_s_only(relay):
    sockets = [p for p in relay.data.rglob("*") if p.is_socket()]
    assert sockets and all(p.stat().st_mode & 0o077 == 0 or p.parent.stat().st_mode & 0o077 == 0 for p in sockets)


def test_sandbox_without_a_route_asks_nobody(start_relay):
    """What no route is for ends in the simulator: nothing of a test leaves the machine."""
    relay = start_relay()
    relay.submit(to="x@example.com")
    failed = relay.wait_for_event("failed", to="x@example.com")
    assert failed["enhanced"] == "5.1.1"
    assert failed["mx_host"] == "127.0.0.1"


def test_sandbox_with_dns_options_looks_mail_up(start_relay):
    relay = start_relay("--set", "dns.stubs={'.' = '127.0.0.1@1'}", "--set", "dns.timeout=1s")
    relay.submit(to="x@example.com")
    assert "looking up" in relay.wait_for_event("deferred")["reply"]


def test_sandbox_that_has_lost_its_password_makes_another(relay, sink):
    relay.stop()
    (relay.data / "sandbox-password").unlink()
    relay.start()
    assert relay.ready["password"]
    relay.submit()
    assert sink.wait_for_message()


def test_idle_connections_do_not_keep_health_from_being_asked(relay):
    host, port = relay.ready["http"].rsplit(":", 1)
    idle = [socket.create_connection((host, int(port)), LIMIT_S) for _ in range(300)]
    assert get(relay, "/healthz")[0] == 200
    for connection in idle:
        connection.close()
