"""Programs, devices, countries and networks of readers: told only where a file of the operator's says so."""
import json
import os
import re
import subprocess

import pytest

import mmdb
from links import PAGE, Reader, track
from relay import BINARY
from test_readers import wait_for_counts
from waiting import LIMIT_S, wait_for

AGENTS = """user_agent_parsers:
  - regex: '(Firefox)/(\\d+)'
  - regex: 'GoogleImageProxy'
    family_replacement: 'GmailImageProxy'
device_parsers:
  - regex: '(iPhone)'
  - regex: 'X11'
    device_replacement: 'Linux PC'
"""
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Version/17.0 Mobile/15E148"


@pytest.fixture
def files(tmp_path):
    """{option: path} of files that know a few addresses."""
    (tmp_path / "agents.yaml").write_text(AGENTS)
    (tmp_path / "networks").write_text("203.0.113.0/24 mail-gateway\n198.51.100.7 office\n")
    (tmp_path / "machines.toml").write_text(
        'version = 1\n[[rule]]\nname = "gateway"\nverdict = "scanner"\nconfidence = 90\n'
        'network = ["mail-gateway"]\nsource = "ours"\n')
    mmdb.write(tmp_path / "countries.mmdb", "Test-Country",
               {"198.51.100.0/24": {"country": {"iso_code": "DE"}}, "2001:db8::/32": {"country": {"iso_code": "JP"}}})
    mmdb.write(tmp_path / "systems.mmdb", "Test-ASN", {"198.51.100.0/24": {"autonomous_system_number": 64496}})
    names = {"user_agents": "agents.yaml", "country_file": "countries.mmdb", "asn_file": "systems.mmdb",
             "networks_file": "networks", "machines": "machines.toml"}
    return {option: tmp_path / name for option, name in names.items()}


def settings(files):
    return [word for option, path in files.items() for word in ("--set", f'links.{option}="{path}"')]


@pytest.fixture
def relay(start_relay, files):
    return start_relay("--set", 'links.proxy_from=["127.0.0.1"]', *settings(files))


def kept(event):
    names = ("reader_client", "device", "country", "network", "asn")
    return {name: event[name] for name in names if name in event}


def test_events_and_figures_tell_who_reads_and_where(relay, tmp_path):
    reader = Reader(relay)
    mail = track(relay, tmp_path)
    reader.get(mail["pixel"], X_Forwarded_For="198.51.100.7")
    reader.get(mail["links"][0]["path"], X_Forwarded_For="2001:db8::1", User_Agent=PHONE)
    reader.ask("POST", mail["unsubscribe"], body="List-Unsubscribe=One-Click", X_Forwarded_For="198.51.100.8")
    assert kept(relay.wait_for_event("opened")) == {
        "reader_client": "Firefox", "device": "Linux PC", "country": "DE", "network": "office", "asn": 64496}
    assert kept(relay.wait_for_event("clicked")) == {"device": "iPhone", "country": "JP"}
    assert kept(relay.wait_for_event("unsubscribed"))["country"] == "DE"

    wait_for_counts(relay, "--country", "de", opened=1, opened_unique=1, clicked=0, unsubscribed=1)
    wait_for_counts(relay, "--client", "Firefox", opened=1, clicked=0)
    wait_for_counts(relay, "--device", "iPhone", opened=0, clicked=1, clicked_unique=1)
    rows = json.loads(relay.cli("--json", "stats", "--by", "country"))["rows"]
    assert {row["name"]: (row["opened"], row["clicked"]) for row in rows} == {"DE": (1, 0), "JP": (0, 1)}
    for by, name in (("country", "JP"), ("client", "Firefox"), ("device", "iPhone")):
        shown = relay.cli("stats", "--by", by)
        assert re.search(rf"(?m)^{name} ", shown) and "opened by" in shown and "delivered" not in shown


def test_a_machines_place_and_device_are_not_the_readers(relay, tmp_path):
    reader = Reader(relay)
    mail = track(relay, tmp_path)
    proxy = "Mozilla/5.0 (X11; Windows NT 5.1) Firefox/11.0 (via ggpht.com GoogleImageProxy)"
    reader.get(mail["pixel"], X_Forwarded_For="198.51.100.7", User_Agent=proxy)
    assert kept(relay.wait_for_event("opened")) == {"reader_client": "Firefox", "network": "office", "asn": 64496}


def test_rules_can_ask_for_the_operators_networks(relay, tmp_path):
    reader = Reader(relay)
    link = track(relay, tmp_path)["links"][0]["path"]
    reader.get(link, X_Forwarded_For="203.0.113.5")
    event = relay.wait_for_event("clicked")
    assert (event["machine"], event["machine_reason"], event["network"]) == ("scanner", "gateway", "mail-gateway")


