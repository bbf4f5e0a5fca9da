"""Certificates of tracking hosts: by ACME from a real authority, configured ones, and which of them is shown."""
import json
import shutil
import socket
import ssl
import stat
import subprocess
import threading

import pytest

from peers.pebble import Pebble, make_certificate
from peers.scripted_dns import ScriptedDns, answer, name_of, type_of
from relay import BINARY
from waiting import LIMIT_S, wait_for

HOST = "links.shop.example"
YEAR_S = 365 * 24 * 3600

pytestmark = pytest.mark.skipif(not shutil.which("pebble"), reason="pebble is not installed")


class Zone:
    """Every name under shop.example, at an address that can be changed."""

    def __init__(self):
        self.address = "127.0.0.1"
        self.server = ScriptedDns({"shop.example": self.say})

    def say(self, query):
        if type_of(query) == "A" and self.address:
            return answer(query, (name_of(query), "A", self.address))
        return answer(query)


@pytest.fixture
def zone():
    zone = Zone()
    yield zone
    zone.server.close()


@pytest.fixture
def authority(tmp_path, zone):
    pebble = Pebble(tmp_path / "pebble", zone.server.port, certificateValidityPeriod=YEAR_S // 4)
    yield pebble
    pebble.close()


def acme_options(pebble, zone, challenge="http-01", **more):
    words = {"links.tls": "true", "links.listen": '["127.0.0.1:0"]', "links.listen_in_clear": '["127.0.0.1:0"]',
             "links.public": '["127.0.0.1"]', "acme.directory": f'"{pebble.directory}"', "acme.agree_to_terms": "true",
             "acme.contact": '["postmaster@esp.example"]', "acme.ca_file": f'"{pebble.certificate}"',
             "acme.challenge": f'"{challenge}"', "dns.stubs": f'{{"shop.example" = "{zone.server.server}"}}', **more}
    return [word for key, value in words.items() if value for word in ("--set", f"{key}={value}")]


def test_the_authority_of_these_tests_starts_where_its_ports_are_taken(authority):
    with socket.create_server(("127.0.0.1", authority.management)):
        authority.start()
    assert "address already in use" in authority.said() and "BEGIN CERTIFICATE" in authority.root()
    authority.stop()
    directory = authority.directory
    with socket.create_server(("127.0.0.1", authority.port)) as somebody:
        threading.Timer(0.5, somebody.close).start()
        authority.start()
    assert authority.directory == directory and authority.get(directory)


def port_of(relay, listener):
    return int(relay.ready[listener].rpartition(":")[2])


def start_authority(pebble, relay):
    in_clear = "links_in_clear" if "links_in_clear" in relay.ready else "links"
    pebble.start(http_port=port_of(relay, in_clear), tls_port=port_of(relay, "links"))


def wants_tls(relay, host=HOST):
    relay.cli("account", "change", "sandbox", "--tracking-host", f"https://{host}")


def certificates(relay):
    """By host, as `postrider certificate list` has them."""
    return {one["host"]: one for one in json.loads(relay.cli("certificate", "list", "--json"))["certificates"]}


def wait_for_state(relay, state, host=HOST):
    return wait_for(f"a certificate that is {state}",
                    lambda: next((c for h, c in certificates(relay).items() if h == host and c["state"] == state), None),
                    explain=relay.explain)


def shown(relay, host, roots=None):
    """(serial number, names) of what a browser that asks for `host` is shown; checked if there are `roots`."""
    context = ssl.create_default_context(cadata=roots) if roots else ssl.create_default_context()
    if not roots:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port_of(relay, "links")), LIMIT_S) as plain:
        with context.wrap_socket(plain, server_hostname=host) as peer:
            der = peer.getpeercert(binary_form=True)
    text = subprocess.run(["openssl", "x509", "-inform", "DER", "-noout", "-serial", "-ext", "subjectAltName"],
                          input=der, capture_output=True, check=True, timeout=LIMIT_S).stdout.decode()
    serial, _, names = text.partition("\n")
    return serial, names


