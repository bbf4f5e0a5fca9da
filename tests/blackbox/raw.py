"""SMTP byte by byte, for what no well-behaved client would say."""
import base64
import socket

from waiting import LIMIT_S


class Raw:
    """A connection that has read the greeting. Replies are (code, text) with lines joined by \\n."""

    def __init__(self, address, context=None):
        self.socket = socket.create_connection(address, LIMIT_S)
        if context:
            self.socket = context.wrap_socket(self.socket)
        self.file = self.socket.makefile("rb")
        self.greeting = self.reply()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode())

    def reply(self):
        """The next reply; (0, "") at the end of the stream."""
        lines = []
        while True:
            try:
                line = self.file.readline()
            except ConnectionError:
                line = b""
            if not line:
                return 0, ""
            assert line.endswith(b"\r\n"), f"a reply line that does not end in CRLF: {line}"
            lines.append(line[4:].decode().rstrip("\r\n"))
            if line[3:4] != b"-":
                return int(line[:3]), "\n".join(lines)

    def say(self, line):
        self.send((line if isinstance(line, bytes) else line.encode()) + b"\r\n")
        return self.reply()

    def expect(self, code, line):
        got = self.say(line)
        assert got[0] == code, f"{line}: {got}"
        return got[1]

    def replies_to_the_end(self):
        """Codes of all replies that still come before the peer closes; fails if it doesn't close."""
        codes = []
        while (reply := self.reply())[0]:
            codes.append(reply[0])
        return codes

    def login(self, user, password):
        token = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
        self.expect(250, "EHLO client.example")
        self.expect(235, f"AUTH PLAIN {token}")

    def envelope(self, sender="shop@example.org", recipient="ann@example.net"):
        self.expect(250, f"MAIL FROM:<{sender}>")
        self.expect(250, f"RCPT TO:<{recipient}>")
