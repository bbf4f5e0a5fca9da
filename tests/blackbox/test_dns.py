"""Name servers that are down, slow, or lie: mail stays queued, and nobody else feels it."""
import dataclasses
import itertools
import selectors
import socket
import threading
import time

import dns.message
import dns.rcode
import pytest

from healthy import Healthy
from peers.scripted_dns import ScriptedDns, answer, name_of, type_of
from relay import Relay
from sink import Sink
from waiting import LIMIT_S, wait_for

ANSWER_S = 2 * LIMIT_S // 20  # how long the relay waits for a look-up


def honest(query):
    """Every domain has one mail host, which is where the sink listens."""
    name = name_of(query)
    if type_of(query) == "MX":
        return answer(query, (name, "MX", f"10 mx.{name}."))
    if type_of(query) == "A":
        return answer(query, (name, "A", "127.0.0.1"))
    return answer(query)


def failing(rcode):
    return lambda query: answer(query, rcode=rcode)


def silent(query):
    return None


def for_another_name(query):
    other = dns.message.make_query("other.test.", type_of(query), id=query.id)
    return answer(other, ("other.test", "MX", "10 mx.other.test."), ("other.test", "A", "127.0.0.1"))


def of_another_name(query):
    return answer(query, ("other.test", "MX", "10 mx.other.test."))


def of_wrong_type(query):
    return answer(query, (name_of(query), "TXT", '"mail here"'))


def with_wrong_id(query):
    reply = honest(query)
    reply.id ^= 0xFFFF
    return reply


def garbage(query):
    return query.id.to_bytes(2, "big") + b"\x84\x00\xff\xff\xff\xff" + bytes(range(256))


def tail_missing(query):
    return honest(query).to_wire()[:-3]


def malformed_host(query):
    wire = honest(query).to_wire()
    return wire.replace(b"\x02mx", b"\x02m\0") if type_of(query) == "MX" else wire


def pointer_loop(query):
    """The name of the record points at itself."""
    wire = query.to_wire()[:2] + b"\x84\x00\x00\x01\x00\x01\x00\x00\x00\x00"
    question = query.to_wire()[12:].split(b"\0\0\x29")[0]  # without EDNS
    at = len(wire) + len(question)
    return wire + question + (0xC000 | at).to_bytes(2, "big") + b"\x00\x0f\x00\x01\0\0\0\x05\x00\x04\0\x0a\xc0\x0c"


def no_mx_and_servfail_for_the_address(rcode):
    """What exists is doubtful: only one half of the story is told."""
    def script(query):
        return answer(query, rcode=rcode if type_of(query) == "MX" else dns.rcode.SERVFAIL)
    return script


def host_that(other):
    """An MX, and a host of it that is asked for in vain."""
    def script(query):
        return honest(query) if type_of(query) == "MX" else other(query)
    return script


def alias_of_itself(query):
    name = name_of(query)
    return answer(query, (name, "CNAME", f"{name}."))


def aliases_in_a_ring(query):
    name = name_of(query)
    other = name[2:] if name.startswith("b.") else f"b.{name}"
    return answer(query, (name, "CNAME", f"{other}."))


def endless_aliases(query):
    name = name_of(query)
    head, _, tail = name.partition(".")
    number = int(head[1:]) + 1 if head[1:].isdigit() else 0
    return answer(query, (name, "CNAME", f"x{number}.{tail if number else name}."))


TROUBLE = {
    "silent": silent, "refused": failing(dns.rcode.REFUSED), "servfail": failing(dns.rcode.SERVFAIL),
    "notimp": failing(dns.rcode.NOTIMP), "formerr": failing(dns.rcode.FORMERR),
    "for-another-name": for_another_name, "of-another-name": of_another_name, "wrong-type": of_wrong_type,
    "wrong-id": with_wrong_id, "garbage": garbage, "tail-missing": tail_missing,
    "malformed-host": malformed_host, "pointer-loop": pointer_loop,
    "nxdomain-then-servfail": no_mx_and_servfail_for_the_address(dns.rcode.NXDOMAIN),
    "nothing-then-servfail": no_mx_and_servfail_for_the_address(dns.rcode.NOERROR),
    "host-servfail": host_that(failing(dns.rcode.SERVFAIL)), "host-silent": host_that(silent),
    "host-nxdomain": host_that(failing(dns.rcode.NXDOMAIN)),
    "host-alias-ring": host_that(aliases_in_a_ring),
    "alias-of-itself": alias_of_itself, "alias-ring": aliases_in_a_ring, "endless-aliases": endless_aliases,
}
# An empty answer looks as the truth does, of a domain that takes no mail. Nobody can tell.
EMPTY = ("of-another-name", "wrong-type")
ZONE = "trouble.example"


@dataclasses.dataclass
class Told:
    """What became of each domain's message: the events of its recipient, oldest first."""
    events: dict
    meanwhile: list  # how long each of the healthy receiver's messages took
    asked: list


def zones(server):
    stubs = {zone: server.server for zone in (ZONE, "slow.example", "healthy.example", "many.example")}
    stubs["dead.example"] = "127.0.0.1@1"  # nobody listens there
    return ", ".join(f'"{zone}"="{where}"' for zone, where in stubs.items())


