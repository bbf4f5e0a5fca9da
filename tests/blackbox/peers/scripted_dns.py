"""A name server that answers as a script says, for what no real one does: lies, garbage, silence.

A script is a function of the query (dnspython's message) and returns the answer: a message, bytes as
they are, or None for silence. It is asked for by the domain at the end of the name.
"""
import socket
import struct
import threading

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from waiting import LIMIT_S


def answer(query, *records, rcode=dns.rcode.NOERROR):
    """`records`: (name, type, value) each."""
    reply = dns.message.make_response(query)
    reply.flags |= dns.flags.AA
    reply.set_rcode(rcode)
    for name, kind, value in records:
        reply.answer.append(dns.rrset.from_text(name + ".", 5, "IN", kind, value))
    return reply


def name_of(query):
    return query.question[0].name.to_text(omit_final_dot=True).lower()


def type_of(query):
    return dns.rdatatype.to_text(query.question[0].rdtype)


class ScriptedDns:
    """`scripts`: by domain, the most specific wins; `delay_s`: of each answer of a domain."""

    def __init__(self, scripts, delay_s=None):
        self.scripts, self.delay_s = dict(scripts), dict(delay_s or {})
        self.asked = []  # (name, type)
        self._over = threading.Event()
        self._tcp = socket.create_server(("127.0.0.1", 0))
        self.port = self._tcp.getsockname()[1]
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.1", self.port))
        for serve in (self._serve_udp, self._serve_tcp):
            threading.Thread(target=serve, daemon=True).start()

    @property
    def server(self):
        """As libunbound writes an address with a port."""
        return f"127.0.0.1@{self.port}"

    def close(self):
        self._over.set()
        self._tcp.shutdown(socket.SHUT_RDWR)
        self._tcp.close()
        self._udp.close()

    def names_asked(self):
        return {name for name, _ in list(self.asked)}

    def _domain_of(self, name):
        labels = name.split(".")
        return next((d for i in range(len(labels)) if (d := ".".join(labels[i:])) in self.scripts), None)

    def _answer(self, wire, send, may_truncate):
        query = dns.message.from_wire(wire)
        name = name_of(query)
        self.asked.append((name, type_of(query)))
        domain = self._domain_of(name)
        reply = self.scripts[domain](query) if domain else answer(query, rcode=dns.rcode.REFUSED)
        if reply is None:
            return
        if not isinstance(reply, bytes):
            data = reply.to_wire(max_size=65535)
            if may_truncate and len(data) > 1232:
                short = answer(query)
                short.flags |= dns.flags.TC
                data = short.to_wire()
            reply = data
        timer = threading.Timer(self.delay_s.get(domain, 0), send, [reply])
        timer.daemon = True
        timer.start()

    def _serve_udp(self):
        def send_to(address):
            return lambda data: self._over.is_set() or self._udp.sendto(data, address)
        while not self._over.is_set():
            try:
                wire, address = self._udp.recvfrom(65535)
                self._answer(wire, send_to(address), may_truncate=True)
            except OSError:
                return

    def _serve_tcp(self):
        while not self._over.is_set():
            try:
                connection, _ = self._tcp.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection):
        connection.settimeout(LIMIT_S)
        try:
            with connection, connection.makefile("rb") as incoming:
                while head := incoming.read(2):
                    wire = incoming.read(struct.unpack("!H", head)[0])
                    self._answer(wire, lambda data: connection.sendall(struct.pack("!H", len(data)) + data),
                                 may_truncate=False)
        except OSError:
            pass
