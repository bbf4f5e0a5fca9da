"""A receiver that answers as it is told and keeps what it is given: asyncio on a thread of its own."""
import asyncio
import collections
import dataclasses
import email
import email.policy
import threading

from waiting import LIMIT_S, wait_for

CLOSE = "close"    # as a reply: hang up without a word
SILENT = "silent"  # as a reply: say nothing more, until the peer gives up
LARGEST = 64 << 20


@dataclasses.dataclass
class Arrival:
    """A message that was answered with 250."""
    sender: str
    recipients: list[str]
    data: bytes  # as it came, without the dots that were stuffed
    mail: str    # the MAIL command
    rcpt: list[str]

    def __post_init__(self):
        self.message = email.message_from_bytes(self.data, policy=email.policy.default)

    def __getitem__(self, header):
        return self.message[header]

    @property
    def body(self):
        return self.data.partition(b"\r\n\r\n")[2]


class Sink:
    MODERN = ("PIPELINING", "SIZE 67108864", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "DSN")

    def __init__(self, extensions=MODERN, port=0):
        self.extensions = list(extensions)
        self.messages_per_connection = None  # hangs up after so many, as large providers do
        self.messages, self.connections, self.port = [], [], port
        self.refused = []  # whose final dot was not answered with 250
        self._script, self._by_recipient = {}, collections.defaultdict(dict)
        self._tasks = set()
        self._loop = asyncio.new_event_loop()
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self._thread.start()
        assert started.wait(LIMIT_S)

    @property
    def route(self):
        return f"127.0.0.1:{self.port}"

    def answer(self, verb, replies):
        """The replies to a verb in order, the last one repeats. CONNECT: the greeting, END: the dot."""
        self._script[verb] = list(replies)

    def answer_recipient(self, address, replies):
        """The replies to RCPT of one address."""
        self._by_recipient[address.lower()] = list(replies)

    def wait_for_message(self, number=1, limit_s=LIMIT_S):
        """The number-th message to arrive."""
        return wait_for(f"message {number} at the receiver", limit_s=limit_s,
                        found=lambda: len(self.messages) >= number and self.messages[number - 1],
                        explain=lambda: f"{len(self.messages)} came; heard: {self.connections[-3:]}")

    def wait_for_messages(self, count, limit_s=LIMIT_S):
        self.wait_for_message(count, limit_s)
        return list(self.messages)

    def to(self, address):
        """What has arrived for one address."""
        return [m for m in list(self.messages) if address in m.recipients]

    def close(self):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(LIMIT_S)

    def _run(self, started):
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=LARGEST, backlog=512))
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    def _reply(self, verb, default, recipient=None):
        replies = self._by_recipient.get(recipient) if recipient else None
        replies = replies or self._script.get(verb) or [default]
        return replies.pop(0) if len(replies) > 1 else replies[0]

    async def _serve(self, reader, writer):
        try:
            await Session(self, reader, writer).run()
        except (ConnectionError, asyncio.IncompleteReadError, HangUp):
            pass
        finally:
            writer.close()


class HangUp(Exception):
    pass


class Session:
    """One connection to a Sink."""

    def __init__(self, sink, reader, writer):
        self.sink, self.reader, self.writer = sink, reader, writer
        self.heard = []
        self.taken = 0
        sink.connections.append(self.heard)
        self._reset()

    def _reset(self):
        self.mail, self.rcpt, self.chunks = "", [], b""

    async def run(self):
        await self._say(self.sink._reply("CONNECT", "220 sink.example.net ESMTP"))
        while line := (await self.reader.readline()).decode("utf-8", "replace").rstrip("\r\n"):
            self.heard.append(line)
            verb = line.split(" ")[0].upper()
            await getattr(self, "_" + verb.lower(), self._unknown)(line)

    async def _say(self, reply):
        """True if the reply is a positive one."""
        if reply == SILENT:
            await self.reader.read()
        if reply in (CLOSE, SILENT):
            raise HangUp
        data = reply if isinstance(reply, bytes) else reply.encode() + b"\r\n"
        self.writer.write(data)
        await self.writer.drain()
        if data.startswith(b"421"):
            raise HangUp
        return data[:1] in b"23"

    async def _ehlo(self, line):
        lines = ["sink.example.net", *self.sink.extensions]
        default = "\r\n".join(f"250{' ' if line is lines[-1] else '-'}{line}" for line in lines)
        await self._say(self.sink._reply("EHLO", default))

    async def _helo(self, line):
        await self._say(self.sink._reply("HELO", "250 sink.example.net"))

    async def _mail(self, line):
        self._reset()
        if await self._say(self.sink._reply("MAIL", "250 2.1.0 ok")):
            self.mail = line

    async def _rcpt(self, line):
        if not self.mail:
            await self._say("503 5.5.1 say MAIL first")
        elif await self._say(self.sink._reply("RCPT", "250 2.1.5 ok", path_in(line).lower())):
            self.rcpt.append(line)

    async def _data(self, line):
        if not self.rcpt:
            await self._say("554 5.5.1 no valid recipients")
        elif await self._say(self.sink._reply("DATA", "354 go on")):
            await self._take(await self._read_content())

    async def _read_content(self):
        lines = []
        while (line := await self.reader.readuntil(b"\r\n")) != b".\r\n":
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)

    async def _bdat(self, line):
        words = line.split(" ")
        self.chunks += await self.reader.readexactly(int(words[1]))
        if words[-1].upper() == "LAST":
            await self._take(self.chunks)
        else:
            await self._say("250 2.0.0 chunk taken")

    async def _take(self, data):
        reply = self.sink._reply("END", "250 2.0.0 taken")
        arrival = Arrival(path_in(self.mail), [path_in(r) for r in self.rcpt], data, self.mail, list(self.rcpt))
        self.taken += reply.startswith("250")
        (self.sink.messages if reply.startswith("250") else self.sink.refused).append(arrival)
        await self._say(reply)
        self._reset()
        if self.taken == self.sink.messages_per_connection:
            raise HangUp

    async def _rset(self, line):
        self._reset()
        await self._say(self.sink._reply("RSET", "250 2.0.0 ok"))

    async def _noop(self, line):
        await self._say("250 2.0.0 ok")

    async def _quit(self, line):
        await self._say("221 2.0.0 bye")
        raise HangUp

    async def _unknown(self, line):
        await self._say("500 5.5.2 what?")


def path_in(command):
    """What stands in the angle brackets of a MAIL or RCPT command."""
    return command.partition("<")[2].rpartition(">")[0] if "<" in command else ""
