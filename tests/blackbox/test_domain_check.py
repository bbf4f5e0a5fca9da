"""`postrider domain check` beside the records: the tracking host, its certificate, and where bounces come in."""
import json
import socket
import threading
import time

import pytest

from peers.pebble import make_certificate
from peers.scripted_dns import ScriptedDns, answer, name_of, type_of
from waiting import LIMIT_S, wait_for

HOST = "links.shop.example"


class Zones:
    """What DNS says of shop.example and esp.example: {(name, type): value}; it may change."""

    def __init__(self):
        self.records = {("links.esp.example", "A"): "127.0.0.1", ("mx.esp.example", "A"): "127.0.0.1",
                        ("rp.esp.example", "MX"): "10 mx.esp.example.", (HOST, "CNAME"): "links.esp.example."}
        self.server = ScriptedDns({"shop.example": self.say, "esp.example": self.say})

    def say(self, query):
        name = name_of(query)
        found = []
        while alias := self.records.get((name, "CNAME")):
            found.append((name, "CNAME", alias))
            name = alias.rstrip(".")
        if value := self.records.get((name, type_of(query))):
            found.append((name, type_of(query), value))
        return answer(query, *found)

    def publish(self, relay, domain):
        for record in relay.dns_records(domain):
            value = f'"{record["value"]}"' if record["type"] == "TXT" else record["value"] + "."
            self.records[record["name"], record["type"]] = value


@pytest.fixture
def zones():
    zones = Zones()
    yield zones
    zones.server.close()


@pytest.fixture
def start(start_relay, zones, tmp_path, monkeypatch):
    """start(hosts of the certificate, scheme=..., **settings): a relay whose account has HOST for its links."""

    def start(*hosts, scheme="https", **settings):
        certificate, key = make_certificate(tmp_path, "links", *(hosts or [HOST]))
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        config = tmp_path / "relay.toml"
        config.write_text(
            'hostname = "mx.esp.example"\nreturn_path_domain = "rp.esp.example"\n'
            f'[dns]\nstubs = {{ "shop.example" = "{zones.server.server}", "esp.example" = "{zones.server.server}" }}\n'
            '[webhook]\nallow_networks = ["127.0.0.0/8"]\n'
            f'[links]\nlisten = ["127.0.0.1:0"]\ntls = {"true" if scheme == "https" else "false"}\n'
            + "".join(f"{name} = {value}\n" for name, value in {"public": '["links.esp.example"]', **settings}.items())
            + (f'[[links.certificates]]\ncertificate = "{certificate}"\nkey = "{key}"\n' if scheme == "https" else ""))
        relay = start_relay("--config", str(config), "--dkim", "ed25519", domains=["shop.example"])
        port = relay.ready["links"].rpartition(":")[2]
        relay.cli("account", "change", "sandbox", "--tracking-host", f"{scheme}://{HOST}:{port}")
        return relay

    return start


def check(relay):
    """By purpose."""
    report = json.loads(relay.cli("domain", "check", "shop.example", "--json"))
    return report, {record["purpose"]: record for record in report["records"]}


def test_a_host_that_leads_here_with_its_certificate_is_right(start, zones):
    relay = start()
    zones.publish(relay, "shop.example")
    report, found = check(relay)
    assert {purpose: record["verdict"] for purpose, record in found.items()} == {
        "ownership": "ok", "dkim": "ok", "spf": "ok", "return-path": "ok", "dmarc": "ok", "inbound-mx": "ok",
        "tracking-host": "ok", "tracking-certificate": "ok"}
    assert report["complete"]
    assert found["tracking-host"]["found"] == ["CNAME links.esp.example", "127.0.0.1"]
    assert found["tracking-certificate"]["found"][0].startswith("here: of links.certificates, good until ")
    assert not any(record["advice"] for record in found.values())


def test_a_host_without_a_certificate_of_its_own_is_wrong(start):
    """It is shown that of [tls], which we have signed ourselves."""
    relay = start("links.other.example")
    report, found = check(relay)
    assert found["tracking-host"]["verdict"] == "ok" and found["tracking-certificate"]["verdict"] == "wrong"
    assert "self-signed certificate" in found["tracking-certificate"]["advice"] and not report["complete"]
    assert found["tracking-certificate"]["found"][0].startswith("here: of [tls], good until ")
    said = relay.cli("domain", "check", "shop.example")
    assert "tracking-certificate is wrong: " in said and "let [acme] get one" in said