@pytest.mark.parametrize("challenge", ["http-01", "tls-alpn-01"])
def test_a_tracking_host_gets_a_certificate(start_relay, authority, zone, challenge):
    clear = '["127.0.0.1:0"]' if challenge == "http-01" else ""
    relay = start_relay(*acme_options(authority, zone, challenge, **{"links.listen_in_clear": clear}))
    start_authority(authority, relay)
    before = shown(relay, HOST)
    wants_tls(relay)
    assert wait_for_state(relay, "good")["source"] == "acme"
    serial, names = shown(relay, HOST, authority.root())
    assert f"DNS:{HOST}" in names and serial != before[0]
    folder = relay.data / "certificates"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {f.name: stat.S_IMODE(f.stat().st_mode) for f in folder.iterdir()} == {
        f"{HOST}.pem": 0o600, "account-key.pem": 0o600}
    # Nobody is asked for a name that merely comes by.
    assert shown(relay, "other.shop.example")[0] == before[0]
    assert authority.said().count("There are now 1 orders in the db") == 1
    assert "There are now 2 orders in the db" not in authority.said()
    relay.stop()
    relay.start()
    assert shown(relay, HOST)[0] == serial, "kept"


def test_it_is_renewed_well_before_it_ends_and_by_hand(start_relay, authority, zone):
    relay = start_relay(*acme_options(authority, zone))
    start_authority(authority, relay)
    wants_tls(relay)
    wait_for_state(relay, "good")
    first, _ = shown(relay, HOST)
    relay.advance("58d")
    relay.submit()
    assert shown(relay, HOST)[0] == first, "a third of its life is not over"
    relay.advance("4d")
    second = wait_for("another certificate", lambda: next((s for s in [shown(relay, HOST)[0]] if s != first), None),
                      explain=relay.explain)
    relay.cli("certificate", "renew", HOST)
    wait_for("a third one", lambda: shown(relay, HOST)[0] not in (first, second), explain=relay.explain)
    # By the relay's clock each of them is due again at once: it is not asked for without end.
    assert authority.said().count("Added order") == 3
    assert not relay.events(type="operational", what="certificate_failed")


def test_an_authority_that_is_down_disturbs_nobody(start_relay, sink, authority, zone):
    relay = start_relay(*acme_options(authority, zone), routes=[f"*={sink.route}"])
    start_authority(authority, relay)
    wants_tls(relay)
    wait_for_state(relay, "good")
    first, _ = shown(relay, HOST)
    authority.stop()
    relay.advance("62d")
    event = relay.wait_for_event("operational", what="certificate_failed")
    assert event["detail"].startswith(f"no certificate for {HOST}: asking {authority.directory}")
    assert "the one that is there is good until" in event["detail"] and event["detail"].endswith("tried again in 1m")
    assert shown(relay, HOST)[0] == first
    relay.submit()
    relay.wait_for_event("delivered")
    relay.advance("61s")
    assert relay.wait_for_events("operational", 2, what="certificate_failed")[1]["detail"].endswith("tried again in 5m")
    start_authority(authority, relay)
    relay.advance("6m")
    wait_for("another certificate", lambda: shown(relay, HOST)[0] != first, explain=relay.explain)
    assert len(relay.events(type="operational", what="certificate_failed")) == 2


def test_a_host_that_leads_elsewhere_is_not_asked_for(start_relay, authority, zone):
    zone.address = "127.0.0.9"
    relay = start_relay(*acme_options(authority, zone))
    start_authority(authority, relay)
    wants_tls(relay)
    assert wait_for_state(relay, "waiting")["why"] == "it leads elsewhere: 127.0.0.9"
    assert "orders in the db" not in authority.said()
    assert not relay.events(type="operational", what="certificate_failed")
    done = relay.cli("certificate", "renew", "other.shop.example", check=False)
    assert done.returncode != 0 and "no active account has the tracking host" in done.stderr
    zone.address = "127.0.0.1"
    relay.advance("6m")  # answers are remembered for five seconds of real time
    wait_for("DNS to be asked again", lambda: relay.advance("6m") or certificates(relay)[HOST]["state"] == "good",
             explain=relay.explain)


def test_a_proof_that_is_not_found_is_told_and_tried_again_later(start_relay, authority, zone):
    relay = start_relay(*acme_options(authority, zone))
    authority.start(http_port=1, tls_port=1)  # looks where nobody is
    wants_tls(relay)
    failing = wait_for_state(relay, "failing")
    assert "finds no proof by http-01" in failing["why"]
    detail = relay.wait_for_event("operational", what="certificate_failed")["detail"]
    assert detail.startswith(f"no certificate for {HOST}: the authority finds no proof by http-01")
    assert detail.endswith("; there is none yet; tried again in 1m")
    relay.stop()
    relay.start()
    assert certificates(relay)[HOST]["next_try"] == failing["next_try"], "a restart is no new try"


