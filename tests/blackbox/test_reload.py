"""The configuration read again: SIGHUP and `postrider reload`, a good file and a bad one."""
import datetime
import os
import shutil
import signal
import ssl
import subprocess

import pytest

from raw import Raw
from waiting import wait_for


class File:
    def __init__(self, path, sink):
        self.path, self.sink = path, sink
        self.write("")

    def write(self, text):
        self.path.write_text(text + f'\n[[route]]\ndomain = "*"\nhost = "127.0.0.1"\nport = {self.sink.port}\n')


@pytest.fixture
def config(tmp_path, sink):
    return File(tmp_path / "postrider.toml", sink)


@pytest.fixture
def relay(start_relay, config):
    return start_relay("--config", str(config.path))


def hang_up(relay, said):
    """SIGHUP; waits until the log says what came of it."""
    before = relay.log.read_text().count(said)
    os.kill(relay.process.pid, signal.SIGHUP)
    wait_for(said, lambda: relay.log.read_text().count(said) > before, explain=relay.explain)


def recipients_taken(relay):
    """How many of three."""
    with relay.client() as client:
        client.mail("shop@example.org")
        codes = [client.rcpt(f"ann-{number}@example.net")[0] for number in range(3)]
        client.rset()
    return codes.count(250)


def test_sighup_takes_a_good_file(relay, config):
    assert recipients_taken(relay) == 3
    config.write("listener.smtp.recipients_max = 2")
    hang_up(relay, "configuration reloaded")
    assert recipients_taken(relay) == 2
    told = relay.wait_for_event("operational", what="setting_changed")
    assert told["user"] == "SIGHUP"
    assert told["detail"] == "configuration: listener.smtp.recipients_max: 1000 -> 2"


@pytest.mark.parametrize("key", ["bounce.rules", "links.machines", "links.networks_file"])
def test_sighup_with_a_folder_for_a_file_of_rules_changes_nothing(relay, config, tmp_path, key):
    config.write(f"listener.smtp.recipients_max = 2\n{key} = '{tmp_path}'")
    hang_up(relay, "the configuration was not reloaded: nothing has changed")
    assert "Is a directory" in relay.log.read_text()
    assert recipients_taken(relay) == 3


def test_sighup_with_a_bad_file_changes_nothing(relay, config):
    config.write("listener.smtp.recipients_max = 2\nlimits.errors_max = 0")
    hang_up(relay, "the configuration was not reloaded: nothing has changed")
    assert "limits.errors_max: 0 is out of range" in relay.log.read_text()
    assert recipients_taken(relay) == 3


def test_what_is_read_at_the_start_only_is_named(relay, config):
    config.write('hostname = "new.example"\nspool.memory = "64MiB"\nauth.window = "1s"\n'
                 'dns.timeout = "5s"\nsimulator.enabled = false\n')
    answer = relay.cli("reload")
    for option in ("hostname", "return_path_domain", "spool.memory", "auth.window", "dns.timeout",
                   "simulator.enabled"):
        assert f"{option} has changed" in answer


def test_a_new_name_is_used_everywhere_or_nowhere(relay, config, sink):
    old = Raw(relay.address()).greeting[1].split()[0]
    config.write('hostname = "new.example"')
    hang_up(relay, "configuration reloaded")
    with Raw(relay.address()) as raw:
        assert raw.greeting[1].split()[0] == old
        assert raw.expect(250, "EHLO client.example").split()[0] == old
    relay.submit()
    message = sink.wait_for_message()
    assert f"by {old}" in " ".join(message["Received"].split())
    assert [line for line in sink.connections[-1] if line.startswith("EHLO")] == [f"EHLO {old}"]


def test_delivery_follows_at_once(relay, config, sink):
    sink.answer("RCPT", ["451 4.7.1 not now"])
    config.write('retry.waits = ["3h"]')
    hang_up(relay, "configuration reloaded")
    relay.submit()
    deferred = relay.wait_for_event("deferred")
    time, next_attempt = (datetime.datetime.fromisoformat(deferred[key]) for key in ("time", "next_attempt"))
    assert next_attempt - time > datetime.timedelta(hours=2)


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl")
def test_another_certificate_is_shown_at_once(relay, config, tmp_path):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=reloaded.example",
                    "-keyout", tmp_path / "k.pem", "-out", tmp_path / "c.pem"], check=True, capture_output=True)
    config.write(f'[tls]\ncertificate = "{tmp_path}/c.pem"\nkey = "{tmp_path}/k.pem"')
    hang_up(relay, "configuration reloaded")
    shown = ssl.get_server_certificate(relay.address("smtps"))
    assert shown.split() == (tmp_path / "c.pem").read_text().split()
