"""The newcomer's first minutes: `serve` on an empty directory, and the lines that it prints to paste."""
import os
import re
import select
import signal
import subprocess
import time

import pytest

from relay import BINARY
from waiting import LIMIT_S, wait_for

FREE_PORTS = ["--set", 'listener.smtp.listen=["127.0.0.1:0"]', "--set", 'listener.smtps.listen=["127.0.0.1:0"]',
              "--set", 'listener.inbound.listen=["127.0.0.1:0"]',
              "--set", 'http.listen="127.0.0.1:0"', "--set", 'simulator.listen="127.0.0.1:0"']


class Serve:
    """`postrider serve` and the banner that it printed."""

    def __init__(self, data, log, *options):
        self.log = log
        self.process = subprocess.Popen([BINARY, "serve", "--data", data, *FREE_PORTS, *options], text=True,
                                        stdout=subprocess.PIPE, stderr=log.open("a"))
        self.banner = self._read_until_quiet()

    def _read_until_quiet(self):
        text, end = "", time.monotonic() + LIMIT_S
        while time.monotonic() < end and self.process.poll() is None:
            readable, _, _ = select.select([self.process.stdout], [], [], 0.5)
            if readable:
                text += os.read(self.process.stdout.fileno(), 65536).decode()
            elif "events" in text:
                return text
        pytest.fail(f"no banner\n{text}\n{self.log.read_text()}")

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        assert self.process.wait(LIMIT_S) == 0, self.log.read_text()


@pytest.fixture
def serve(tmp_path):
    started = []

    def start():
        started.append(Serve(tmp_path / "data", tmp_path / "log"))
        return started[-1]
    yield start
    for one in started:
        if one.process.poll() is None:
            one.stop()


def paste(line):
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=LIMIT_S)
    assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    return done.stdout


def test_the_three_lines_of_the_banner_do_what_they_say(serve):
    running = serve()
    command = re.escape(os.path.realpath(BINARY))
    lines = re.findall(rf"(?m)^  (printf .*|{command} .*)$", running.banner)
    assert len(lines) == 3, running.banner
    for line in lines[:2]:
        paste(line)

    def settled():
        told = paste(lines[2])
        return told if "delivered" in told and "failed" in told else None
    told = wait_for("both outcomes", settled, explain=running.log.read_text)
    assert "delivered@simulator.test" in told and "user-unknown@simulator.test" in told


def test_password_is_shown_once_and_kept_nowhere(serve, tmp_path):
    first = serve()
    password = re.search(r"password\s+(\S+)", first.banner)[1]
    first.stop(signal.SIGINT)
    second = serve()
    assert password not in second.banner
    second.stop()
    for path in (tmp_path / "data").rglob("*"):
        if path.is_file():
            assert password.encode() not in path.read_bytes(), path
    assert password not in (tmp_path / "log").read_text()


def test_data_is_the_owner_s_only(serve, tmp_path):
    serve()
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0


def test_second_start_is_quick(serve):
    serve().stop()
    began = time.monotonic()
    serve()
    assert time.monotonic() - began < 5
