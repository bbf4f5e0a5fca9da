"""A private Postfix that relays everything to one place, for comparison: queue real, no DNS, no TLS; it logs to syslog, and so to
nowhere where none runs.

Its configuration and queue lie in a folder of their own; the machine's own Postfix is left alone. Needs root: its
processes change their user.
"""
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
meta_directory = /etc/postfix
myhostname = relay.bench.example
mydestination =
alias_maps =
alias_database =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_tls_security_level = none
relayhost = [{host}]:{port}
disable_dns_lookups = yes
smtp_host_lookup = native
smtp_tls_security_level = none
smtp_connection_cache_on_demand = yes
smtp_destination_concurrency_limit = 20
initial_destination_concurrency = 20
default_process_limit = 300
qmgr_message_active_limit = 20000
qmgr_message_recipient_limit = 20000
max_use = 5000
max_idle = 100s
message_size_limit = 104857600
mailbox_size_limit = 0
"""


def reason_against():
    """Why it can't run here; nothing if it can."""
    if not shutil.which("postfix", path=f"{os.environ.get('PATH', '')}:/usr/sbin"):
        return "Postfix is not installed"
    return None if os.geteuid() == 0 else "Postfix needs root"


def master_cf(endpoint):
    """Debian's own list of services, none of them chrooted, without those of foreign mailers; SMTP at `endpoint`."""
    text = pathlib.Path("/etc/postfix/master.cf.proto").read_text()
    kept = []
    for service in re.findall(r"(?m)^[a-z].*(?:\n[ \t]+\S.*)*", text):
        words = service.split()
        if words[0] in ("maildrop", "uucp", "ifmail", "bsmtp", "scalemail-backend", "mailman"):
            continue
        if words[:2] == ["smtp", "inet"]:
            service = service.replace("smtp ", f"{endpoint} ", 1)
        kept.append(re.sub(r"^(\S+\s+\S+\s+\S+\s+\S+\s+)y", r"\1n", service))
    return "\n".join(kept) + "\n"


class Postfix:
    name = "postfix"

    def __init__(self, sink, work=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="postrider-bench-", dir=work))
        self.folder.chmod(0o755)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.conf = self.folder / "conf"
        for name in ("conf", "queue", "data"):
            (self.folder / name).mkdir()
        shutil.chown(self.folder / "data", "postfix")
        host, _, port = sink.rpartition(":")
        (self.conf / "main.cf").write_text(MAIN.format(folder=self.folder, host=host, port=port))
        for name in ("postfix-files", "dynamicmaps.cf"):
            shutil.copy(f"/etc/postfix/{name}", self.conf)
        (self.conf / "master.cf").write_text(master_cf(f"127.0.0.1:{self.port}"))
        done = subprocess.run(["postfix", "-c", self.conf, "start"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=60)
        if done.returncode:
            raise RuntimeError(f"Postfix did not start: {done.stdout}")
        self.pid = int((self.folder / "queue/pid/master.pid").read_text())
        self.login = ["--to", f"127.0.0.1:{self.port}"]

    def stop(self):
        os.kill(self.pid, signal.SIGTERM)
        while pathlib.Path(f"/proc/{self.pid}").exists():
            time.sleep(0.05)
        shutil.rmtree(self.folder, ignore_errors=True)