def test_as_little_is_told_as_the_message_allows(start_relay, sink, files, tmp_path):
    relay = start_relay("--set", 'links.proxy_from=["127.0.0.1"]', *settings(files), routes=[f"*={sink.route}"])
    told = {}
    for privacy in ("pseudonymous", "identified", "full"):
        relay.cli("account", "change", "sandbox", "--tracking-host", "https://t.example", "--privacy", privacy)
        head = b"From: shop@example.org\r\nTo: a@example.net\r\nList-Id: <a.b>\r\nContent-Type: text/html\r\n\r\n"
        relay.submit(message=head + PAGE.encode().replace(b"\n", b"\r\n"))
        message = sink.wait_for_messages(len(told) + 1)[-1].data.decode()
        pixel = re.findall(r"https://t\.example(/o/[A-Za-z0-9_-]{39})", message)[-1]
        Reader(relay).get(pixel, X_Forwarded_For="198.51.100.7")
        told[privacy] = sorted(kept(relay.wait_for_events("opened", len(told) + 1)[-1]))
    assert told == {"pseudonymous": [], "identified": ["country", "device", "reader_client"],
                    "full": ["asn", "country", "device", "network", "reader_client"]}


def test_without_files_nothing_is_told(start_relay, tmp_path):
    relay = start_relay("--set", 'links.user_agents=""')
    Reader(relay).get(track(relay, tmp_path)["pixel"])
    assert kept(relay.wait_for_event("opened")) == {}
    assert "Nothing was counted" in relay.cli("stats", "--by", "country")


def test_a_reload_reads_the_files_again(relay, files, tmp_path):
    reader = Reader(relay)
    pixel = track(relay, tmp_path)["pixel"]
    fresh = mmdb.write(tmp_path / "fresh.mmdb", "Test-Country", {"198.51.100.0/24": {"country": {"iso_code": "PL"}}})
    os.replace(fresh, files["country_file"])
    (tmp_path / "networks").write_text("198.51.100.0/24 moved\n")
    relay.cli("reload")
    reader.get(pixel, X_Forwarded_For="198.51.100.7")
    event = relay.wait_for_event("opened")
    assert (event["country"], event["network"]) == ("PL", "moved")
    files["country_file"].write_bytes(b"broken")
    refused = relay.cli("reload", check=False)
    assert refused.returncode != 0 and "countries.mmdb" in refused.stderr, refused.stderr
    reader.get(pixel, X_Forwarded_For="198.51.100.7")
    assert relay.wait_for_events("opened", 2)[-1]["country"] == "PL", "as before"


@pytest.mark.parametrize("option, content, why", [
    ("user_agents", "a: [", "agents.yaml:"),
    ("user_agents", "user_agent_parsers:\n  - regex: '('\n", "agents.yaml:2: '('"),
    ("country_file", "no database", "it is no whole file in MaxMind's format"),
    ("asn_file", "no database", "it is no whole file in MaxMind's format"),
    ("networks_file", "10.0.0.0/8\n", "networks:1: '' is not a label"),
    ("machines", "version = 1\n[[rule]]\n", "machines.toml:2: "),
    ("country_file", None, "countries.mmdb can't be read"),
    ("user_agents", None, "agents.yaml can't be read"),
])
def test_a_broken_file_is_named_by_check_and_at_the_start(files, tmp_path, option, content, why):
    if content is None:
        files[option].unlink()
    else:
        files[option].write_text(content)
    config = tmp_path / "postrider.toml"
    config.write_text(f'data = "{tmp_path}/data"\n[links]\nlisten = "127.0.0.1:0"\n'
                      + "".join(f'{name} = "{path}"\n' for name, path in files.items()))
    for words in (("check",), ("serve",)):
        done = subprocess.run([BINARY, "--config", config, *words], capture_output=True, text=True, timeout=LIMIT_S)
        assert done.returncode != 0
        assert f"links.{option}" in done.stderr and why in done.stderr, done.stderr
        assert f"{config}:" in done.stderr, done.stderr


def test_one_picture_asked_for_again_and_again_fills_no_log(start_relay, tmp_path):
    relay = start_relay("--set", "links.hits_max=5", "--set", "links.hits_over=1h")
    reader = Reader(relay)
    mail = track(relay, tmp_path)
    for _ in range(200):
        assert reader.get(mail["pixel"])[0] == 200
        status, headers, _ = reader.get(mail["links"][0]["path"])
        assert (status, headers["Location"]) == (302, mail["links"][0]["target"])
    reader.get(mail["links"][1]["path"])
    relay.wait_for_event("clicked", link=2)
    assert len(relay.events(type="opened")) == 5 and len(relay.events(type="clicked", link=1)) == 5
    assert relay.metric("postrider_links_hits_over_limit_total") == 390
    relay.advance("1h")
    reader.get(mail["pixel"])
    wait_for("another open", lambda: len(relay.events(type="opened")) == 6)
