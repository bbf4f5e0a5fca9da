"""Ends the relay over and over under load, at random and at chosen moments, and counts what was lost.

One generator and one counting sink run through all of it; at the end the queue is drained, and what was answered 250 is
compared with what arrived. Copies are allowed only of what was on its way when the relay was ended: sent, and not yet
written down.
"""
import dataclasses
import random
import time

from relay import Relay, choose_place
from tools import tools_for

CONNECTIONS = 20
ROUND_S = 6.0  # a chosen moment that has not come by then is a random one


@dataclasses.dataclass
class Kills:
    by_moment: dict = dataclasses.field(default_factory=dict)
    starts_s: list = dataclasses.field(default_factory=list)
    found: dict = dataclasses.field(default_factory=dict)  # by the loss check
    pending: str = ""  # the fault that the relay runs with

    def count(self, moment):
        self.by_moment[moment] = self.by_moment.get(moment, 0) + 1

    @property
    def total(self):
        return sum(self.by_moment.values())


def run(binary, folder, minutes, most, seed):
    """Kills until the time is over, or `most` of them. Raises where the relay does what it must not."""
    rng = random.Random(seed)
    kills = Kills()
    with tools_for(binary, folder) as tools:
        relay = Relay(binary, folder, [f"*={tools.start_sink()}"])
        try:
            relay.start()
            seconds = 60 * minutes
            tools.start_load(relay.ready, connections=CONNECTIONS, seconds=seconds + 600, size=2000)
            until = time.monotonic() + seconds
            while time.monotonic() < until and kills.total < most:
                end_somewhere(relay, rng, kills)
                start_again(relay, rng, kills)
            # The last start may still have a fault in it.
            relay.kill()
            relay.start()
            tools.end_load()
            relay.drain()
            if relay.stop() != 0:
                raise RuntimeError("the relay did not end well")
        finally:
            relay.kill()
        kills.found = tools.check()
    return kills


def start_again(relay, rng, kills):
    fault = "" if rng.random() < 0.4 else choose_place(rng)
    started = relay.start(fault)
    if started is None:
        kills.count(fault.partition(":")[0])
        fault, started = "", relay.start()
    kills.starts_s.append(started)
    kills.pending = fault


def end_somewhere(relay, rng, kills):
    if kills.pending and relay.ends_within(ROUND_S):
        kills.count(kills.pending.partition(":")[0])
        return
    if not kills.pending:
        time.sleep(rng.uniform(0.2, 3.0))  # under load; the moment is what is tested
    relay.kill()
    kills.count("any moment")
