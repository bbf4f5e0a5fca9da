"""`[[export]]` of type clickhouse, against the real server: every event at least once, none twice behind FINAL."""
import datetime
import http.server
import json
import os
import random
import threading
import time

import pytest

from clickhouse import ClickHouse
from numbered_load import NumberedLoad
from relay import BINARY
from waiting import LIMIT_S, free_port, wait_for

ROUNDS = int(os.environ.get("POSTRIDER_KILL_ROUNDS", "3"))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = ClickHouse(tmp_path_factory.mktemp("clickhouse") / "server")
    yield server
    server.kill()


@pytest.fixture
def clickhouse(server, relay_free_cli):
    """With an empty table, made by the definition that the product prints."""
    server.ask("DROP TABLE IF EXISTS postrider_events")
    server.ask(relay_free_cli("events", "clickhouse-table").rstrip().rstrip(";"))
    return server


@pytest.fixture
def relay_free_cli():
    import subprocess
    return lambda *words: subprocess.run([BINARY, *words], capture_output=True, text=True, check=True).stdout


def wait_until_exported(relay, clickhouse, name="warehouse"):
    """All that there is now; returns it."""
    events = relay.events()

    def is_there():
        consumers = json.loads(relay.cli("events", "consumers", "--json"))["consumers"]
        return any(c["name"] == f"export:{name}" and c["next"] > events[-1]["sequence"] for c in consumers)
    wait_for("the export", is_there, limit_s=3 * LIMIT_S, explain=lambda: relay.explain() + clickhouse.explain())
    return events


def settled(relay):
    def is_settled():
        types = [e["type"] for e in relay.events()]
        return types.count("accepted") == types.count("delivered") > 0
    wait_for("all mail to be delivered", is_settled, limit_s=3 * LIMIT_S, explain=relay.explain)


def killed_under_load(relay):
    """kill -9 at random moments; all has settled then. The seed of the moments."""
    seed = random.randrange(1 << 30)
    moments = random.Random(seed)
    for round_ in range(ROUNDS):
        load = NumberedLoad(relay, first=round_ * 1_000_000)
        time.sleep(moments.uniform(0.3, 1.2))  # the load itself, not a wait for something
        relay.kill()
        load.end()
        relay.start()
    settled(relay)
    return seed


def as_row(event):
    """What the table is to have of it, but for what it does not say."""
    def seconds(text):
        return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
    row = {key: str(value) if isinstance(value, int) else value for key, value in event.items()}
    row["time_ms"] = str(round(seconds(event["time"]) * 1000))
    for key in ("time", "next_attempt"):
        if key in event:
            row[key] = datetime.datetime.fromtimestamp(int(seconds(event[key])), datetime.timezone.utc).strftime(
                "%Y-%m-%d %H:%M:%S")
    return row


def test_every_field_of_every_event_is_in_the_table(start_relay, sink, clickhouse):
    relay = start_relay(*clickhouse.export(), routes=[f"*={sink.route}"])
    sink.answer_recipient("late@example.net", ["451 4.7.1 it's \"later\" \\ \t", "250 ok"])
    relay.submit(to=["ann@example.net", "late@example.net", "bo@example.net"], subject="it's 'n' \\ more")
    relay.wait_for_event("deferred")
    events = wait_until_exported(relay, clickhouse)
    rows = clickhouse.ask("SELECT * FROM postrider_events FINAL ORDER BY sequence FORMAT JSONEachRow")
    nothing = ("", "0", "0000-00-00 00:00:00", "1970-01-01 00:00:00")
    said = [{k: v for k, v in row.items() if v not in nothing} for row in rows]
    wanted = [{k: v for k, v in as_row(e).items() if v not in ("", "0")} for e in events]
    assert said == wanted


def test_what_comes_while_the_server_is_down_is_there_later(start_relay, sink, clickhouse):
    relay = start_relay(*clickhouse.export(), routes=[f"*={sink.route}"])
    relay.submit()
    relay.wait_for_event("delivered")
    before = wait_until_exported(relay, clickhouse)
    clickhouse.kill()
    try:
        relay.submit(to=[f"u{i}@example.net" for i in range(30)])
        relay.wait_for_events("delivered", 31)  # nobody's mail waits for it
        wait_for("the metric", lambda: relay.metric('postrider_consumer_stopped{consumer="export:warehouse"}'),
                 explain=relay.explain)
        assert relay.metric('postrider_consumer_lag_events{consumer="export:warehouse"}') >= 30
        assert relay.metric('postrider_consumer_failures_total{consumer="export:warehouse"}') >= 1
        told = wait_for("an event", lambda: [e for e in relay.events(type="operational")
                                             if e["what"] == "consumer_stopped"], explain=relay.explain)
        assert "export:warehouse" in told[0]["detail"] and "Connection refused" in told[0]["detail"]
    finally:
        clickhouse.start()
    relay.wait_for_event("operational", what="consumer_goes_on")
    events = wait_until_exported(relay, clickhouse)
    assert len(events) > len(before) + 60
    assert clickhouse.count() == clickhouse.count(table="postrider_events") == len(events)