def options(server, port):
    return ["--set", f"dns.stubs={{{zones(server)}}}", "--set", f'dns.timeout="{ANSWER_S}s"',
            "--set", 'delivery.allowed_networks=["127.0.0.0/8"]', "--set", f"delivery.port={port}"]


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """All troubles beside each other, at one relay and one name server, and then the server is honest."""
    sink = Sink()
    scripts = {f"{name}.{ZONE}": script for name, script in TROUBLE.items()}
    server = ScriptedDns({**scripts, "slow.example": honest, "healthy.example": honest}, {"slow.example": 10})
    relay = Relay(tmp_path_factory.mktemp("dns"), *options(server, sink.port))
    domains = [*scripts, "slow.example", "dead.example"]
    with Healthy(relay, sink, (f"ann@d{number}.healthy.example" for number in itertools.count())) as healthy:
        healthy.run_for(20)
        began = len(healthy.took)
        for domain in domains:
            relay.submit(to=f"ann@{domain}")
        wait_for("an attempt for each", lambda: set(attempted(relay)) >= set(domains), explain=relay.explain)
        asked, meanwhile = list(server.asked), healthy.took[began:]
        server.scripts.update({domain: honest for domain in scripts})
    wanted = {f"{name}.{ZONE}" for name in TROUBLE if name not in EMPTY}
    for _ in range(20):
        time.sleep(0.5)  # libunbound keeps failures for some seconds, of real time
        relay.advance("61m")
        events = attempted(relay)
        if all(events[domain][-1]["type"] == "delivered" for domain in wanted):
            break
    yield Told(attempted(relay), meanwhile, asked)
    relay.stop()
    sink.close()
    server.close()


def attempted(relay):
    """By domain."""
    events = {}
    for event in relay.events():
        if event["type"] in ("delivered", "deferred", "failed", "expired"):
            events.setdefault(event["to"].rpartition("@")[2], []).append(event)
    return events


@pytest.mark.parametrize("name", [name for name in TROUBLE if name not in EMPTY])
def test_mail_waits_for_a_name_server_that_is(told, name):
    events = told.events[f"{name}.{ZONE}"]
    assert events[0]["type"] == "deferred"
    assert events[0]["enhanced"].startswith("4.4.3") and "looking up" in events[0]["reply"]
    assert {e["type"] for e in events} == {"deferred", "delivered"}, "in the end it was honest"


@pytest.mark.parametrize("domain", ["slow.example", "dead.example"])
def test_mail_waits_for_a_name_server_that_does_not_answer_in_time(told, domain):
    event = told.events[domain][0]
    assert event["type"] == "deferred" and "no answer in time" in event["reply"]
    assert "failed" not in {e["type"] for e in told.events[domain]}


@pytest.mark.parametrize("name", EMPTY)
def test_empty_answer_is_believed(told, name):
    assert [e["enhanced"] for e in told.events[f"{name}.{ZONE}"]] == ["5.1.2"]


def test_domains_that_are_answered_for_feel_nothing(told):
    """Each message of theirs goes to a domain that nobody has asked for before."""
    assert len(told.meanwhile) >= 10
    assert max(told.meanwhile) < ANSWER_S, "it waited for an answer about somebody else"
    healthy = [e for domain, events in told.events.items() if domain.endswith(".healthy.example") for e in events]
    assert {(e["type"], e["attempt"]) for e in healthy} == {("delivered", 1)}


@pytest.mark.parametrize("name", TROUBLE)
def test_one_message_is_no_flood_of_questions(told, name):
    asked = [question for question in told.asked if question[0].endswith(f"{name}.{ZONE}")]
    assert 0 < len(asked) <= 100, asked[:20]


class Refusing:
    """Many mail hosts of one port, each of which lets everybody in, and at once hangs up."""

    def __init__(self, addresses):
        self.connections, self._over = [], threading.Event()
        self._selector, self._sockets, self.port = selectors.DefaultSelector(), [], 0
        for address in addresses:
            listener = socket.create_server((address, self.port))
            self.port = listener.getsockname()[1]
            self._selector.register(listener, selectors.EVENT_READ, address)
            self._sockets.append(listener)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self):
        self._over.set()
        self._thread.join()
        for listener in self._sockets:
            listener.close()

    def _run(self):
        while not self._over.is_set():
            for key, _ in self._selector.select(0.05):
                key.fileobj.accept()[0].close()
                self.connections.append(key.data)


def test_hundred_mail_hosts_are_not_a_hundred_connections(start_relay):
    """Ten in one attempt; the next attempt takes others; the twenty best are all that are ever asked."""
    hosts = {f"mx{i}.many.example": f"127.0.8.{i + 1}" for i in range(100)}

    def many(query):
        name, kind = name_of(query), type_of(query)
        if kind == "MX":
            return answer(query, *((name, "MX", f"{i + 1} {host}.") for i, host in enumerate(hosts)))
        return answer(query, (name, "A", hosts[name])) if kind == "A" else answer(query)

    server, refusing = ScriptedDns({"many.example": many}), Refusing(hosts.values())
    relay = start_relay(*options(server, refusing.port))
    relay.submit(to="ann@many.example")
    relay.wait_for_event("deferred", attempt=1)
    first = list(refusing.connections)
    relay.advance("2m")
    relay.wait_for_event("deferred", attempt=2)
    second = refusing.connections[len(first):]
    relay.advance("10m")
    relay.wait_for_event("deferred", attempt=3)
    assert len(first) == len(set(first)) == 10
    assert len(second) == 10 and not set(first) & set(second)
    assert set(refusing.connections) == set(list(hosts.values())[:20])
    assert any(kind == "MX" for _, kind in server.asked)
    refusing.close()
    server.close()
