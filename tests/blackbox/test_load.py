"""`postrider load` through a real relay into `postrider simulator --count`, and what the check finds."""
import json
import select
import signal
import subprocess

import pytest

from relay import BINARY
from waiting import LIMIT_S, wait_for


class Counting:
    """`postrider simulator --count` with a log."""

    def __init__(self, folder, *options):
        self.log = folder / "count.log"
        self.process = subprocess.Popen(
            [BINARY, "--json", "simulator", "--count", "--port", "0", "--log", str(self.log), *options],
            stdout=subprocess.PIPE, text=True)
        self.address = json.loads(self.line())["address"]

    def line(self):
        readable, _, _ = select.select([self.process.stdout], [], [], LIMIT_S)
        return self.process.stdout.readline() if readable else pytest.fail("the simulator says nothing")

    def figures(self):
        self.process.send_signal(signal.SIGUSR1)
        return json.loads(self.line())

    def wait_for(self, recipients):
        return wait_for(f"{recipients} recipients",
                        lambda: (f := self.figures())["distinct"] >= recipients and f, explain=self.figures)

    def stop(self):
        """The last figures."""
        self.process.terminate()
        last = json.loads(self.line())
        assert self.process.wait(LIMIT_S) == 0
        return last


@pytest.fixture
def counting(tmp_path):
    counting = Counting(tmp_path)
    yield counting
    if counting.process.poll() is None:
        counting.stop()
    counting.process.stdout.close()


@pytest.fixture
def loaded(start_relay, counting):
    """A relay whose mail goes to be counted."""
    return start_relay("--dkim", "none", routes=[f"*={counting.address}"], test_clock=False)


def load(*words):
    return subprocess.run([BINARY, "--json", "load", *map(str, words)], capture_output=True, text=True,
                          timeout=LIMIT_S * 3)


def figures_of(done):
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


def check(log, counting, *words):
    counting.figures()  # what has been counted is in the log
    return subprocess.run([BINARY, *words, "load", "--check", str(log), str(counting.log)],
                          capture_output=True, text=True, timeout=LIMIT_S)


def login(relay, listener="smtp"):
    return ["--to", relay.ready[listener], "--user", relay.ready["user"], "--password", relay.ready["password"]]


