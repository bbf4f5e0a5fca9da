"""Receivers that misbehave: mail for them stays queued or gets through, and nobody else feels it."""
import collections
import dataclasses
import itertools
import re
import time
from collections.abc import Callable
from functools import partial

import pytest

from healthy import Healthy
from peers import misbehaving as do
from peers.misbehaving import (CONNECT, CONTENT, DATA, DOT, EHLO, MAIL, RCPT, SECURED, STEPS, TAKEN, TLS,
                               FullBacklog, Misbehaving)
from relay import IS_SANITIZED, Relay
from sink import Sink
from waiting import LIMIT_S

# A stalled step lasts this long; nobody else's mail may wait for it.
STEP_S = 3 * LIMIT_S // 20
PATIENCE = [word for name in ("greeting", "hello", "tls", "mail", "recipient", "data", "block", "dot")
            for word in ("--set", f'delivery.timeouts.{name}="{STEP_S}s"')]
PATIENCE += ["--set", 'delivery.timeouts.quit="200ms"', "--set", f'delivery.connect_timeout="{STEP_S}s"']
TLS_REQUIRED = ["--set", 'site=[{domain="*.strict.example", tls="required"}]']
LONG_LINES = "x" * 78 + "\r\n"
LONG_MESSAGE = LONG_LINES * 60_000  # more than the buffers between us take


@dataclasses.dataclass
class Row:
    name: str
    make: Callable[[], Misbehaving]
    says: str                  # what the event of the first attempt must say
    outcome: str = "deferred"  # of the first attempt
    copies: int = 1            # that may arrive at most; never none
    strict: bool = False       # TLS is required there
    body: str = "hello"
    peer: Misbehaving = None   # while the test runs

    @property
    def domain(self):
        return f"{self.name}.{'strict.' if self.strict else ''}example"

    @property
    def address(self):
        return f"ann@{self.domain}"


BROKEN = "the peer closed the connection"
SLOW = "no answer within the limit"
IN_TLS = "STARTTLS with .*(TLS handshake|in the clear behind STARTTLS)"
NONSENSE = r"(not an SMTP reply|longer than \d+ bytes|more than \d+ lines)"
# At connect, 'the' reply is the greeting.
ACTS = {do.reset: BROKEN, do.close: BROKEN, do.half_a_reply: BROKEN, do.stall: SLOW, do.drip: SLOW,
        do.binary: NONSENSE, do.zeros: NONSENSE, do.endless_line: NONSENSE, do.http: NONSENSE,
        do.tls_alert: SLOW, do.many_lines: NONSENSE}
WHERE = {CONNECT: "greeting", EHLO: "EHLO", SECURED: "EHLO", MAIL: "MAIL", RCPT: "MAIL|RCPT", DATA: "MAIL|RCPT|DATA",
         CONTENT: "content|message", DOT: "after the final dot", TAKEN: "after the final dot"}
IN_HANDSHAKE = (do.reset, do.close, do.stall, do.binary, do.http, do.tls_alert, do.wrong_tls_version,
                do.handshake_cut, do.handshake_reset, do.certificate_of_junk)


def rows_of_the_dialogue():
    for step in (CONNECT, EHLO, MAIL, RCPT, DATA, CONTENT, DOT, TAKEN):
        for act, says in ACTS.items():
            for extensions in (["PIPELINING"], []) if act in (do.reset, do.close, do.stall) else (["PIPELINING"],):
                # Who has taken a message and whose answer was lost gets it again.
                yield Row(f"{act.__name__}-at-{step}{'' if extensions else '-in-lock-step'}".replace("_", "-"),
                          partial(Misbehaving, step, act, extensions), f"({WHERE[step]}).*{says}",
                          copies=2 if step == TAKEN else 1, body=LONG_MESSAGE if step == CONTENT else "hello")


def rows_of_tls():
    for act in IN_HANDSHAKE:
        name = act.__name__.replace("_", "-")
        make = partial(Misbehaving, TLS, act, ["STARTTLS"])
        yield Row(f"{name}-in-handshake", make, "250", outcome="delivered")
        yield Row(f"{name}-in-handshake", make, IN_TLS, strict=True)
    for act in (do.reset, do.close, do.stall, do.binary):
        name = f"{act.__name__.replace('_', '-')}-under-tls"
        make = partial(Misbehaving, SECURED, act, ["STARTTLS"])
        yield Row(name, make, "250", outcome="delivered")
        yield Row(name, make, f"EHLO.*{ACTS[act]}", strict=True)


def other_rows():
    yield Row("nobody-accepts", FullBacklog, "connecting to .*no connection within the limit")
    yield Row("stops-reading", partial(Misbehaving, CONTENT, do.stop_reading), f"content.*{SLOW}", body=LONG_MESSAGE)
    yield Row("one-byte-writes", partial(Misbehaving, bytewise=True), "250", outcome="delivered")
    yield Row("one-byte-writes-in-lock-step", partial(Misbehaving, extensions=[], bytewise=True), "250",
              outcome="delivered")


def all_rows():
    return [*rows_of_the_dialogue(), *rows_of_tls(), *other_rows()]


@dataclasses.dataclass
class Told:
    """What became of all rows, and of the healthy receiver's mail meanwhile."""
    events: dict
    delivered_meanwhile: list  # how long each took
    relay: Relay


def outcomes(relay):
    """By recipient, oldest first."""
    events = collections.defaultdict(list)
    for event in relay.events():
        if event["type"] in ("delivered", "deferred", "failed", "expired"):
            events[event["to"]].append(event)
    return events


