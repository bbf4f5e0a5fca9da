"""`postrider sandbox` of the build with fault points, on a data directory that stays."""
import json
import os
import pathlib
import select
import signal
import subprocess
import time

from processes import free_port, start

# Against hanging only: another's work may take all of a shared machine for minutes.
START_LIMIT_S = 300
FREEZE_LIMIT_S = 300
ANSWER_LIMIT_S = 300
DRAIN_LIMIT_S = 1200

# Place (base/fault.h) and how many times it is passed at most before the end comes there.
PLACES = {
    "before-sync": 2500,
    "after-sync": 2500,
    "after-attempt": 8000,
    "flush-begin": 3,
    "flush-end": 3,
    "compaction-begin": 1,
    "recovery": 60,
}


def choose_place(rng):
    """As POSTRIDER_FAULT has it."""
    place = rng.choice(list(PLACES))
    return f"{place}:{rng.randint(1, PLACES[place])}"


class Relay:
    """`routes` are PATTERN=HOST:PORT; its log lies in `folder`, so that it survives what is done to `data`."""

    def __init__(self, binary, folder, routes, data=None, settings=()):
        self.log, self.data, self.port = folder / "relay.log", data or folder / "data", free_port()
        self.command = [str(binary), "--data", str(self.data)]
        for setting in ("simulator.enabled=false", "log.level=warning", *settings):
            self.command += ["--set", setting]
        self.command += ["sandbox", "--smtp-port", str(self.port), "--domain", "bench.example", "--dkim", "none"]
        for route in routes:
            self.command += ["--route", route]
        self.process, self.ready = None, None

    def launch(self, fault=""):
        """Without waiting until it is ready."""
        with self.log.open("ab") as log:
            self.process = start(self.command, stdout=subprocess.PIPE, stderr=log, text=True,
                                 env=os.environ | {"POSTRIDER_FAULT": fault})

    def start(self, fault=""):
        """Seconds until it was ready; nothing if it ended before, which a fault may want."""
        began = time.monotonic()
        self.launch(fault)
        readable, _, _ = select.select([self.process.stdout], [], [], START_LIMIT_S)
        line = self.process.stdout.readline() if readable else ""
        if not line:
            self.process.kill()
            if self.process.wait() != -signal.SIGKILL or not fault:
                raise RuntimeError(f"the relay did not get ready; see {self.log}")
            return None
        self.ready = json.loads(line)
        return time.monotonic() - began

    def ends_within(self, seconds):
        """Whether its fault has ended it by then."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        if self.process.returncode != -signal.SIGKILL:
            raise RuntimeError(f"the relay ended by itself ({self.process.returncode}); see {self.log}")
        return True

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()

    def freeze(self):
        """Until thaw(). What its threads have asked the kernel for is finished first."""
        self.process.send_signal(signal.SIGSTOP)
        until = time.monotonic() + FREEZE_LIMIT_S
        while any(state not in "TXZ" for state in self._thread_states()):
            if time.monotonic() > until:
                raise RuntimeError("the relay can't be stopped for a moment")

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def _thread_states(self):
        for stat in pathlib.Path(f"/proc/{self.process.pid}/task").glob("*/stat"):
            yield stat.read_text().rpartition(")")[2].split()[0]

    def stop(self):
        self.process.terminate()
        return self.process.wait(START_LIMIT_S)

    def log_size(self):
        return self.log.stat().st_size if self.log.exists() else 0

    def log_since(self, offset):
        return self.log.read_bytes()[offset:].decode(errors="replace")

    def cli(self, *words, check=True):
        done = subprocess.run([self.command[0], "--data", str(self.data), *words], capture_output=True, text=True,
                              timeout=ANSWER_LIMIT_S, check=check)
        return done.stdout

    def queue(self):
        return json.loads(self.cli("--json", "queue"))

    def waiting(self):
        """Recipients that are not settled, and open connections to sites."""
        figures = self.queue()
        open_ones = sum(site["connections"] for site in figures["sites"])
        return figures["ready"] + figures["scheduled"] + figures["looking_up"] + open_ones

    def drain(self):
        until = time.monotonic() + DRAIN_LIMIT_S
        while left := self.waiting():
            if time.monotonic() > until:
                raise RuntimeError(f"{left} recipients still wait after {DRAIN_LIMIT_S} s")
            self.cli("queue", "retry", check=False)
            time.sleep(0.3)
