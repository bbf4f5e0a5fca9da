"""An account whose mail does badly: it is warned of, its bulk mail is paused, and a person lets it go on."""
import json
import smtplib

import pytest

from receiver import Receiver
from test_suppression import bulk
from waiting import wait_for

# Small enough to be reached with a few mails.
LIMITS = ("--set", "health.volume_min=10", "--set", "health.complaints_min=2", "--set", "health.bounces_warn=20",
          "--set", "health.bounces_pause=50", "--set", "health.complaints_warn=15",
          "--set", "health.complaints_pause=20")


@pytest.fixture
def relay(start_relay, sink):
    return start_relay(*LIMITS, routes=[f"*={sink.route}"])


def send_bulk(relay, *to):
    for one in to:
        relay.submit(to=one, message=bulk(one))


def several(mailbox, count, first=1):
    return [f"{mailbox}+{number}@simulator.test" for number in range(first, first + count)]


def health(relay, account="sandbox"):
    return json.loads(relay.cli("account", "health", account, "--json"))


def rates(relay, window="1h", stream="bulk", site=""):
    """(ended, hard bounces, complaints)"""
    found = [row for row in health(relay)["rates"]
             if (row["window"], row["stream"], row["site"]) == (window, stream, site)]
    return (found[0]["ended"], found[0]["hard_bounces"], found[0]["complaints"]) if found else (0, 0, 0)


def wait_for_rates(relay, *wanted, **which):
    wait_for(f"{wanted} {which}", lambda: rates(relay, **which) == wanted,
             explain=lambda: f"{health(relay)}\n{relay.explain()}")


def told(relay):
    return [e["detail"] for e in relay.events(type="operational") if "mail of account" in e["detail"]]


def wait_until_paused(relay):
    wait_for("bulk mail to be paused", lambda: health(relay)["bulk_paused"], explain=relay.explain)


def refused(relay, to="ann@example.net"):
    """The reply to the final dot of a bulk mail."""
    with relay.client() as client, pytest.raises(smtplib.SMTPDataError) as refusal:
        client.sendmail("shop@example.org", [to], bulk(to))
    return refusal.value.smtp_code, refusal.value.smtp_error.decode()


def queue(relay):
    return json.loads(relay.cli("queue", "--json"))



def test_hard_bounces_are_warned_of_and_then_pause_bulk_mail_only(relay, sink):
    send_bulk(relay, *several("delivered", 8))
    send_bulk(relay, *several("user-unknown", 3))
    wait_for_rates(relay, 11, 3, 0)
    warning, = told(relay)
    assert "27.3% of 11 recipients of bulk mail" in warning and "(limit 20%)" in warning
    assert not health(relay)["bulk_paused"]

    send_bulk(relay, *several("user-unknown", 6, first=10))
    wait_until_paused(relay)
    wait_for("the pause to be told", lambda: len(told(relay)) == 2, explain=relay.explain)
    event = relay.events(type="operational", what="bulk_paused")[-1]
    assert (event["user"], event["stream"]) == ("postrider", "bulk")
    assert "the bulk mail of account sandbox is paused:" in event["detail"]
    assert "postrider account resume sandbox --reason" in event["detail"]
    code, text = refused(relay)
    assert code == 450 and text.startswith("4.7.1 bulk mail of this account is paused since ")
    assert "bounced hard" in text
    assert "is paused" in relay.log.read_text()
    assert relay.metric("postrider_health_warnings_total") == 1
    assert relay.metric("postrider_health_pauses_total") == 1
    assert relay.metric("postrider_accounts_bulk_paused") == 1

    relay.submit(subject="password reset")
    assert sink.wait_for_message()["Subject"] == "password reset"
    shown = relay.cli("account", "health", "sandbox")
    assert "bulk mail is paused" in shown and "52.9%" in shown
    assert "bulk paused" in relay.cli("account", "list")


