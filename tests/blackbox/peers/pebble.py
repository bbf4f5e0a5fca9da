"""Pebble, the certificate authority for tests (RFC 8555), from Debian's package, on loopback."""
import json
import os
import socket
import ssl
import subprocess
import urllib.request

from waiting import LIMIT_S, wait_for


def free_ports(count):
    """Nobody's at the moment."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


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
        self.port, self.management = free_ports(2)
        self.certificate, self.key = make_certificate(folder, "pebble", "127.0.0.1")
        self.log, self.process = folder / "pebble.log", None

    @property
    def directory(self):
        return f"https://127.0.0.1:{self.port}/dir"

    def start(self, http_port=1, tls_port=1):
        config = self.folder / "config.json"
        config.write_text(json.dumps({"pebble": {
            "listenAddress": f"127.0.0.1:{self.port}", "managementListenAddress": f"127.0.0.1:{self.management}",
            "certificate": str(self.certificate), "privateKey": str(self.key), "httpPort": http_port,
            "tlsPort": tls_port, **self.settings}}))
        self.process = subprocess.Popen(
            ["pebble", "-strict", "-config", config, "-dnsserver", f"127.0.0.1:{self.dns_port}"],
            stdout=self.log.open("ab"), stderr=subprocess.STDOUT,
            env={**os.environ, "PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "30", "PEBBLE_AUTHZREUSE": "0"})
        wait_for("the authority's directory", self.is_up, explain=self.log.read_text)

    def is_up(self):
        try:
            return self.get(self.directory)
        except OSError:
            return None

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def get(self, url):
        context = ssl.create_default_context(cafile=self.certificate)
        with urllib.request.urlopen(url, timeout=LIMIT_S, context=context) as answer:
            return answer.read()

    def root(self):
        """Of what it issues, PEM. New each time it starts."""
        return self.get(f"https://127.0.0.1:{self.management}/roots/0").decode()

    def said(self):
        return self.log.read_text()
