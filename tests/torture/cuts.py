"""Power cuts: the data directory's file system is cut off under load, over and over.

What the file system had in memory is gone with the cut, and every later write fails with EIO. Either the relay is
killed at once, as the power would end it; or it was ended at a chosen place just before; or it is left alone, and must
then end by itself, saying why, without another 250. Then: mount again (the journal is replayed), start, go on.

While the file system shuts down, the kernel may tell success of a sync under way whose data is then gone (a program of
20 lines that writes and syncs saw it at 4 of 60 cuts of ext4 and at 5 of 60 of xfs; nothing that had been synced before
was ever gone). A power cut tells nobody anything. So the relay is killed just before, when none of its threads can act on
what the kernel says; or it is stopped until the cut is over.

One domain in ten goes to a receiver that is started only in the end: its mail lies on the disk through all cuts.
"""
import bisect
import dataclasses
import random
import subprocess
import time

from disk import Disk
from processes import free_port
from relay import Relay, choose_place
from tools import DOMAINS, tools_for

CONNECTIONS = 20
DISK_MEBIBYTES = 6144
MOST_HOURS = 10
ROUND_S = 6.0        # a chosen moment that has not come by then is a random one
END_LIMIT_S = 300    # against hanging; it takes less than a second where nobody else wants the machine
SAYS = "storage failed: this process ends"
FAILED = 1
LATE_S = 1.0         # an answer that was on its way at the cut has been read by then

POWER, ERRORS, START = "power", "EIO", "during the start"


@dataclasses.dataclass
class Cut:
    moment: str
    at_us: int = 0          # when nothing could be written any more
    again_us: int = 0       # when the relay was started again
    ended_s: float | None = None    # EIO: how long it took to end


@dataclasses.dataclass
class Cuts:
    kind: str
    all: list = dataclasses.field(default_factory=list)
    starts_s: list = dataclasses.field(default_factory=list)
    waited: int = 0         # recipients that lay on the disk until the end
    found: dict = dataclasses.field(default_factory=dict)
    answered_us: list = dataclasses.field(default_factory=list)  # EIO: the last 250 after each cut, relative to it
    problems: list = dataclasses.field(default_factory=list)

    @property
    def total(self):
        return len(self.all)

    @property
    def ends(self):
        """Of the relay under load: one that is cut off while it starts has been ended just before as well."""
        return self.total + sum(cut.moment == START for cut in self.all)

    def by_moment(self):
        counts = {}
        for cut in self.all:
            counts[cut.moment] = counts.get(cut.moment, 0) + 1
        return counts


def run(binary, folder, kind, count, seed):
    rng = random.Random(f"{seed} {kind}")
    cuts = Cuts(kind)
    with Disk(folder, kind, DISK_MEBIBYTES) as disk, tools_for(binary, folder) as tools:
        disk.check_cut()
        late = free_port()
        relay = Relay(binary, folder, routes(tools.start_sink(), late), disk.path / "data")
        try:
            relay.start()
            disk.sync()  # the password, which the sandbox keeps for tests, is under no promise
            tools.start_load(relay.ready, connections=CONNECTIONS, seconds=MOST_HOURS * 3600, size=2000)
            cut_again_and_again(relay, disk, rng, count, cuts)
            tools.end_load()
            cuts.waited = relay.waiting()
            tools.start_sink(late)
            relay.drain()
            if relay.stop() != 0:
                cuts.problems.append("the relay did not end well")
        finally:
            relay.kill()
        cuts.found = tools.check()
        judge_answers(tools, cuts)
        judge_losses(tools, cuts)
    return cuts


def routes(sink, late):
    return [f"*={sink}"] + [f"d{i}.example=127.0.0.1:{late}" for i in range(DOMAINS // 10)]


def cut_again_and_again(relay, disk, rng, count, cuts):
    fault = ""
    while cuts.total < count:
        cut = cut_somewhere(relay, disk, rng, fault, cuts)
        cuts.all.append(cut)
        disk.mount_again()
        fault = choose_place(rng) if rng.random() < 0.4 else ""
        cut.again_us = now_us()
        started = relay.start(fault)
        if started is None:  # ended while it started; the next round cuts there
            continue
        cuts.starts_s.append(started)
    relay.kill()
    cuts.starts_s.append(relay.start())


def cut_somewhere(relay, disk, rng, fault, cuts):
    """The first is one of those that the relay survives, so that none of a few is missed."""
    if fault and relay.ends_within(ROUND_S):
        return cut_now(relay, disk, fault.partition(":")[0])
    if not fault:
        time.sleep(rng.uniform(0.2, 3.0))  # under load; the moment is what is tested
    chance = rng.random() if cuts.total else 0.3
    if chance < 0.15:
        relay.kill()
        relay.launch()
        time.sleep(rng.uniform(0, 0.3))
        return cut_now(relay, disk, START)
    if chance < 0.5 and not fault:  # a fault may still end it
        return cut_and_wait(relay, disk, cuts)
    return cut_now(relay, disk, POWER)


def cut_now(relay, disk, moment):
    """In the middle of a sync, too: the signal does not wait for it, and the process not for us."""
    relay.process.kill()
    disk.cut()
    cut = Cut(moment, at_us=now_us())
    relay.kill()
    return cut


def cut_and_wait(relay, disk, cuts):
    """The relay must end by itself and say why."""
    before = relay.log_size()
    relay.freeze()  # the sync under way is over then, and what it said was true
    disk.cut()
    cut = Cut(ERRORS, at_us=now_us())
    relay.thaw()
    try:
        status = relay.process.wait(END_LIMIT_S)
    except subprocess.TimeoutExpired:
        cuts.problems.append(f"cut {cuts.total}: still there {END_LIMIT_S} s after the disk had failed")
        relay.kill()
        return cut
    cut.ended_s = (now_us() - cut.at_us) / 1e6
    if status != FAILED or SAYS not in relay.log_since(before):
        cuts.problems.append(f"cut {cuts.total}: ended with {status}, and said:\n{relay.log_since(before)[-2000:]}")
    return cut


def judge_answers(tools, cuts):
    """The disk took nothing between a cut and the next start: there can be no 250 but what was on its way already."""
    late = [[] for _ in cuts.all]
    begins = [cut.at_us for cut in cuts.all]
    for _, at, code in tools.answers():
        last = bisect.bisect_left(begins, at) - 1
        if code == 250 and last >= 0 and at < cuts.all[last].again_us:
            late[last].append(at - begins[last])
    for number, (cut, found) in enumerate(zip(cuts.all, late)):
        if cut.moment != ERRORS:
            continue
        cuts.answered_us.append(max(found, default=0))
        if len(found) > CONNECTIONS or max(found, default=0) > LATE_S * 1e6:
            cuts.problems.append(f"cut {number}: {len(found)} answers of 250 after it, the last after "
                                 f"{max(found) / 1000:.0f} ms")


def judge_losses(tools, cuts):
    if not cuts.found["lost"]:
        return
    arrived = tools.arrived()
    lost = sorted(at for who, at, code in tools.answers() if code == 250 and who not in arrived)
    for number, cut in enumerate(cuts.all):
        since = cuts.all[number - 1].at_us if number else 0
        here = [at for at in lost if since < at <= cut.at_us]
        if here:
            cuts.problems.append(
                f"{len(here)} of them were answered {(cut.at_us - here[-1]) / 1000:.1f} to "
                f"{(cut.at_us - here[0]) / 1000:.1f} ms before cut {number} ({cut.moment}), the first "
                f"{(here[0] - since) / 1000:.1f} ms after the cut or the beginning before it")


def now_us():
    return int(time.time() * 1e6)
