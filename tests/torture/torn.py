"""Files as a power cut or a bad disk leaves them, and what the binary makes of them.

A torn tail: the log's last write, which nobody has been told of, is cut at each byte of its last 4 KiB, or at a sample
of them; all that was acknowledged before, in the same log, must be there without an alarm. A flipped bit in any file of
the database: nothing is lost in silence. Either everything arrives, or the alarm says what doesn't, or the start is
refused; both name the file (of a blob file the folder: the database does not say more).
"""
import dataclasses
import random
import shutil
import smtplib
import socket
import time

from relay import Relay
from tools import tools_for

MESSAGES = 40
MESSAGE_BYTES = 6000    # so that the last write is longer than what is cut
TAIL_BYTES = 4096
STEP = 61               # a sample: 68 places
RUN = 0x70A1F11E
OF_ITS_OWN_MOST = 5
LIMIT_S = 300
ALARMS = ("damaged", "missing", "corrupt")


@dataclasses.dataclass
class Torn:
    cuts: int = 0
    outcomes: dict = dataclasses.field(default_factory=dict)    # by kind of file: what a flipped bit led to
    problems: list = dataclasses.field(default_factory=list)

    def count(self, kind, outcome):
        outcomes = self.outcomes.setdefault(kind, {})
        outcomes[outcome] = outcomes.get(outcome, 0) + 1


def run(binary, folder, every_byte, seed):
    torn = Torn()
    with tools_for(binary, folder) as tools, socket.socket() as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.listen(100)  # and never a word: nothing is written but what is accepted
        port = receiver.getsockname()[1]
        relay = Relay(binary, folder, [f"*=127.0.0.1:{port}"])
        relay.command.append("--test-clock")  # nothing falls due unasked
        crashed, tables = folder / "crashed", folder / "tables"
        try:
            end_before_the_last_is_told(relay, tools)
            keep(relay, crashed)
            receiver.close()
            put(relay, crashed)
            relay.start()  # which brings the log to tables
            relay.kill()
            keep(relay, tables)
            cut_tails(relay, crashed, range(0, TAIL_BYTES + 1, 1 if every_byte else STEP), torn)
            flip_bits(relay, (crashed, tables), tools, port, random.Random(seed), torn)
        finally:
            relay.kill()
    return torn


def end_before_the_last_is_told(relay, tools):
    """Each message is a write of its own, and the process ends after the sync of the last; what the relay writes of its own
    accord when it starts is counted as well, and found by trying."""
    for of_its_own in range(OF_ITS_OWN_MOST):
        told = told_until_it_ends(relay, tools, MESSAGES + 1 + of_its_own)
        if told == MESSAGES:
            return
        shutil.rmtree(relay.data)
    raise RuntimeError(f"{told} messages were acknowledged; {MESSAGES} should have been")


def told_until_it_ends(relay, tools, syncs):
    relay.start(f"after-sync:{syncs}")
    host, _, port = relay.ready["smtp"].rpartition(":")
    told = 0
    with smtplib.SMTP(host, int(port), local_hostname="client.example", timeout=LIMIT_S) as client:
        client.login(relay.ready["user"], relay.ready["password"])
        try:
            for number in range(MESSAGES + 1):
                client.sendmail("sender@bench.example", [f"{tools.recipient(RUN, number)}@d0.example"],
                                "From: sender@bench.example\r\nSubject: torn\r\n\r\n"
                                + ("x" * 74 + "\r\n") * (MESSAGE_BYTES // 76))
                told += 1
        except smtplib.SMTPServerDisconnected:
            pass
    if not relay.ends_within(LIMIT_S):
        raise RuntimeError(f"the process should have ended; {told} messages were acknowledged")
    return told


def keep(relay, place):
    relay.data.rename(place)
    (place / "control").unlink()  # a socket, which can't be copied


def put(relay, place):
    shutil.rmtree(relay.data, ignore_errors=True)
    shutil.copytree(place, relay.data)


def files(data):
    return sorted(file for file in (data / "spool").iterdir() if file.stat().st_size)


def log_of(data):
    return [file for file in files(data) if file.suffix == ".log"][-1]


def cut_tails(relay, crashed, places, torn):
    size = log_of(crashed).stat().st_size
    for place in places:
        put(relay, crashed)
        with log_of(relay.data).open("r+b") as log:
            log.truncate(size - place)
        mark = relay.log_size()
        relay.start()
        found = settled(relay)["scheduled"]
        relay.kill()
        torn.cuts += 1
        if found != MESSAGES + (place == 0):
            torn.problems.append(f"{place} bytes cut off: {found} of {MESSAGES} messages are there")
        if any(word in relay.log_since(mark) for word in ALARMS):
            torn.problems.append(f"{place} bytes cut off, which nobody was promised: {relay.log_since(mark)[-500:]}")


def settled(relay):
    """The queue's figures once every recipient has been tried: nobody listens, so that all wait for their time."""
    until = time.monotonic() + LIMIT_S
    while True:
        figures = relay.queue()
        if not figures["ready"] + figures["looking_up"] + sum(site["connections"] for site in figures["sites"]):
            return figures
        if time.monotonic() > until:
            raise RuntimeError(f"recipients are not tried: {figures}")
        time.sleep(0.02)


def flip_bits(relay, places, tools, port, rng, torn):
    """In each file in turn, somewhere."""
    for place in places:
        for file in files(place):
            put(relay, place)
            damaged = relay.data / "spool" / file.name
            content = bytearray(damaged.read_bytes())
            content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
            damaged.write_bytes(content)
            kind = file.suffix or file.name.partition("-")[0]
            torn.count(kind, outcome_of(relay, tools, port, damaged, torn))


def outcome_of(relay, tools, port, damaged, torn):
    mark = relay.log_size()
    tools.start_sink(port)
    try:
        relay.start()
        relay.drain()
        relay.kill()
    except RuntimeError:
        relay.kill()
        if damaged.name not in relay.log_since(mark):
            torn.problems.append(f"{damaged.name}: refused, and not named: {relay.log_since(mark)[-500:]}")
        return "refused, named"
    finally:
        arrived = tools.end_sink(port)
    lost = {number for number in range(MESSAGES) if (f"{RUN:08x}", str(number)) not in arrived}
    said = relay.log_since(mark)
    if not lost:
        return "all arrived, an alarm" if any(word in said for word in ALARMS) else "all arrived"
    named = damaged.parent if damaged.suffix == ".blob" else damaged
    if not any(word in said for word in ALARMS) or str(named) not in said:
        torn.problems.append(f"{damaged.name}: {len(lost)} messages are missing, and it said: {said[-500:]}")
    return f"{len(lost)} of {MESSAGES} missing, named"
