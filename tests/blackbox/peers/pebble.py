"""Pebble, the certificate authority for tests (RFC 8555), from Debian's package, on loopback."""
import itertools
import json
import os
import random
import socket
import ssl
import subprocess
import time
import urllib.request

from waiting import LIMIT_S, wait_for


class HeldPort:
    """A TCP port for a program that opens it later. Between, nobody takes it: the kernel gives out higher ones to
    those who ask for any, and others of us see that UDP's port of the same number is taken."""
    RANGE = range(20_000, 32_000)

    def __init__(self):
        for number in random.sample(self.RANGE, len(self.RANGE)):
            self.mark = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            try:
                self.mark.bind(("127.0.0.1", number))
                socket.create_server(("127.0.0.1", number)).close()
            except OSError:
                self.mark.close()
                continue
            self.number = number
            return
        raise AssertionError(f"no port of {self.RANGE} is free")

    def release(self):
        self.mark.close()


def openssl(*words):
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, timeout=LIMIT_S)


def make_certificate(folder, name, *hosts):
    """Signed by itself, for hosts (or addresses); (certificate, key)."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}-key.pem"
    names = ",".join(("IP:" if host[0].isdigit() else "DNS:") + host for host in hosts)
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj",
            f"/CN={name}", "-addext", f"subjectAltName={names}", "-keyout", key, "-out", certificate)
    return certificate, key


class Pebble:
    """`start()` once it is known where the relay answers challenges; may be stopped and started again."""

    def __init__(self, folder, dns_port, **settings):
        self.folder, self.dns_port, self.settings = folder, dns_port, settings
        folder.mkdir()
        self.held, self.held_management = HeldPort(), HeldPort()
        self.certificate, self.key = make_certificate(folder, "pebble", "127.0.0.1")
        self.log, self.process = folder / "pebble.log", None

    @property
    def port(self):
        return self.held.number

    @property
    def management(self):
        return self.held_management.number

    @property
    def directory(self):
        return f"https://127.0.0.1:{self.port}/dir"

    def start(self, http_port=1, tls_port=1):
        """Where somebody has a port of its all the same: the relay knows that of the directory, so that it is waited
        for; another one is taken for the other."""
        for attempt in itertools.count(1):
            self.begin(http_port, tls_port)
            wait_for("the authority", lambda: self.process.poll() is not None or self.is_up(), explain=self.said)
            if self.process.poll() is None:
                return
            self.process = None
            assert attempt < 10 and "address already in use" in self.said(), self.said()
            self.held_management.release()
            self.held_management = HeldPort()
            time.sleep(0.2)

    def begin(self, http_port, tls_port):
        config = self.folder / "config.json"
        config.write_text(json.dumps({"pebble": {
            "listenAddress": f"127.0.0.1:{self.port}", "managementListenAddress": f"127.0.0.1:{self.management}",
            "certificate": str(self.certificate), "privateKey": str(self.key), "httpPort": http_port,
            "tlsPort": tls_port, **self.settings}}))
        self.process = subprocess.Popen(
            ["pebble", "-strict", "-config", config, "-dnsserver", f"127.0.0.1:{self.dns_port}"],
            stdout=self.log.open("ab"), stderr=subprocess.STDOUT,
            env={**os.environ, "PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "30", "PEBBLE_AUTHZREUSE": "0"})

    def is_up(self):
        try:
            return self.get(self.directory) and self.root()
        except OSError:
            return None

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def close(self):
        """For good."""
        self.stop()
        self.held.release()
        self.held_management.release()

    def get(self, url):
        context = ssl.create_default_context(cafile=self.certificate)
        with urllib.request.urlopen(url, timeout=LIMIT_S, context=context) as answer:
            return answer.read()

    def root(self):
        """Of what it issues, PEM. New each time it starts."""
        return self.get(f"https://127.0.0.1:{self.management}/roots/0").decode()

    def said(self):
        return self.log.read_text()