@pytest.fixture(scope="module")
def rows():
    rows = all_rows()
    for row in rows:
        row.peer = row.make()
    yield {(row.name, row.strict): row for row in rows}
    for row in rows:
        row.peer.close()


@pytest.fixture(scope="module")
def told(tmp_path_factory, rows):
    """All rows beside each other, at one relay: one attempt, then the peers behave, then another."""
    sink = Sink()
    routes = [f"healthy.example={sink.route}"] + [f"{row.domain}={row.peer.route}" for row in rows.values()]
    relay = Relay(tmp_path_factory.mktemp("peers"), *PATIENCE, *TLS_REQUIRED, routes=routes)
    with Healthy(relay, sink, (f"r{number}@healthy.example" for number in itertools.count())) as healthy:
        healthy.run_for(30)
        began = len(healthy.took)
        for row in rows.values():
            relay.submit(to=row.address, body=row.body)
        wait_for_all(relay, rows, lambda events: True)
        meanwhile = healthy.took[began:]
        for row in rows.values():
            row.peer.behave()
        relay.advance("10m")
        wait_for_all(relay, rows, lambda events: events[-1]["type"] == "delivered")
    yield Told(outcomes(relay), meanwhile, relay)
    relay.stop()
    sink.close()


def wait_for_all(relay, rows, is_done):
    """Or until the limit: each row's own test says what is missing there."""
    end = time.monotonic() + LIMIT_S
    while time.monotonic() < end:
        events = outcomes(relay)
        if all(events[row.address] and is_done(events[row.address]) for row in rows.values()):
            return
        time.sleep(0.1)


@pytest.mark.parametrize("row", [(row.name, row.strict) for row in all_rows()],
                         ids=lambda row: row[0] + ("-tls-required" if row[1] else ""))
def test_peer_that(told, rows, row):
    row = rows[row]
    events = told.events[row.address]
    assert events, told.relay.explain()
    assert events[0]["type"] == row.outcome, events
    assert re.search(row.says, events[0]["reply"], re.DOTALL), events[0]
    assert [e["type"] for e in events if e["type"] in ("failed", "expired")] == []
    assert events[-1]["type"] == "delivered", events
    assert 1 <= len(row.peer.messages) <= row.copies, row.peer.messages
    if row.strict:
        assert row.peer.in_the_clear == 0


def test_healthy_receiver_feels_nothing_of_the_others(told):
    assert len(told.delivered_meanwhile) >= 20
    assert max(told.delivered_meanwhile) < STEP_S, "it waited for somebody who stalls"
    healthy = [e for to, events in told.events.items() if to.endswith("@healthy.example") for e in events]
    assert {(e["type"], e["attempt"]) for e in healthy} == {("delivered", 1)}


def test_healthy_mail_is_through_while_others_stall_for_minutes(start_relay, sink):
    """With the time limits as they are: all of it arrives before the first stalled step has ended."""
    stalled = [Misbehaving(step, do.stall, ["PIPELINING", "STARTTLS"]) for step in STEPS if step != CONTENT]
    stalled += [Misbehaving(CONTENT, do.stop_reading)]
    routes = [f"*={sink.route}"] + [f"stalled{i}.example={peer.route}" for i, peer in enumerate(stalled)]
    relay = start_relay(routes=routes, test_clock=False)
    for i, peer in enumerate(stalled):
        relay.submit(to=[f"r{n}@stalled{i}.example" for n in range(3)],
                     body=LONG_MESSAGE if peer.step == CONTENT else "hello")
    for peer in stalled:
        assert peer.waiting.wait(LIMIT_S), peer.step
    with relay.client() as client:
        for number in range(200):
            client.sendmail("shop@example.org", [f"r{number}@healthy.example"], b"From: shop@example.org\r\n\r\nx\r\n")
    relay.wait_for_events("delivered", 200)
    assert len(sink.messages) == 200
    assert not relay.events(type="deferred")
    assert all(peer.is_holding_on() for peer in stalled), "then it shows nothing"
    for peer in stalled:
        peer.close()


def peak_memory(relay, reset=False):
    """Resident bytes, since the last reset."""
    if reset:
        with open(f"/proc/{relay.process.pid}/clear_refs", "w") as file:
            file.write("5")
    with open(f"/proc/{relay.process.pid}/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM"))


def test_reply_of_100000_lines_is_neither_kept_nor_read_to_its_end(start_relay, sink):
    """40 MB each, at every step, five times over: 1.2 GB in all if somebody kept them."""
    steps = (CONNECT, EHLO, MAIL, RCPT, DATA, DOT)
    peers = [Misbehaving(step, do.many_lines) for step in steps for _ in range(5)]
    routes = [f"*={sink.route}"] + [f"p{i}.example={peer.route}" for i, peer in enumerate(peers)]
    relay = start_relay("--dkim", "none", routes=routes)
    relay.submit()
    sink.wait_for_message()
    before = peak_memory(relay, reset=True)
    relay.submit(to=[f"ann@p{i}.example" for i in range(len(peers))])
    deferred = relay.wait_for_events("deferred", len(peers))
    assert IS_SANITIZED or peak_memory(relay) - before < 64 << 20
    assert max(len(event["reply"]) for event in deferred) <= 1000
    for peer in peers:
        peer.behave()
    relay.advance("10m")
    relay.wait_for_events("delivered", len(peers) + 1)
    for peer in peers:
        assert len(peer.messages) == 1
        peer.close()
