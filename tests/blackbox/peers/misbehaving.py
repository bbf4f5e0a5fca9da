"""A receiver that misbehaves at one step of the dialogue until it is told to behave.

What it does is a function of the connection (`Talk`), called when the dialogue has come to its step;
such functions are below. Each connection has a thread, because what is shown here is what bytes and
resets do, in their order.
"""
import functools
import pathlib
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import time

from waiting import LIMIT_S

CONNECT, EHLO, TLS, SECURED, MAIL, RCPT, DATA, CONTENT, DOT, TAKEN = STEPS = (
    "connect", "ehlo", "tls", "secured", "mail", "rcpt", "data", "content", "dot", "taken")
CODES = {CONNECT: 220, EHLO: 250, SECURED: 250, MAIL: 250, RCPT: 250, DATA: 354, CONTENT: 250, DOT: 250, TAKEN: 250}
MANY = 100_000  # lines of a reply
MAKING_IT = threading.Lock()


class Gone(Exception):
    """The connection is over."""


class Talk:
    """One connection, as the act sees it."""

    def __init__(self, peer, connection, step):
        self.peer, self.socket, self.step, self.rest = peer, connection, step, b""

    @property
    def code(self):
        """Of the reply that is due."""
        return str(CODES[self.step]).encode()

    def send(self, data):
        if not self.peer.bytewise:
            return self.socket.sendall(data)
        for byte in data:
            self.socket.sendall(bytes([byte]))

    def receive(self):
        data = self.socket.recv(65536)
        if not data:
            raise Gone
        return data

    def line(self):
        while b"\n" not in self.rest:
            self.rest += self.receive()
        line, _, self.rest = self.rest.partition(b"\n")
        return line.decode("utf-8", "replace").rstrip("\r")

    def reset(self):
        """A RST instead of a FIN."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Gone

    def hang_up(self):
        """From another thread: who waits here finds the end."""
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # it has ended already

    def wait_for_the_end(self):
        """Until the relay gives up."""
        self.peer.waiting.set()
        while True:
            self.receive()


# -- what a peer may do at a step


def reset(talk):
    talk.reset()


def close(talk):
    raise Gone


def half_a_reply(talk):
    talk.send(talk.code + b"-this is")
    raise Gone


def stall(talk):
    talk.wait_for_the_end()


def stop_reading(talk):
    talk.peer.waiting.set()
    talk.peer.over.wait()
    raise Gone


def drip(talk):
    """A byte now and then, and no end of it: each within the time limit, the reply beyond any."""
    talk.peer.waiting.set()
    for byte in b"%s-%s" % (talk.code, b"x" * 400):
        talk.socket.sendall(bytes([byte]))
        if talk.peer.over.wait(0.1):
            break
    raise Gone


def many_lines(talk):
    thousand = (talk.code + b"-" + b"x" * 400 + b"\r\n") * 1000
    for _ in range(MANY // 1000):
        talk.send(thousand)
    talk.send(talk.code + b" end\r\n")


def saying(name, data):
    def say(talk):
        talk.send(data)
        talk.wait_for_the_end()
    say.__name__ = name
    return say


binary = saying("binary", bytes(range(256)) * 8 + b"\r\n")
zeros = saying("zeros", b"\0" * 4096)
endless_line = saying("endless_line", b"2" * 1_000_000)
http = saying("http", b"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\nContent-Length: 0\r\n\r\n")
tls_alert = saying("tls_alert", b"\x15\x03\x01\x00\x02\x02\x28")  # fatal, handshake_failure
wrong_tls_version = saying("wrong_tls_version", b"\x16\x09\x09\x00\x04\x0e\x00\x00\x00")


def server_flight(talk):
    """What an honest TLS 1.2 server would say to the relay's ClientHello, certificate and all."""
    context = server_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = context.wrap_bio(incoming, outgoing, server_side=True)
    incoming.write(talk.rest)
    while not outgoing.pending:
        incoming.write(talk.receive())
        try:
            server.do_handshake()
        except ssl.SSLWantReadError:
            pass
    return outgoing.read()


