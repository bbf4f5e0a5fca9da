"""limits.memory: what comes in is slowed by 4xx before the process is larger than it may be."""
import json
import re
import socket
import subprocess
import threading

import pytest

from raw import Raw
from relay import BINARY
from reports import inbound
from waiting import LIMIT_S, wait_for

MIB = 1024 * 1024
BUDGET = 250 * MIB
CLIENTS, LARGE = 30, 20 * MIB  # 600 MiB in all
CONSUMERS_ROOM = 48 * MIB      # that the relay keeps for the consumers of the event log
WAITING_ROOM = 24 * MIB        # for what can't be delivered; a waiting recipient takes some 400 bytes


def peak_memory(relay):
    status = open(f"/proc/{relay.process.pid}/status", encoding="ascii").read()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024


def send(relay, size, answers):
    block = ("x" * 98 + "\r\n").encode() * 655
    with Raw(relay.address()) as raw:
        raw.login(relay.ready["user"], relay.ready["password"])
        if raw.say("MAIL FROM:<shop@example.org>")[0] == 452:
            answers.append(452)
            return
        raw.expect(250, "RCPT TO:<ann@example.net>")
        raw.expect(354, "DATA")
        raw.send("From: shop@example.org\r\n\r\n")
        for _ in range(size // len(block)):
            raw.send(block)
        answers.append(raw.say(".")[0])


@pytest.mark.skipif("san/" in BINARY, reason="a sanitizer's own memory counts too")
def test_large_messages_from_many_clients_stay_within_the_budget(start_relay, sink):
    relay = start_relay("--set", f'limits.memory="{BUDGET // MIB}MiB"', "--set", 'spool.memory="32MiB"',
                        "--set", 'delivery.fresh_memory="16MiB"', routes=[f"*={sink.route}"])
    answers = []
    clients = [threading.Thread(target=send, args=(relay, LARGE, answers)) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert len(answers) == CLIENTS and set(answers) <= {250, 452}
    assert 452 in answers
    assert peak_memory(relay) < BUDGET

    def is_taken_again():
        small = []
        send(relay, 0, small)
        return small == [250]
    wait_for("a small message to be taken again", is_taken_again)


@pytest.mark.skipif("san/" in BINARY, reason="a sanitizer's own memory counts too")
def test_reports_from_many_clients_stay_within_the_budget_as_well(start_relay, sink):
    """Anybody may send them, and each takes more than itself while it is read."""
    relay = start_relay("--set", f'limits.memory="{BUDGET // MIB}MiB"', "--set", 'spool.memory="32MiB"',
                        "--set", "return_path_domain=rp.example", routes=[f"*={sink.route}"])
    report = b"Subject: failure notice\r\n\r\n" + (b"x" * 98 + b"\r\n") * (LARGE // 100)
    answers = []

    def send_report():
        with inbound(relay) as client:
            if client.mail("")[0] == 452:
                answers.append(452)
                return
            client.rcpt("bounces@rp.example")
            answers.append(client.data(report)[0])
    clients = [threading.Thread(target=send_report) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert len(answers) == CLIENTS and set(answers) <= {250, 451, 452}
    assert 452 in answers
    assert peak_memory(relay) < BUDGET


@pytest.mark.skipif("san/" in BINARY, reason="a sanitizer's own memory counts too")
def test_who_submits_far_more_than_is_delivered_is_slowed(start_relay):
    """Nothing is delivered at all: the receiver takes connections and says no word."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(100)
        small = ["--set", 'spool.memory="8MiB"', "--set", 'delivery.fresh_memory="4MiB"']
        routes = [f"*=127.0.0.1:{silent.getsockname()[1]}"]
        before = start_relay(*small, routes=routes)
        flood(before, messages=1000)  # the database's buffers are full then
        budget = (peak_memory(before) + WAITING_ROOM + CONSUMERS_ROOM) // MIB
        before.stop()

        relay = start_relay(*small, "--set", f'limits.memory="{budget}MiB"', routes=routes)
        answers = flood(relay, messages=8000)
        assert answers["accepted"] > 0 and answers["unanswered"] == 0
        assert answers["refused"] > answers["accepted"], answers
        assert peak_memory(relay) < budget * MIB


def flood(relay, messages):
    """Of 50 recipients each, as fast as it goes; what they were answered."""
    done = subprocess.run([BINARY, "--json", "load", "--to", relay.ready["smtp"], "--user", relay.ready["user"],
                           "--password", relay.ready["password"], "--from", "shop@example.org", "--size", "2KiB",
                           "--connections", "10", "--recipients", "50", "--messages", str(messages)],
                          capture_output=True, text=True, timeout=3 * LIMIT_S, check=False)
    return json.loads(done.stdout)