def test_a_host_that_leads_elsewhere_or_nowhere_is_told_where_to_lead(start, zones):
    relay = start()
    zones.records[HOST, "CNAME"] = None
    zones.records[HOST, "A"] = "127.0.0.9"
    _, found = check(relay)
    assert found["tracking-host"]["verdict"] == "wrong" and found["tracking-host"]["found"] == ["127.0.0.9"]
    assert found["tracking-host"]["advice"].startswith(f"publish {HOST} CNAME links.esp.example.")
    assert found["tracking-certificate"]["verdict"] == "unknown"


def test_a_host_that_is_not_there_is_missing(start, zones):
    zones.records[HOST, "CNAME"] = None
    relay = start()
    _, found = check(relay)
    assert found["tracking-host"]["verdict"] == "missing"
    assert f"{HOST}.\tIN\tCNAME\tlinks.esp.example.\n" in relay.cli("domain", "check", "shop.example")


def test_a_host_that_links_hosts_leaves_out_is_said(start):
    relay = start(hosts='["links.esp.example"]')
    _, found = check(relay)
    assert found["tracking-host"]["verdict"] == "wrong" and "links.hosts does not have it" in found["tracking-host"]["advice"]


class Proxy:
    """Hands connections at 127.0.0.5 on to the same port at 127.0.0.1."""

    def __init__(self, port):
        self.listener = socket.create_server(("127.0.0.5", port))
        self.port = port
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.port), LIMIT_S)
            for one, other in ((client, server), (server, client)):
                threading.Thread(target=self._copy, args=(one, other), daemon=True).start()

    @staticmethod
    def _copy(one, other):
        try:
            while data := one.recv(65536):
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


@pytest.mark.parametrize("public", ['["links.esp.example"]', "[]"])
def test_behind_a_proxy_the_answer_counts(start, zones, public):
    zones.records[HOST, "CNAME"] = None
    zones.records[HOST, "A"] = "127.0.0.5"
    relay = start(scheme="http", public=public)
    proxy = Proxy(int(relay.ready["links"].rpartition(":")[2]))
    _, found = check(relay)
    assert found["tracking-host"]["verdict"] == "ok" and "tracking-certificate" not in found
    proxy.close()


def test_bounces_that_come_in_elsewhere_are_said(start, zones):
    zones.records["rp.esp.example", "MX"] = "10 mail.shop.example."
    zones.records["mail.shop.example", "A"] = "127.0.0.9"
    relay = start()
    _, found = check(relay)
    assert found["inbound-mx"]["verdict"] == "wrong"
    assert found["inbound-mx"]["advice"].startswith("publish rp.esp.example MX 10 mx.esp.example.")


def test_what_was_right_and_no_longer_is_becomes_an_event_once(start, zones):
    relay = start()
    zones.publish(relay, "shop.example")
    # The second look has begun: the first one has found everything right.
    wait_for("two looks", lambda: relay.advance("1d") or zones.server.asked.count((HOST, "A")) > 1,
             3 * LIMIT_S, explain=relay.explain)
    zones.records[HOST, "CNAME"] = None

    def told(count):
        relay.advance("1d")
        time.sleep(0.5)  # answers are remembered for some seconds of real time
        events = relay.events(type="operational", from_domain="shop.example")
        return events if len(events) >= count else None

    event, = wait_for("the event", lambda: told(1), 3 * LIMIT_S, explain=relay.explain)
    assert event["detail"].startswith(f"domain check failed: shop.example: tracking-host of {HOST} is missing")
    assert event["from_domain"] == "shop.example"
    for _ in range(3):
        told(2)
    zones.records[HOST, "CNAME"] = "links.esp.example."
    again = wait_for("that it is right again", lambda: told(2), 3 * LIMIT_S, explain=relay.explain)[1]
    assert again["detail"] == "domain check passed again: shop.example"