def test_load_through_the_relay_arrives_whole_and_a_missing_line_is_a_loss(loaded, counting, tmp_path):
    log = tmp_path / "load.log"
    done = load(*login(loaded), "--messages", 200, "--recipients", 2, "--connections", 5, "--log", log)
    figures = figures_of(done)
    assert done.returncode == 0, done.stderr
    assert (figures["messages_accepted"], figures["accepted"]) == (200, 400)
    assert 0 < figures["latency_ms"]["p50"] <= figures["latency_ms"]["p99"] <= figures["latency_ms"]["max"]
    assert counting.wait_for(400)["misdelivered"] == 0

    done = check(log, counting, "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 0
    assert (found["accepted"], found["arrived"], found["lost"], found["copies"]) == (400, 400, 0, 0)

    lines = counting.log.read_text().splitlines(keepends=True)
    run, number = lines[100].split()[:2]
    counting.log.write_text("".join(lines[:100] + lines[101:] + lines[:1]))
    done = check(log, counting, "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 1
    assert (found["lost"], found["lost_ids"]) == (1, [f"{run} {number}"])
    assert (found["copies"], found["copied_ids"]) == (1, [" ".join(lines[0].split()[:2])])
    assert f"{run} {number}" in check(log, counting).stdout


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_load_over_tls_one_message_a_connection(loaded, counting, tls):
    listener = "smtps" if tls == "implicit" else "smtp"
    done = load(*login(loaded, listener), "--tls", tls, "--messages", 10, "--per-connection", 1,
                "--connections", 2, "--no-pipelining")
    assert done.returncode == 0, done.stderr
    assert figures_of(done)["connections"] == 10
    counting.wait_for(10)


def test_load_goes_on_over_a_relay_that_is_killed(loaded, counting, tmp_path):
    log = tmp_path / "load.log"
    port = loaded.address()[1]
    loaded.command += ["--smtp-port", str(port)]
    running = subprocess.Popen(
        [BINARY, "--json", "load", *login(loaded), "--messages", "3000", "--until-accepted", "--rate", "1500",
         "--connections", "5", "--give-up", str(LIMIT_S), "--log", str(log)], stdout=subprocess.PIPE, text=True)
    counting.wait_for(200)
    loaded.kill()
    loaded.start()
    output, _ = running.communicate(timeout=LIMIT_S * 3)
    figures = json.loads(output)
    assert figures["messages_accepted"] == 3000
    assert figures["connection_errors"] > 0
    assert running.returncode == (1 if figures["unanswered"] or figures["refused"] else 0)
    counting.wait_for(3000)
    done = check(log, counting, "--json")
    found = json.loads(done.stdout)
    assert (done.returncode, found["accepted"], found["lost"]) == (0, 3000, 0), found


def test_refused_recipients_are_counted_and_make_the_exit_status_1(shared_relay):
    done = load(*login(shared_relay), "--messages", 5, "--from", "load@not-ours.example")
    figures = figures_of(done)
    assert done.returncode == 1
    assert (figures["refused"], figures["accepted"], figures["unanswered"]) == (5, 0, 0)


def test_wrong_password_ends_at_once_and_says_so(shared_relay):
    done = load(*login(shared_relay)[:4], "--password", "wrong", "--messages", 5, "--give-up", 600)
    assert done.returncode == 1
    assert "AUTH with 535" in done.stderr


def test_nobody_listening_is_given_up(tmp_path):
    done = load("--to", "127.0.0.1:1", "--messages", 5, "--give-up", 0.2)
    assert done.returncode == 1
    assert "messages that were not tried: 5" in done.stderr and "Connection refused" in done.stderr


def test_load_counted_over_starttls(tmp_path):
    counting = Counting(tmp_path, "--tls", "--threads", "2")
    done = load("--to", counting.address, "--tls", "starttls", "--messages", 20, "--threads", 2)
    assert done.returncode == 0, done.stderr
    last = counting.stop()
    assert (last["messages"], last["distinct"], last["copies"], last["foreign"]) == (20, 20, 0, 0)


def test_only_mail_of_a_load_is_counted_as_such(loaded, counting):
    loaded.submit(to="ann@example.net")
    wait_for("a foreign message", lambda: counting.figures()["foreign"] == 1)
    assert counting.figures()["runs"] == []


TO = ["--to", "127.0.0.1:1"]


@pytest.mark.parametrize("words, why", [
    (["--messages", "5"], "say --to HOST:PORT, or --check"),
    (TO, "say when it is enough"),
    ([*TO, "--messages", "0"], "--messages 0: write 1 to"),
    ([*TO, "--max-seconds", "0"], "--max-seconds: write a number of seconds above 0"),
    ([*TO, "--max-seconds", "5", "--until-accepted"], "--until-accepted needs --messages"),
    ([*TO, "--messages", "5", "--rate", "0"], "--rate: write messages a second, above 0"),
    ([*TO, "--messages", "5", "--connections", "0"], "--connections 0: write 1 to"),
    ([*TO, "--messages", "5", "--recipients", "0"], "--recipients 0: write 1 to"),
    ([*TO, "--messages", "5", "--size", "big"], "--size"),
    ([*TO, "--messages", "5", "--size", "1GiB"], "--size"),
    ([*TO, "--messages", "5", "--domains", "d%d.example"], "d%d.example*1000"),
    ([*TO, "--messages", "5", "--from", "nobody"], "--from"),
    ([*TO, "--messages", "5", "--tls", "maybe"], "none, starttls or implicit"),
    ([*TO, "--messages", "5", "--user", "u"], "--user and --password belong together"),
    (["--to", "127.0.0.1", "--messages", "5"], "write HOST:PORT"),
    (["--to", "127.0.0.1:smtp", "--messages", "5"], "is not a port"),
    ([*TO, "--messages", "5", "--check", "a", "b"], "say --to HOST:PORT, or --check"),
])
def test_wrong_options_are_named(words, why):
    done = load(*words)
    assert done.returncode == 2, done.stderr
    assert why in done.stderr


def test_log_that_cannot_be_written_is_named():
    done = load(*TO, "--messages", 5, "--log", "/nowhere/load.log")
    assert done.returncode == 1
    assert "/nowhere/load.log" in done.stderr


def test_log_that_is_not_there_is_named(counting):
    done = check("/nowhere/load.log", counting)
    assert done.returncode == 3
    assert "/nowhere/load.log" in done.stderr


def test_options_of_counting_need_it():
    done = subprocess.run([BINARY, "simulator", "--log", "x"], capture_output=True, text=True, timeout=LIMIT_S)
    assert done.returncode == 2
    assert "--count" in done.stderr
