"""The machine's clock is set while mail waits: nothing expires, hurries or is stuck because of it."""
import calendar
import json
import time

import pytest

from peers.wall_clock import WallClock
from relay import IS_SANITIZED
from waiting import wait_for

pytestmark = pytest.mark.skipif(IS_SANITIZED, reason="a sanitizer must be loaded first, and so must the clock")

HOUR_S, DAY_S = 3600, 86_400
RULES = ('retry.rule=[{domain="soon.example", waits=["2s"], expire_after="1h"}, '
         '{domain="later.example", waits=["1h"], expire_after="120h"}, '
         '{domain="brief.example", waits=["1h"], expire_after="2h"}]')
DOMAINS = ("soon.example", "later.example", "brief.example")
SHORTEST_WAIT_S = 1.8  # of soon.example, with its jitter
EACH = 20              # recipients of a domain


@pytest.fixture
def clock(tmp_path):
    return WallClock(tmp_path)


@pytest.fixture
def relay(start_relay, sink, clock):
    """With a message to each of many that have had their first attempt, in vain."""
    relay = start_relay("--set", RULES, "--dkim", "none", routes=[f"*={sink.route}"], test_clock=False)
    relay.stop()
    relay.command = clock.command(relay.command)
    relay.start()
    sink.answer("RCPT", ["451 4.7.1 later"])
    for domain in DOMAINS:
        relay.submit(to=[f"r{number}@{domain}" for number in range(EACH)])
    relay.wait_for_events("deferred", EACH * len(DOMAINS), attempt=1)
    return relay


def attempts_at(relay, domain):
    """How often each recipient of a domain has been tried."""
    events = [e for e in relay.events(type="deferred") if e["to"].endswith(f"@{domain}")]
    return [max(e["attempt"] for e in events if e["to"] == to) for to in sorted({e["to"] for e in events})]


def wait_for_attempt(relay, number):
    """Of everybody who is to be tried soon."""
    wait_for(f"attempt {number}", lambda: min(attempts_at(relay, "soon.example")) >= number, explain=relay.explain)


def seconds_ahead(text):
    """Of a time as the relay shows it, before the true time."""
    return calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")) - time.time()


@pytest.mark.parametrize("by", [DAY_S, -DAY_S], ids=["forwards", "backwards"])
def test_clock_that_is_set_by_a_day(relay, sink, clock, by):
    began, before = time.monotonic(), max(attempts_at(relay, "soon.example"))
    clock.set_by(by)
    wait_for_attempt(relay, before + 2)
    waves = 1 + (time.monotonic() - began) / SHORTEST_WAIT_S
    assert max(attempts_at(relay, "soon.example")) <= before + waves, "a storm"
    assert attempts_at(relay, "later.example") == [1] * EACH
    assert attempts_at(relay, "brief.example") == [1] * EACH
    assert not relay.events(type="expired") and not relay.events(type="failed")

    last = relay.events(type="deferred", to="r0@soon.example")[-1]
    assert abs(seconds_ahead(last["next_attempt"]) - by) < HOUR_S / 2, "people see the clock as it is"
    queue = json.loads(relay.cli("queue", "--json"))
    assert all(abs(seconds_ahead(site["next_due"]) - by) < 1.5 * HOUR_S for site in queue["sites"] if site["scheduled"])

    sink.answer("RCPT", ["250 ok"])
    relay.submit(to="new@later.example")
    relay.wait_for_events("delivered", EACH + 1)
    assert len(sink.messages) == EACH + 1


def test_clock_that_was_set_back_before_a_restart(relay, sink, clock):
    """What was to be tried in an hour by a clock that was a day ahead is not stuck for that day."""
    clock.set_by(DAY_S)
    relay.cli("queue", "retry", "later.example")
    relay.wait_for_events("deferred", EACH, attempt=2)
    relay.kill()
    clock.set_by(0)
    relay.start()
    queue = json.loads(relay.cli("queue", "--json"))
    assert [site["scheduled"] > 0 and seconds_ahead(site["next_due"]) < 1.5 * HOUR_S for site in queue["sites"]]
    recipients = json.loads(relay.cli("queue", "list", "--domain", "later.example", "--json"))["recipients"]
    assert len(recipients) == EACH
    assert max(seconds_ahead(recipient["due"]) for recipient in recipients) < 1.5 * HOUR_S