def test_an_endpoint_of_the_account_is_told(start_relay, sink):
    """A warning, a pause and its end reach its webhooks as whole events; those of another account hear nothing."""
    relay = start_relay(*LIMITS, "--set", "webhook.allow_networks=['127.0.0.0/8']", routes=[f"*={sink.route}"])
    relay.cli("account", "add", "other")
    receivers = {name: Receiver() for name in ("sandbox", "other")}
    for name, receiver in receivers.items():
        relay.cli("webhook", "add", f"http://127.0.0.1:{receiver.port}/", "--account", name, "--types", "operational")
    send_bulk(relay, *several("delivered", 8))
    send_bulk(relay, *several("user-unknown", 3))
    wait_for_rates(relay, 11, 3, 0)
    send_bulk(relay, *several("user-unknown", 6, first=10))
    wait_until_paused(relay)
    relay.cli("account", "resume", "sandbox", "--reason", "cleaned", "--by", "ann")
    wanted = [("account_does_badly", "postrider"), ("bulk_paused", "postrider"), ("bulk_resumed", "ann")]

    def told_at(name):
        return [(e["what"], e["user"]) for e in receivers[name].events() if e["what"] != "signed_in"]
    wait_for("three to be told", lambda: told_at("sandbox") == wanted,
             explain=lambda: f"{told_at('sandbox')}\n{relay.explain()}")
    assert told_at("other") == []
    for receiver in receivers.values():
        receiver.close()


def test_complaints_pause_and_they_name_the_site(relay):
    send_bulk(relay, *several("delivered", 9))
    send_bulk(relay, *several("complains", 3))
    wait_until_paused(relay)
    wait_for_rates(relay, 12, 0, 3)
    assert "were complained about" in health(relay)["reason"]
    site = next(row["site"] for row in health(relay)["rates"] if row["site"])
    assert rates(relay, site=site) == (12, 0, 3)


def test_late_bounces_count_as_well(relay):
    send_bulk(relay, *several("bounces-later", 10))
    wait_until_paused(relay)


def test_one_that_is_let_go_on_is_not_paused_again_for_the_same_mail(relay):
    send_bulk(relay, *several("delivered", 5))
    send_bulk(relay, *several("user-unknown", 6))
    wait_until_paused(relay)
    relay.advance("1m")
    said = relay.cli("account", "resume", "sandbox", "--reason", "the list was cleaned", "--by", "ann")
    assert "bulk mail goes" in said and "by ann: the list was cleaned" in said
    event = relay.events(type="operational", what="bulk_resumed")[-1]
    assert event["user"] == "ann" and event["detail"].endswith("is let go on by ann: the list was cleaned")
    assert rates(relay, window="7d") == (0, 0, 0)
    send_bulk(relay, *several("user-unknown", 4, first=20))
    send_bulk(relay, *several("delivered", 10, first=20))
    wait_for_rates(relay, 14, 4, 0)
    assert not health(relay)["bulk_paused"]
    relay.stop()
    shown = relay.cli("account", "health", "sandbox")
    assert "bulk mail goes, since" in shown and "28.6%" in shown, "also where no relay runs"
    relay.start()
    assert not health(relay)["bulk_paused"] and rates(relay) == (14, 4, 0)
    send_bulk(relay, *several("user-unknown", 10, first=40))
    wait_until_paused(relay)


def test_what_waits_stays_in_the_queue_over_a_restart_and_goes_when_it_may(relay, sink):
    sink.answer("RCPT", ["450 4.2.0 greylisted"])
    send_bulk(relay, "ann@example.net", "bob@example.net")
    relay.submit(to="eve@example.net", subject="password reset")
    relay.wait_for_events("deferred", 3)
    sink.answer("RCPT", ["250 ok"])
    relay.cli("account", "pause", "sandbox", "--reason", "a bought list")
    relay.advance("10m")
    relay.wait_for_event("delivered", to="eve@example.net")
    wait_for("two to be held", lambda: queue(relay)["held"] == 2, explain=relay.explain)
    assert queue(relay)["scheduled"] == 0
    listed = json.loads(relay.cli("queue", "list", "--json"))["recipients"]
    assert [row["waits_for"] for row in listed] == ["pause", "pause"]
    assert "its account's pause to end" in relay.cli("queue", "list")
    assert relay.metric('postrider_queue_recipients{state="held"}') == 2

    relay.kill()
    assert json.loads(relay.cli("queue", "--json"))["held"] == 2
    relay.start()
    assert queue(relay)["held"] == 2
    assert len(sink.messages) == 1
    assert refused(relay)[0] == 450
    relay.cli("account", "resume", "sandbox", "--reason", "it was not")
    relay.wait_for_events("delivered", 3)
    assert {m.recipients[0] for m in sink.messages} == {f"{n}@example.net" for n in ("ann", "bob", "eve")}
    send_bulk(relay, "dan@example.net")
    relay.wait_for_event("delivered", to="dan@example.net")


