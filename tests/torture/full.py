"""A disk that fills up under load, with hundreds of messages half sent.

First by mail: new work must be refused while there is still room for what has been begun. Then to the last block by
somebody else's file, while messages are being finished. Then there is room again, and mail must be taken within
seconds, by the same process. All of it goes to a receiver that is started only in the end.
"""
import dataclasses
import random
import smtplib
import time

from disk import MEBIBYTE, Disk
from processes import free_port
from relay import Relay
from tools import tools_for

DISK_MEBIBYTES = 2048
RESERVE_MEBIBYTES = 512     # spool.free_space_min, its default
ROOM_MEBIBYTES = 256        # for mail, above it
OPEN = 300                  # messages half sent
CONNECTIONS = 100           # of the load, beside them
MESSAGE_BYTES = 60_000
FULL_LIMIT_S = 170    # less than a half sent message is waited for
ROOM_LIMIT_S = 5.0
SETTINGS = ("limits.sessions_per_address_max=1000", "listener.smtp.message_size_max=256KiB")


@dataclasses.dataclass
class Full:
    kind: str
    refused_at_mebibytes: int = 0       # free, when the first MAIL was refused
    begun: dict = dataclasses.field(default_factory=dict)    # answers to those begun before, while the reserve is free
    filling: dict = dataclasses.field(default_factory=dict)  # to those finished while the last block was taken
    full: dict = dataclasses.field(default_factory=dict)     # to those finished after that
    again_s: float = 0                  # from room to the first 250
    found: dict = dataclasses.field(default_factory=dict)
    problems: list = dataclasses.field(default_factory=list)


class Message:
    """One that is sent in two halves, over a connection of its own."""

    TEXT = b"From: sender@bench.example\r\nSubject: half\r\n\r\n" + b"0123456789abcdef" * 4 * 16 + b"\r\n"

    def __init__(self, clients, number):
        self.clients, self.number, self.at, self.code = clients, number, 0, 0
        self.client = clients.connect()

    def begin(self):
        """The code of the reply that tells whether it may be sent."""
        recipient = f"{self.clients.tools.recipient(self.clients.run, self.number)}@d0.example"
        code, _ = self.client.mail("sender@bench.example", [f"SIZE={MESSAGE_BYTES}"])
        if code != 250:
            return code
        code, _ = self.client.rcpt(recipient)
        if code == 250:
            code, _ = self.client.docmd("DATA")
        if code == 354:
            self.client.send(self.TEXT)
            self.client.send((b"x" * 74 + b"\r\n") * (MESSAGE_BYTES // 76 // 2))
        else:
            self.client.rset()
        return code

    def send_rest(self):
        self.client.send((b"y" * 74 + b"\r\n") * (MESSAGE_BYTES // 76 // 2 - 20) + b".\r\n")

    def hear(self):
        try:
            self.code, _ = self.client.getreply()
        except (OSError, smtplib.SMTPException):
            self.code = 0
        self.at = int(time.time() * 1e6)
        self.clients.answers.append((self.clients.run, self.number, self.at, self.code))
        return self.code


class Clients:
    def __init__(self, relay, tools, rng):
        self.relay, self.tools, self.run, self.answers = relay, tools, rng.randint(1 << 28, (1 << 32) - 1), []
        self.numbers = iter(range(1_000_000))

    def connect(self):
        host, _, port = self.relay.ready["smtp"].rpartition(":")
        client = smtplib.SMTP(host, int(port), local_hostname="client.example", timeout=300)
        client.ehlo()
        client.login(self.relay.ready["user"], self.relay.ready["password"])
        return client

    def begin(self, count):
        """So many messages, each half sent."""
        messages = [Message(self, next(self.numbers)) for _ in range(count)]
        codes = {message.begin() for message in messages}
        if codes != {354}:
            raise RuntimeError(f"messages could not be begun on a disk with room: {codes}")
        return messages

    def probe(self):
        return Message(self, next(self.numbers))


def run(binary, folder, kind, seed):
    rng = random.Random(f"{seed} {kind}")
    full = Full(kind)
    with Disk(folder, kind, DISK_MEBIBYTES) as disk, tools_for(binary, folder) as tools:
        late = free_port()
        relay = Relay(binary, folder, [f"*=127.0.0.1:{late}"], disk.path / "data", SETTINGS)
        try:
            relay.start()
            clients = Clients(relay, tools, rng)
            messages = clients.begin(OPEN)
            disk.fill((RESERVE_MEBIBYTES + ROOM_MEBIBYTES) * MEBIBYTE)
            tools.start_load(relay.ready, CONNECTIONS, seconds=3600, size=MESSAGE_BYTES)
            fill_and_make_room(disk, clients, messages, full)
            tools.end_load()
            if relay.process.poll() is not None:
                full.problems.append(f"the relay ended ({relay.process.returncode})")
                relay.start()
            tools.start_sink(late)
            relay.drain()
            relay.stop()
        finally:
            relay.kill()
        tools.log_answers(clients.answers)
        full.found = tools.check()
    full.problems += judge(full)
    return full


def fill_and_make_room(disk, clients, messages, this):
    """A third of the messages is finished at each stage."""
    early, meanwhile, late = (messages[third::3] for third in range(3))
    wait_until_refused(clients)
    this.refused_at_mebibytes = disk.free_bytes() // MEBIBYTE
    this.begun = finish(early)
    for message in meanwhile:
        message.send_rest()
    disk.fill(0)
    this.filling = heard(meanwhile)
    this.full = finish(late)
    probe = clients.probe()
    if probe.begin() == 354:
        raise RuntimeError("a message may be begun on a full disk")
    began = time.monotonic()
    disk.make_room()
    this.again_s = wait_until_accepted(probe, began)


def finish(messages):
    for message in messages:
        message.send_rest()
    return heard(messages)


def heard(messages):
    counts = {}
    for message in messages:
        code = message.hear()
        counts[code] = counts.get(code, 0) + 1
        message.client.close()
    return counts


def wait_until_refused(clients):
    """Over a new connection each time: who says RSET a hundred times between two messages is sent away."""
    until = time.monotonic() + FULL_LIMIT_S
    while True:
        client = clients.connect()
        code, _ = client.mail("sender@bench.example", [f"SIZE={MESSAGE_BYTES}"])
        client.close()
        if code == 452:
            return
        if code != 250 or time.monotonic() > until:
            raise RuntimeError(f"no 452 while the disk filled up; the last answer was {code}")
        time.sleep(0.02)


def wait_until_accepted(probe, began):
    while time.monotonic() - began < 10 * ROOM_LIMIT_S:
        if probe.begin() == 354:
            probe.send_rest()
            if probe.hear() == 250:
                probe.client.close()
                return time.monotonic() - began
        time.sleep(0.02)
    raise RuntimeError(f"mail was still refused {10 * ROOM_LIMIT_S:.0f} s after there was room again")


def judge(this):
    if this.refused_at_mebibytes < RESERVE_MEBIBYTES / 2:
        yield f"the first refusal came when {this.refused_at_mebibytes} MiB were left"
    if set(this.begun) != {250}:
        yield f"messages that had been begun were not taken although the reserve is theirs: {this.begun}"
    if not set(this.filling) <= {250, 452}:
        yield f"while the last block was taken, messages were answered {this.filling}"
    if set(this.full) != {452}:
        yield f"on a full disk messages were answered {this.full}"
    if this.again_s > ROOM_LIMIT_S:
        yield f"mail was accepted {this.again_s:.1f} s after there was room again"
