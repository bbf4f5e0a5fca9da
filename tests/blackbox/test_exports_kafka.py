"""`[[export]]` of type kafka, against librdkafka's mock cluster: at least once, in order for each message."""
import collections
import json
import select
import subprocess
import time

import pytest

from relay import ROOT
from test_exports_clickhouse import killed_under_load
from waiting import LIMIT_S, free_port, wait_for

TOOL = ROOT / "build/release/tests/tools/kafka_brokers"


class Brokers:
    def __init__(self):
        if not TOOL.exists():
            pytest.skip(f"{TOOL} is not built")
        self.process = subprocess.Popen([TOOL], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.addresses = self._line().split(",")

    def close(self):
        self.process.stdin.close()
        self.process.wait(LIMIT_S)

    def do(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return self._line()

    def messages(self):
        """(partition, key, event) of all that has arrived."""
        count = int(self.do("read"))
        lines = [self.process.stdout.readline().rstrip("\n").split("\t", 2) for _ in range(count)]
        return [(int(partition), key, json.loads(value)) for partition, key, value in lines]

    def export(self, **more):
        options = {"name": "stream", "type": "kafka", "brokers": self.addresses, "topic": "events",
                   "gather": "50ms", **more}
        return ["--set", "export=[{%s}]" % ", ".join(f"{k} = {json.dumps(v)}" for k, v in options.items())]

    def _line(self):
        readable, _, _ = select.select([self.process.stdout], [], [], 2 * LIMIT_S)
        assert readable, "the brokers do not answer"
        return self.process.stdout.readline().strip()


@pytest.fixture
def brokers():
    brokers = Brokers()
    yield brokers
    brokers.close()


def wait_until_exported(relay):
    events = relay.events()

    def is_there():
        consumers = json.loads(relay.cli("events", "consumers", "--json"))["consumers"]
        return any(c["name"] == "export:stream" and c["next"] > events[-1]["sequence"] for c in consumers)
    wait_for("the export", is_there, limit_s=5 * LIMIT_S, explain=relay.explain)
    return events


def first_of_each(messages):
    """The events by sequence, without copies."""
    return [event for _, event in sorted({e["sequence"]: e for _, _, e in messages}.items())]


def assert_in_order(messages):
    """Within a key, which has one partition: copies aside, by sequence."""
    partitions, seen = collections.defaultdict(set), collections.defaultdict(list)
    for partition, key, event in messages:
        if not key:
            continue
        assert key == str(event["message"])
        partitions[key].add(partition)
        if event["sequence"] not in seen[key]:
            seen[key].append(event["sequence"])
    assert all(len(p) == 1 for p in partitions.values())
    assert all(numbers == sorted(numbers) for numbers in seen.values())


def test_every_event_arrives_once_and_in_order(start_relay, sink, brokers):
    relay = start_relay(*brokers.export(), routes=[f"*={sink.route}"])
    relay.submit(to=[f"u{i}@example.net" for i in range(20)])
    relay.submit(subject="more")
    relay.wait_for_events("delivered", 21)
    events = wait_until_exported(relay)
    messages = brokers.messages()
    assert sorted((e for _, _, e in messages), key=lambda e: e["sequence"]) == events
    assert_in_order(messages)


def test_brokers_that_refuse_or_are_gone_delay_the_export_alone(start_relay, sink, brokers):
    relay = start_relay(*brokers.export(), routes=[f"*={sink.route}"])
    relay.submit()
    relay.wait_for_event("delivered")
    wait_until_exported(relay)
    brokers.do("refuse 3")
    brokers.do("down 1")
    brokers.do("down 2")
    relay.submit(to=[f"u{i}@example.net" for i in range(20)])
    relay.wait_for_events("delivered", 21)
    wait_for("the metric", lambda: relay.metric('postrider_consumer_stopped{consumer="export:stream"}'),
             explain=relay.explain)
    assert "no report of" in relay.cli("events", "consumers")
    brokers.do("up 1")
    brokers.do("up 2")
    events = wait_until_exported(relay)
    messages = brokers.messages()
    assert first_of_each(messages) == events
    assert len(messages) == len(events), "the producer itself sends nothing twice"
    assert_in_order(messages)


def test_nothing_is_lost_by_kill_9(start_relay, sink, brokers):
    relay = start_relay("--smtp-port", str(free_port()), *brokers.export(batch=500), routes=[f"*={sink.route}"],
                        test_clock=False)
    seed = killed_under_load(relay)
    events = wait_until_exported(relay)
    messages = brokers.messages()
    assert first_of_each(messages) == events, seed
    assert_in_order(messages)


def test_a_relay_whose_brokers_are_gone_stops_at_once(start_relay, sink, brokers):
    relay = start_relay(*brokers.export(), routes=[f"*={sink.route}"])
    brokers.do("down 1")
    brokers.do("down 2")
    relay.submit()
    relay.wait_for_event("delivered")
    began = time.monotonic()
    relay.stop()
    assert time.monotonic() - began < LIMIT_S / 2
