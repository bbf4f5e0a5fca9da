"""`postrider stats` and the consumers of the event log: figures that a recount of the raw log confirms."""
import datetime
import json
import os
import pty
import random
import subprocess
import time

import pytest

from numbered_load import NumberedLoad
from raw_http import control
from recount import assert_counted_right, shown, wait_until_counted
from relay import BINARY
from waiting import LIMIT_S, free_port, wait_for

ROUNDS = 4


@pytest.fixture
def mixed(relay, sink):
    """Two providers; delivered, deferred and then delivered, failed, refused."""
    sink.answer_recipient("late@example.net", ["451 4.7.1 later", "250 ok"])
    sink.answer_recipient("nobody@example.net", ["550 5.1.1 no such user"])
    relay.submit(to=["ann@example.net", "late@example.net", "nobody@example.net"])
    relay.submit(to="delivered@simulator.test")
    relay.submit(to="user-unknown@simulator.test")
    relay.wait_for_event("deferred")
    relay.advance("2h")
    relay.wait_for_events("delivered", 3)
    relay.wait_for_events("failed", 2)
    return relay


def test_figures_are_those_of_a_recount(mixed):
    events = assert_counted_right(mixed)
    total = json.loads(mixed.cli("stats", "--by", "total", "--json"))["total"]
    accepted = [e for e in events if e["type"] == "accepted"]
    assert total["accepted"] == len(accepted) >= 5
    assert total["accepted_bytes"] == sum(e["size"] for e in accepted)
    assert total["rates"]["delivery"] == pytest.approx(total["delivered"] / total["accepted"])
    took = sorted(e["queue_ms"] for e in events if e["type"] == "delivered")
    assert total["delivery_ms"]["p99"] == pytest.approx(took[-1], rel=1 / 32)
    assert total["delivery_ms"]["p50"] == pytest.approx(took[(len(took) - 1) // 2], rel=1 / 32, abs=1)


def test_one_domain_and_one_account_have_figures_of_their_own(mixed):
    wait_until_counted(mixed)
    account = json.loads(mixed.cli("account", "list", "--json"))["accounts"][0]["name"]
    assert shown(mixed, "total", "--account", account)[""]["accepted"] >= 5
    by_account = shown(mixed, "account")
    assert by_account[account]["accepted"] >= 5
    chart = shown(mixed, "hour", "--domain", "EXAMPLE.org")
    assert sum(c["accepted"] for c in chart.values() if "accepted" in c) == 5
    assert shown(mixed, "total", "--domain", "nobody.example") == {}


def test_figures_stay_readable_without_a_relay(mixed):
    wait_until_counted(mixed)
    today = datetime.datetime.now(datetime.timezone.utc).date()
    times = ("--from", str(today - datetime.timedelta(1)), "--to", str(today + datetime.timedelta(3)))
    before = shown(mixed, "provider", *times)
    mixed.stop()
    assert shown(mixed, "provider", *times) == before != {}


@pytest.mark.parametrize("words, says", [
    (["--by", "colour"], "by: 'colour' is none of hour, day, total, account, stream, domain, provider"),
    (["--from", "yesterday"], "from: 'yesterday' is neither a time"),
    (["--to", "2026-99-01"], "to: '2026-99-01' is neither a time"),
    (["--from", "2026-01-02", "--to", "2026-01-01"], "from: 2026-01-02T00:00:00.000Z is not before the end"),
    (["--by", "hour", "--from", "300d"], "from: that is"),
    (["--account", "nobody"], "there is no account 'nobody'"),
    (["--domain", "a.example", "--stream", "bulk"], "one of them at a time"),
    (["--by", "provider", "--domain", "a.example"], "by: of one domain there are figures by hour, day and total"),
    (["--stream", "spam"], "stream: 'spam' is none of bulk, transactional"),
    (["--category", "bad"], "category: 'bad' is none of "),
    (["--country", "Germany"], "country: 'Germany' is not two letters"),
    (["--limit", "0"], "limit must be a whole number from 1 to 10000"),
])
def test_wrong_parameters_are_named(shared_relay, words, says):
    done = shared_relay.cli("stats", *words, check=False)
    assert done.returncode in (2, 3) and says in done.stderr, done.stderr


def test_parameter_that_nobody_knows_is_a_400_that_names_it(shared_relay):
    status, body = control(shared_relay, "GET", "/v1/statistics?colour=red")
    assert status == 400 and "'colour' is not a parameter: there are by, from" in body


@pytest.mark.parametrize("query, says", [
    ("by=colour", "by: 'colour' is none of hour, day, total"),
    ("stream=spam", "stream: 'spam' is none of bulk, transactional"),
    ("domain=", "domain is empty"),
    ("from=soon", "from: 'soon' is neither a time"),
    ("limit=0", "limit must be a whole number from 1 to 10000"),
])
def test_wrong_parameters_are_400s_that_name_them(shared_relay, query, says):
    status, body = control(shared_relay, "GET", f"/v1/statistics?{query}")
    assert (status, says in body) == (400, True), body


def test_account_that_is_not_there_is_a_404(shared_relay):
    status, body = control(shared_relay, "GET", "/v1/statistics?account=nobody")
    assert status == 404 and "account: there is no account 'nobody'" in body


def test_terminal_gets_bars_and_a_pipe_none(mixed):
    wait_until_counted(mixed)
    assert "█" not in mixed.cli("stats", "--by", "provider")
    ours, theirs = pty.openpty()
    subprocess.run([BINARY, "--data", str(mixed.data), "stats", "--by", "provider"], stdout=theirs, timeout=LIMIT_S)
    assert "█" in os.read(ours, 65536).decode()
    os.close(ours), os.close(theirs)


def test_counters_equal_a_recount_after_each_kill_9(start_relay, sink):
    relay = start_relay("--smtp-port", str(free_port()), routes=[f"*={sink.route}"], test_clock=False)
    seed = random.randrange(1 << 30)
    moments = random.Random(seed)
    for round_ in range(ROUNDS):
        load = NumberedLoad(relay, first=round_ * 1_000_000)
        time.sleep(moments.uniform(0.2, 1.2))  # the load itself, not a wait for something
        relay.kill()
        load.end()
        relay.start()
        wait_for_rest(relay)
        events = assert_counted_right(relay)
        assert len(events) > 100 * round_, seed


def wait_for_rest(relay):
    def is_empty():
        queue = json.loads(relay.cli("status", "--json"))["queue"]
        return queue["scheduled"] + queue["looking_up"] + queue["ready"] == 0 or None
    wait_for("the queue to empty", is_empty, limit_s=2 * LIMIT_S, explain=relay.explain)
    settled = [-1]

    def is_quiet():
        last = json.loads(relay.cli("status", "--json"))["last_event"]
        same = last == settled[0]
        settled[0] = last
        return same
    wait_for("quiet", is_quiet, explain=relay.explain)


def test_replay_counts_the_same_again(mixed):
    events = assert_counted_right(mixed)
    assert "begins again at event 1" in mixed.cli("events", "replay", "statistics", "--from", "1")
    wait_for("it to begin again", lambda: "begins again" in mixed.log.read_text(), explain=mixed.explain)
    assert assert_counted_right(mixed)[:len(events)] == events  # the replay itself is told behind them


@pytest.mark.parametrize("words, says, status", [
    (["nobody", "--from", "1"], "no consumer is called 'nobody'", 3),
    (["statistics", "--from", "2"], "say --from 1", 2),
    (["statistics", "--from", "1000000"], "lies outside of the event log", 2),
    (["statistics", "--from", "soon"], "neither a sequence number", 2),
])
def test_replay_that_cant_be_says_what_can(mixed, words, says, status):
    done = mixed.cli("events", "replay", *words, check=False)
    assert done.returncode == status and says in done.stderr, done.stderr


def test_consumers_and_their_lag_are_shown(mixed):
    wait_until_counted(mixed)
    assert "statistics" in mixed.cli("events", "consumers")
    mixed.stop()
    assert "not running" in mixed.cli("events", "consumers")
