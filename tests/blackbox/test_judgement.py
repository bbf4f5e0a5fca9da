"""What the words of a refusal do to a recipient, beyond the first digit of its code."""
import json

import pytest

from recount import wait_until_counted
from test_operation import get
from waiting import wait_for

SET_UP = ("421 4.7.27 Your email has been rate limited because SPF authentication didn't pass for this message. "
          "Gmail requires all bulk email senders to authenticate their email with SPF.")


def test_a_wrong_address_behind_a_4xx_is_given_up_at_once(relay, sink):
    sink.answer("RCPT", ["450 4.1.1 <ann@example.net>: Recipient address rejected: User unknown"])
    relay.submit()

    failed = relay.wait_for_event("failed")
    assert (failed["code"], failed["kind"], failed["category"]) == (450, "hard", "no-such-mailbox")
    assert json.loads(relay.cli("queue", "--json"))["scheduled"] == 0


def test_a_full_mailbox_is_tried_three_times_within_two_days_whatever_its_code(relay, sink):
    sink.answer("RCPT", ["552 5.2.2 The mailbox is over its quota"])
    relay.submit()
    relay.wait_for_event("deferred", attempt=1)
    relay.advance("20m")
    assert len(relay.events(type="deferred")) == 1, "it was to come half an hour later"
    for attempt, wait in ((2, "15m"), (3, "5h"), (4, "28h")):
        relay.advance(wait)
        if attempt == 3:
            relay.stop()
            relay.start()  # how often it was told so survives
        relay.wait_for_event("deferred" if attempt < 4 else "failed", attempt=attempt)
    failed = relay.wait_for_event("failed")
    assert (failed["kind"], failed["category"]) == ("soft", "mailbox-full")
    assert sum(line.startswith("RCPT") for heard in sink.connections for line in heard) == 4


def test_a_set_up_that_must_be_mended_is_tried_hourly_and_said_once(relay, sink):
    sink.answer("END", [SET_UP])
    relay.submit(to=["ann@example.net", "bob@example.net"])
    relay.submit()
    deferred = relay.wait_for_events("deferred", 3)
    assert {(e["kind"], e["category"]) for e in deferred} == {("block", "auth-failed")}
    said = relay.events(type="operational", category="auth-failed")
    assert len(said) == 1 and said[0]["from_domain"] == "example.org"
    assert "postrider domain check example.org" in said[0]["detail"]
    relay.advance("40m")
    assert len(relay.events(type="deferred")) == 3
    relay.advance("30m")
    relay.wait_for_events("deferred", 6)
    assert len(relay.events(type="operational", category="auth-failed")) == 2


def test_an_expired_recipient_says_what_it_had_heard(relay, sink):
    sink.answer("RCPT", ["452 4.2.2 mailbox full"])
    relay.submit()
    relay.wait_for_event("deferred")
    relay.advance("6d")
    expired = relay.wait_for_event("expired")
    assert (expired["kind"], expired["category"]) == ("soft", "mailbox-full")


def test_a_host_that_is_not_there_has_a_kind_too(start_relay):
    relay = start_relay(routes=["*=127.0.0.1:1"])
    relay.submit()
    deferred = relay.wait_for_event("deferred")
    assert (deferred["kind"], deferred["category"]) == ("soft", "connection-failed")


@pytest.fixture
def refused(relay, sink):
    sink.answer_recipient("nobody@example.net", ["550 5.1.1 user unknown"])
    sink.answer_recipient("full@example.net", ["452 4.2.2 mailbox full"])
    relay.submit(to=["ann@example.net", "nobody@example.net", "full@example.net"])
    relay.wait_for_event("delivered")
    relay.wait_for_event("failed")
    relay.wait_for_event("deferred")
    return relay


def test_figures_search_story_and_metrics_know_the_category(refused):
    wait_until_counted(refused)
    rows = json.loads(refused.cli("stats", "--by", "category", "--json"))["rows"]
    assert {row["name"] for row in rows} >= {"no-such-mailbox", "mailbox-full"}

    found = wait_for("the index", lambda: json.loads(refused.cli(
        "message", "search", "--category", "no-such-mailbox", "--json"))["messages"])
    assert [row["to"] for row in found] == ["nobody@example.net"]

    failed = refused.wait_for_event("failed")
    story = refused.cli("message", "show", str(failed["recipient"]))
    assert "hard: no-such-mailbox" in story and "soft: mailbox-full" in story, story

    metrics = get(refused, "/metrics")[1]
    assert 'postrider_refusals_total{kind="hard"} 1' in metrics
    assert 'postrider_refusals_total{kind="soft"} 1' in metrics


RULE = """
[[rule]]
id = "mine"
match = ['no such user']
category = "recipient-refused"
sample = "550 5.1.1 no such user"
source = "test"
"""


def test_rules_of_ones_own_win_and_are_read_again(start_relay, sink, tmp_path):
    rules = tmp_path / "rules.toml"
    rules.write_text(RULE)
    config = tmp_path / "postrider.toml"
    config.write_text(f'bounce.rules = "{rules}"\n')
    relay = start_relay("--config", str(config), routes=[f"*={sink.route}"])
    sink.answer("RCPT", ["550 5.1.1 no such user"])
    relay.submit()
    failed = relay.wait_for_event("failed")
    assert (failed["rule"], failed["kind"], failed["category"]) == ("mine", "block", "recipient-refused")

    rules.write_text(RULE.replace('"mine"', '"changed"'))
    relay.cli("reload")
    relay.submit()
    assert relay.wait_for_events("failed", 2)[1]["rule"] == "changed"

    rules.write_text(RULE.replace('"mine"', '"early"'))
    config.write_text(f'bounce.rules = "{rules}"\n[tls]\ncertificate = "{tmp_path}/none"\nkey = "{tmp_path}/none"\n')
    assert relay.cli("reload", check=False).returncode != 0
    relay.submit()
    assert relay.wait_for_events("failed", 3)[2]["rule"] == "changed", "a reload that fails changes nothing"
