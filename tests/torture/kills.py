"""Ends the relay over and over under load, at random and at chosen moments, and counts what was lost.

One generator and one counting sink run through all of it; at the end the queue is drained, and what was answered 250 is
compared with what arrived. Copies are allowed only of what was on its way when the relay was ended: sent, and not yet
written down.
"""
import dataclasses
import json
import os
import random
import select
import signal
import subprocess
import time

from tools import free_port, tools_for

CONNECTIONS = 20
START_LIMIT_S = 60
DRAIN_LIMIT_S = 240
ROUND_S = 6.0  # a chosen moment that has not come by then is a random one

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


@dataclasses.dataclass
class Kills:
    by_moment: dict = dataclasses.field(default_factory=dict)
    starts_s: list = dataclasses.field(default_factory=list)
    pending: str = ""  # the fault that the relay runs with

    def count(self, moment):
        self.by_moment[moment] = self.by_moment.get(moment, 0) + 1

    @property
    def total(self):
        return sum(self.by_moment.values())


class Relay:
    """`postrider sandbox` of the build with fault points, on a data directory that stays."""

    def __init__(self, binary, folder, sink):
        self.folder, self.port = folder, free_port()
        self.command = [str(binary), "--data", str(folder / "data"), "--set", "simulator.enabled=false",
                        "--set", "log.level=warning", "sandbox", "--smtp-port", str(self.port),
                        "--domain", "bench.example", "--dkim", "none", "--route", f"*={sink}"]
        self.process, self.ready = None, None

    def start(self, fault=""):
        """Seconds until it was ready; nothing if it ended before, which a fault may want."""
        began = time.monotonic()
        with (self.folder / "relay.log").open("ab") as log:
            self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=log, text=True,
                                            env=os.environ | {"POSTRIDER_FAULT": fault})
        readable, _, _ = select.select([self.process.stdout], [], [], START_LIMIT_S)
        line = self.process.stdout.readline() if readable else ""
        if not line:
            self.process.kill()
            if self.process.wait() != -signal.SIGKILL or not fault:
                raise RuntimeError(f"the relay did not get ready; see {self.folder}/relay.log")
            return None
        self.ready = json.loads(line)
        return time.monotonic() - began

    def ends_within(self, seconds):
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        if self.process.returncode != -signal.SIGKILL:
            raise RuntimeError(f"the relay ended by itself ({self.process.returncode}); see {self.folder}/relay.log")
        return True

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        return self.process.wait(START_LIMIT_S)

    def waiting(self):
        done = subprocess.run([self.command[0], "--data", str(self.folder / "data"), "--json", "queue"],
                              capture_output=True, text=True, timeout=60, check=True)
        figures = json.loads(done.stdout)
        open_ones = sum(site["connections"] for site in figures["sites"])
        return figures["ready"] + figures["scheduled"] + figures["looking_up"] + open_ones


def run(binary, folder, minutes, seed):
    """(figures of the loss check, Kills). Raises where the relay does what it must not."""
    rng = random.Random(seed)
    kills = Kills()
    with tools_for(binary, folder) as tools:
        print(f"    with {tools.name}", flush=True)
        relay = Relay(binary, folder, tools.start_sink())
        relay.start()
        seconds = 60 * minutes
        tools.start_load(relay.ready, connections=CONNECTIONS, seconds=seconds, size=2000)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            end_somewhere(relay, rng, kills)
            fault = choose(rng)
            started = relay.start(fault)
            if started is None:
                kills.count(fault.partition(":")[0])
                fault, started = "", relay.start()
            kills.starts_s.append(started)
            kills.pending = fault
        # The last start may still have a fault in it.
        relay.kill()
        relay.start()
        tools.wait_for_load(limit_s=120)
        drain(relay)
        if relay.stop() != 0:
            raise RuntimeError("the relay did not end well")
        return tools.check(), kills


def choose(rng):
    if rng.random() < 0.4:
        return ""
    place = rng.choice(list(PLACES))
    return f"{place}:{rng.randint(1, PLACES[place])}"


def end_somewhere(relay, rng, kills):
    if kills.pending and relay.ends_within(ROUND_S):
        kills.count(kills.pending.partition(":")[0])
        return
    if not kills.pending:
        time.sleep(rng.uniform(0.2, 3.0))  # under load; the moment is what is tested
    relay.kill()
    kills.count("any moment")


def drain(relay):
    until = time.monotonic() + DRAIN_LIMIT_S
    while relay.waiting():
        if time.monotonic() > until:
            raise RuntimeError(f"recipients still wait after {DRAIN_LIMIT_S} s")
        subprocess.run([relay.command[0], "--data", str(relay.folder / "data"), "queue", "retry"],
                       capture_output=True, timeout=60, check=False)
        time.sleep(0.3)
