"""How long what was told is kept: events, accounts that ask for less, messages for people to look at."""
import json
import subprocess

import pytest

from relay import BINARY
from waiting import wait_for


@pytest.fixture
def relay(start_relay, sink):
    def start(*options):
        return start_relay(*options, routes=[f"*={sink.route}"])
    return start


def days_later(relay, days):
    for _ in range(0, days, 20):
        relay.advance("480h")


def test_old_events_go_and_the_metric_says_how_old_the_oldest_is(relay, sink):
    relay = relay("--set", "retention.events_max='40d'")
    relay.submit(subject="old")
    relay.wait_for_event("delivered")
    oldest = relay.metric("postrider_events_oldest_timestamp_seconds")
    days_later(relay, 60)
    relay.submit(subject="new")
    wait_for("the old events to go", lambda: "old" not in [e.get("subject") for e in relay.events()],
             explain=relay.explain)
    wait_for("the metric to follow",
             lambda: relay.metric("postrider_events_oldest_timestamp_seconds") > oldest + 50 * 86400,
             explain=relay.explain)
    assert relay.metric("postrider_events_trimmed_total") >= 2
    assert [e["subject"] for e in relay.events(type="accepted")] == ["new"]
    done = relay.cli("events", "replay", "statistics", "--from", "1", check=False)
    assert done.returncode and "have gone by their retention" in done.stderr


def test_an_account_may_ask_for_less(relay, sink):
    relay = relay()
    relay.cli("account", "change", "sandbox", "--keep-events", "5d")
    shown = json.loads(relay.cli("account", "list", "--json"))["accounts"][0]
    assert (shown["keep_events"], shown["keep_messages"]) == ("5d", "")
    relay.submit(subject="old")
    relay.wait_for_event("delivered")
    days_later(relay, 20)
    wait_for("its events to go", lambda: not relay.events(type="accepted"), explain=relay.explain)
    for wrong in ("0d", "soon", "36h"):
        done = relay.cli("account", "change", "sandbox", "--keep-events", wrong, check=False)
        assert done.returncode == 2 or "whole days" in done.stderr, wrong


def test_messages_are_shown_for_as_long_as_they_are_kept(relay, sink):
    relay = relay()
    relay.submit(subject="nothing is kept")
    nothing = str(relay.wait_for_event("delivered")["message"])
    done = relay.cli("message", "show", nothing, "--body", check=False)
    assert done.returncode == 3 and "--keep-messages" in done.stderr

    relay.cli("account", "change", "sandbox", "--keep-messages", "3d")
    relay.submit(subject="order 18", body="what was\r\n\r\nwritten")
    kept = str(relay.wait_for_events("delivered", 2)[1]["message"])
    headers = relay.cli("message", "show", kept, "--headers")
    assert "Subject: order 18\n" in headers.replace("\r\n", "\n") and "written" not in headers
    assert relay.cli("message", "show", kept, "--body").replace("\r\n", "\n") == "what was\n\nwritten\n"
    relay.advance("24h")
    assert "written" in relay.cli("message", "show", kept, "--body")
    relay.advance("48h")
    wait_for("it to go", lambda: relay.cli("message", "show", kept, "--body", check=False).returncode == 3,
             explain=relay.explain)


def test_requests_in_the_log_of_a_paused_webhook_go_too(relay, sink):
    relay = relay("--set", "webhook.log_for='2d'", "--set", "webhook.allow_networks=['127.0.0.0/8']")
    number = str(json.loads(relay.cli("webhook", "add", "http://127.0.0.1:1/", "--json"))["id"])

    def requests():
        return json.loads(relay.cli("webhook", "log", number, "--json"))["requests"]
    relay.cli("webhook", "test", number, check=False)
    wait_for("a request", requests)
    relay.cli("webhook", "pause", number)
    relay.advance("96h")
    wait_for("it to go", lambda: not requests(), explain=relay.explain)


def test_wrong_settings_say_what_to_write():
    for setting, said in (("retention.events_max='10d'", "events_min"), ("retention.messages='8d'", "messages"),
                          ("retention.events_budget='1KiB'", "events_budget")):
        done = subprocess.run([BINARY, "check", "--set", setting], capture_output=True, text=True)
        assert done.returncode == 2 and said in done.stderr + done.stdout, done