def test_what_is_ready_for_a_busy_site_is_held_as_well(start_relay, sink):
    relay = start_relay(*LIMITS, "--set", "delivery.messages_per_second=0.01", routes=[f"*={sink.route}"])
    send_bulk(relay, "ann@example.net", "bob@example.net", "eve@example.net")
    wait_for("two to be ready", lambda: queue(relay)["ready"] == 2, explain=relay.explain)
    relay.cli("account", "pause", "sandbox", "--reason", "a bought list")
    wait_for("two to be held", lambda: (queue(relay)["held"], queue(relay)["ready"]) == (2, 0),
             explain=relay.explain)


def test_held_mail_expires_like_any_other(relay, sink):
    sink.answer("RCPT", ["450 4.2.0 greylisted"])
    send_bulk(relay, "ann@example.net")
    relay.wait_for_event("deferred")
    relay.cli("account", "pause", "sandbox", "--reason", "a bought list")
    relay.advance("10m")
    wait_for("it to be held", lambda: queue(relay)["held"] == 1, explain=relay.explain)
    relay.advance("6d")
    expired = relay.wait_for_event("expired")
    assert queue(relay)["held"] == 0
    assert (expired["kind"], expired["category"], expired["rule"]) == ("block", "policy", "own-words")
    assert "paused" in expired["reply"]


def test_what_a_pause_lets_expire_is_not_held_against_its_recipients(start_relay, sink):
    """Two soft bounces suppress here; two recipients whose mail we have held ourselves are none."""
    relay = start_relay("--set", "suppression.soft_bounces=2", "--set", "suppression.soft_bounces_over=1h",
                        routes=[f"*={sink.route}"])
    relay.cli("account", "pause", "sandbox", "--reason", "a bought list")
    relay.cli("account", "resume", "sandbox", "--reason", "cleaned")
    sink.answer("RCPT", ["450 4.2.0 greylisted"])
    for number in range(2):
        send_bulk(relay, "ann@example.net")
        relay.wait_for_events("deferred", number + 1)
        relay.cli("account", "pause", "sandbox", "--reason", "a bought list")
        relay.advance("6d")
        relay.wait_for_events("expired", number + 1)
        relay.cli("account", "resume", "sandbox", "--reason", "cleaned")
    sink.answer("RCPT", ["250 ok"])
    send_bulk(relay, "ann@example.net")
    relay.wait_for_event("delivered")
    assert not relay.events(type="suppressed")


def test_a_pause_is_of_one_account_and_says_who_and_why(relay, sink):
    relay.cli("account", "add", "other")
    assert "is paused" in relay.cli("account", "pause", "other", "--reason", "unpaid", "--by", "ann")
    send_bulk(relay, "ann@example.net")
    sink.wait_for_message()
    again = relay.cli("account", "pause", "other", "--reason", "unpaid", check=False)
    assert again.returncode == 2 and "is paused already" in again.stderr
    never = relay.cli("account", "resume", "sandbox", "--reason", "why not", check=False)
    assert never.returncode == 2 and "is not paused" in never.stderr
    for words in (("--reason", ""), ("--reason", "x", "--by", "postrider"), ("--reason", "x" * 501)):
        wrong = relay.cli("account", "resume", "other", *words, check=False)
        assert wrong.returncode == 2 and ("bytes" in wrong.stderr or "who you are" in wrong.stderr)
    assert relay.cli("account", "health", "nobody", check=False).returncode == 3
    events = [e for e in relay.events(type="operational") if "mail of account" in e["detail"]]
    assert [(e["user"], e["detail"]) for e in events] == [
        ("ann", "the bulk mail of account other is paused by ann: unpaid")]


def test_limits_change_with_a_reload_and_wrong_ones_are_refused(start_relay, sink):
    relay = start_relay("--set", "health.bounces_pause=0", *LIMITS[:2], routes=[f"*={sink.route}"])
    send_bulk(relay, *several("user-unknown", 12))
    wait_for("a warning", lambda: told(relay), explain=relay.explain)
    assert not health(relay)["bulk_paused"]
    wrong = relay.cli("check", "--set", "health.bounces_warn=30", "--set", "health.bounces_pause=10", check=False)
    assert wrong.returncode == 2 and "health.bounces_warn" in wrong.stdout + wrong.stderr