class Refusing(http.server.BaseHTTPRequestHandler):
    """500 for the first few, an answer that does not come, one that comes after the rows have been taken: the real
    server behind it."""
    protocol_version = "HTTP/1.1"
    clickhouse, script = None, []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        act = self.script.pop(0) if self.script else "pass"
        if act == "500":
            self.answer(500, b"Code: 241, e.displayText() = DB::Exception: Memory limit exceeded")
            return
        status, text = self.forward(body)
        if act == "lost":  # it has them, and we do not hear of it
            self.close_connection = True
        else:
            self.answer(status, text)

    def forward(self, body):
        import urllib.request
        request = urllib.request.Request(f"http://127.0.0.1:{self.clickhouse.http}{self.path}", data=body, headers={
            "Authorization": self.headers["Authorization"]})
        with urllib.request.urlopen(request, timeout=LIMIT_S) as answer:
            return answer.status, answer.read()

    def answer(self, status, text):
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


def test_refused_and_unanswered_inserts_come_again_and_count_once(start_relay, sink, clickhouse):
    class Front(Refusing):
        pass
    Front.clickhouse, Front.script = clickhouse, ["500", "500", "lost", "pass", "lost"]
    front = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Front)
    threading.Thread(target=front.serve_forever, daemon=True).start()
    relay = start_relay(*clickhouse.export(port=front.server_address[1]), routes=[f"*={sink.route}"])
    relay.submit()
    relay.wait_for_event("delivered")
    wait_for("it to be refused", lambda: "Memory limit exceeded" in relay.log.read_text(), explain=relay.explain)
    wait_until_exported(relay, clickhouse)
    relay.submit(to=["bo@example.net", "cy@example.net"])
    relay.wait_for_events("delivered", 3)
    events = wait_until_exported(relay, clickhouse)
    assert clickhouse.count(table="postrider_events") > len(events), "nothing came twice: no test"
    assert clickhouse.count() == clickhouse.count("uniqExact(sequence)") == len(events)
    assert not Front.script
    front.shutdown()


def test_nothing_is_lost_nor_doubled_by_kill_9(start_relay, sink, clickhouse):
    relay = start_relay("--smtp-port", str(free_port()), *clickhouse.export(batch=500), routes=[f"*={sink.route}"],
                        test_clock=False)
    seed = killed_under_load(relay)
    events = wait_until_exported(relay, clickhouse)
    rows = clickhouse.ask("SELECT sequence, type, to FROM postrider_events FINAL ORDER BY sequence FORMAT JSONEachRow")
    assert [(int(r["sequence"]), r["type"], r["to"]) for r in rows] == [
        (e["sequence"], e["type"], e.get("to", "")) for e in events], seed


def test_replay_sends_everything_again_and_the_table_has_it_once(start_relay, sink, clickhouse):
    relay = start_relay(*clickhouse.export(), routes=[f"*={sink.route}"])
    relay.submit(to=["ann@example.net", "bo@example.net"])
    relay.wait_for_events("delivered", 2)
    wait_until_exported(relay, clickhouse)
    before = clickhouse.count(table="postrider_events")
    relay.cli("events", "replay", "export:warehouse", "--from", "1")
    wait_for("the copies", lambda: clickhouse.count(table="postrider_events") >= 2 * before, explain=relay.explain)
    assert len(wait_until_exported(relay, clickhouse)) == clickhouse.count()


def test_only_what_is_asked_for_and_only_from_now_on(start_relay, sink, clickhouse):
    relay = start_relay(routes=[f"*={sink.route}"])
    relay.submit(to="before@example.net")
    relay.wait_for_event("delivered")
    account = json.loads(relay.cli("account", "list", "--json"))["accounts"][0]["name"]
    relay.stop()
    relay.command += clickhouse.export(types=["delivered"], accounts=[account], start="end")
    relay.command += ["--set", 'log.level="debug"']
    relay.start()
    wait_for("it to begin", lambda: "export:warehouse" in relay.cli("events", "consumers"), explain=relay.explain)
    relay.submit(to="after@example.net")
    relay.wait_for_events("delivered", 2)
    wait_until_exported(relay, clickhouse)
    rows = clickhouse.ask("SELECT type, to FROM postrider_events FORMAT JSONEachRow")
    assert rows == [{"type": "delivered", "to": "after@example.net"}]


def test_a_table_of_an_older_version_takes_what_it_has_columns_for(start_relay, sink, clickhouse):
    clickhouse.ask("ALTER TABLE postrider_events DROP COLUMN enhanced")
    relay = start_relay(*clickhouse.export(), routes=[f"*={sink.route}"])
    relay.submit()
    relay.wait_for_event("delivered")
    assert len(wait_until_exported(relay, clickhouse)) == clickhouse.count()