def handshake_cut(talk):
    flight = server_flight(talk)
    talk.send(flight[:len(flight) // 2])
    raise Gone


def handshake_reset(talk):
    flight = server_flight(talk)
    talk.send(flight[:len(flight) // 2])
    time.sleep(0.05)  # that the half arrives: a reset throws away what is on its way
    talk.reset()


def certificate_of_junk(talk):
    flight, known = server_flight(talk), ssl.PEM_cert_to_DER_cert(certificate()[1])
    assert known in flight
    talk.send(flight.replace(known, bytes(len(known))))
    talk.wait_for_the_end()


def certificate():
    """Key and certificate of a host that signed it itself, as PEM: one for all."""
    with MAKING_IT:
        return made_certificate()


@functools.cache
def made_certificate():
    with tempfile.TemporaryDirectory() as folder:
        files = [pathlib.Path(folder, name) for name in ("key.pem", "cert.pem")]
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-subj", "/CN=rude.example.net", "-days", "2", "-keyout", files[0], "-out", files[1]],
                       capture_output=True, check=True, timeout=LIMIT_S)
        return tuple(file.read_text() for file in files)


def server_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile("w") as file:
        file.write("".join(certificate()))
        file.flush()
        context.load_cert_chain(file.name)
    return context


class Misbehaving:
    """`act` is done at `step`, on every connection until behave(). `extensions`: of its EHLO."""

    BACKLOG = 64

    def __init__(self, step=None, act=None, extensions=("PIPELINING",), bytewise=False):
        self.step, self.act, self.extensions, self.bytewise = step, act, list(extensions), bytewise
        self.messages, self.connections, self.in_the_clear = [], 0, 0
        self.waiting, self.over = threading.Event(), threading.Event()
        self._open, self._lock = set(), threading.Lock()
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(self.BACKLOG)
        self.port = self._listener.getsockname()[1]
        self._begin()

    def _begin(self):
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def route(self):
        return f"127.0.0.1:{self.port}"

    def behave(self):
        self.act = None

    def close(self):
        self.over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for talk in self._open:
                talk.hang_up()

    def is_holding_on(self):
        """A connection has come to its step and is still open on our side."""
        with self._lock:
            return self.waiting.is_set() and bool(self._open)

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(10 * LIMIT_S)
        talk = Talk(self, connection, CONNECT)
        with self._lock:
            self._open.add(talk)
        try:
            self._talk(talk)
        except (Gone, OSError):
            pass
        finally:
            with self._lock:
                self._open.remove(talk)
            talk.socket.close()

    def _at(self, talk, step):
        talk.step = step
        if self.act and self.step == step:
            self.act(talk)

    def _talk(self, talk):
        is_secured, mail, rcpt = False, "", []
        self._at(talk, CONNECT)
        talk.send(b"220 rude.example.net ESMTP\r\n")
        while True:
            line = talk.line()
            verb = line.split(" ")[0].upper()
            if verb == "EHLO":
                self._at(talk, SECURED if is_secured else EHLO)
                words = ["rude.example.net", *(w for w in self.extensions if not (is_secured and w == "STARTTLS"))]
                talk.send("".join(f"250-{word}\r\n" for word in words).encode() + b"250 SIZE 67108864\r\n")
            elif verb == "STARTTLS":
                talk.send(b"220 go on\r\n")
                self._at(talk, TLS)
                talk.socket = server_context().wrap_socket(talk.socket, server_side=True)
                is_secured = True
            elif verb == "MAIL":
                self._at(talk, MAIL)
                mail, rcpt = line, []
                self.in_the_clear += 0 if is_secured else 1
                talk.send(b"250 ok\r\n")
            elif verb == "RCPT":
                self._at(talk, RCPT)
                rcpt.append(line.partition("<")[2].partition(">")[0])
                talk.send(b"250 ok\r\n")
            elif verb == "DATA":
                self._at(talk, DATA)
                talk.send(b"354 go on\r\n")
                self._read_content(talk)
                self._at(talk, DOT)
                self.messages.append((mail, rcpt))
                self._at(talk, TAKEN)
                talk.send(b"250 taken\r\n")
            elif verb == "QUIT":
                talk.send(b"221 bye\r\n")
                raise Gone
            else:
                talk.send(b"250 ok\r\n")

    def _read_content(self, talk):
        if self.step == CONTENT and self.act:
            talk.receive()
            self._at(talk, CONTENT)
        end = b"\r\n.\r\n"
        while end not in talk.rest:
            tail = talk.rest[-8:]  # no need of the rest
            talk.rest = tail + talk.receive()
        talk.rest = talk.rest.partition(end)[2]


class FullBacklog(Misbehaving):
    """Accepts nobody until behave(): the kernel drops who wants to connect."""

    BACKLOG = 0

    def _begin(self):
        self._filling = [socket.socket() for _ in range(2)]
        for one in self._filling:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", self.port))

    def behave(self):
        for one in self._filling:
            one.close()
        super()._begin()