def test_an_account_that_the_authority_knows_already(start_relay, tmp_path, zone):
    key = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"
    pebble = Pebble(tmp_path / "pebble", zone.server.port, externalAccountBindingRequired=True,
                    externalAccountMACKeys={"kid-1": key})
    relay = start_relay(*acme_options(pebble, zone, **{"acme.eab_key_id": '"kid-1"', "acme.eab_key": f'"{key}"'}))
    start_authority(pebble, relay)
    wants_tls(relay)
    wait_for_state(relay, "good")
    pebble.close()


def test_a_backup_has_them(start_relay, tmp_path, authority, zone):
    options = acme_options(authority, zone)
    relay = start_relay(*options)
    start_authority(authority, relay)
    wants_tls(relay)
    wait_for_state(relay, "good")
    serial, _ = shown(relay, HOST)
    relay.cli("backup", str(tmp_path / "backup"))
    restored = tmp_path / "restored"
    done = subprocess.run([BINARY, "--data", restored, "restore", tmp_path / "backup"], capture_output=True, text=True,
                          timeout=LIMIT_S)
    assert done.returncode == 0, done.stderr
    for name in (f"{HOST}.pem", "account-key.pem"):
        assert (restored / "certificates" / name).read_bytes() == (relay.data / "certificates" / name).read_bytes()
        assert stat.S_IMODE((restored / "certificates" / name).stat().st_mode) == 0o600
    relay.stop()
    shutil.rmtree(relay.data)
    shutil.move(restored, relay.data)
    relay.start()
    assert shown(relay, HOST)[0] == serial


def test_configured_ones_go_first_and_are_read_again(start_relay, tmp_path):
    wildcard, wildcard_key = make_certificate(tmp_path, "wildcard", "*.t.example")
    other, other_key = make_certificate(tmp_path, "other", "links.other.example")
    config = tmp_path / "relay.toml"
    config.write_text('[links]\nlisten = ["127.0.0.1:0"]\ntls = true\n' + "".join(
        f'[[links.certificates]]\ncertificate = "{c}"\nkey = "{k}"\n'
        for c, k in ((wildcard, wildcard_key), (other, other_key))))
    relay = start_relay("--config", str(config))
    first, names = shown(relay, "shop.t.example")
    assert "DNS:*.t.example" in names
    assert "DNS:links.other.example" in shown(relay, "links.other.example")[1]
    assert first not in (shown(relay, "a.b.t.example")[0], shown(relay, "t.example")[0])
    wants_tls(relay, "shop.t.example")
    assert certificates(relay)["shop.t.example"]["source"] == "configured"

    make_certificate(tmp_path, "wildcard", "*.t.example")
    relay.cli("reload")
    assert shown(relay, "shop.t.example")[0] != first

    wildcard.write_text("nothing")
    done = relay.cli("reload", check=False)
    assert done.returncode != 0 and str(wildcard) in done.stderr
    assert "DNS:*.t.example" in shown(relay, "shop.t.example")[1], "the old one stays"


@pytest.mark.parametrize("options, complaint", [
    ({"acme.agree_to_terms": "false"}, "acme.agree_to_terms: is false; read the authority's terms"),
    ({"acme.directory": '"http://ca.example/dir"'}, "acme.directory: is not https"),
    ({"links.tls": "false", "links.listen_in_clear": ""}, "acme.directory: is set, but nobody would be shown"),
    ({"links.listen_in_clear": ""}, "acme.challenge: http-01 is looked at in the clear"),
    ({"acme.ca_file": '"/nowhere.pem"'}, "acme.ca_file: trusted roots /nowhere.pem"),
    ({"acme.eab_key_id": '"kid"'}, "acme.eab_key: is missing"),
    ({"acme.challenge": '"dns-01"'}, "acme.challenge: "),
    ({"links.certificates": '[{certificate = "/nowhere.pem", key = "/nowhere.pem"}]'}, "/nowhere.pem"),
    ({"links.public": '["two words"]'}, "links.public"),
])
def test_what_can_not_work_is_said_before_it_starts(tmp_path, zone, options, complaint):
    pebble = Pebble(tmp_path / "pebble", 1)
    done = subprocess.run([BINARY, *acme_options(pebble, zone, **options), "check"], capture_output=True, text=True,
                          timeout=LIMIT_S)
    pebble.close()
    assert done.returncode != 0 and complaint in done.stderr, done.stderr
