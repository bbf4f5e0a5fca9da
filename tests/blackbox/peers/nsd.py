"""A private authoritative name server (nsd) on a free loopback port."""
import pathlib
import socket
import subprocess

import dns.message
import dns.query

from waiting import LIMIT_S, wait_for

ZONE_HEAD = "$ORIGIN {zone}.\n$TTL 60\n@ SOA ns.{zone}. admin.{zone}. 1 3600 600 86400 60\n@ NS ns.{zone}.\nns A 127.0.0.1\n"


class Nsd:
    """`zones`: the name of each zone and its records, as a zone file has them."""

    def __init__(self, folder: pathlib.Path, zones: dict[str, str]):
        self.folder, self.port = folder, free_udp_port()
        for zone, records in zones.items():
            (folder / f"{zone}.zone").write_text(ZONE_HEAD.format(zone=zone) + records)
        (folder / "nsd.conf").write_text(self._configuration(zones))
        self.log = folder / "nsd.log"
        self.process = subprocess.Popen(["nsd", "-d", "-c", folder / "nsd.conf"],
                                        stdout=self.log.open("w"), stderr=subprocess.STDOUT)
        any_zone = next(iter(zones))
        wait_for("nsd to answer", lambda: self._answers(any_zone), explain=self.log.read_text)

    @property
    def server(self):
        """As libunbound writes an address with a port."""
        return f"127.0.0.1@{self.port}"

    def close(self):
        self.process.terminate()
        self.process.wait(LIMIT_S)

    def _configuration(self, zones):
        text = (f"server:\n  ip-address: 127.0.0.1@{self.port}\n  server-count: 1\n  username: \"\"\n"
                f"  chroot: \"\"\n  zonesdir: \"{self.folder}\"\n  pidfile: \"{self.folder}/nsd.pid\"\n"
                f"  database: \"\"\n  xfrdfile: \"{self.folder}/xfrd.state\"\n"
                f"  zonelistfile: \"{self.folder}/zone.list\"\nremote-control:\n  control-enable: no\n")
        for zone in zones:
            text += f"zone:\n  name: {zone}\n  zonefile: {zone}.zone\n"
        return text

    def _answers(self, zone):
        try:
            answer = dns.query.udp(dns.message.make_query(zone, "SOA"), "127.0.0.1", 0.5, self.port)
        except (dns.exception.Timeout, OSError):
            return False
        return bool(answer.answer)


def free_udp_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
