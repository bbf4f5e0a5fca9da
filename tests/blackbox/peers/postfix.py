"""A private Postfix that takes mail for mailboxes of its own, at port 25 of a loopback address of its own.

Its configuration, queue and mail lie in a folder; the machine's own Postfix, if there is one, is left
alone. Needs root: port 25, and its processes change their user.
"""
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile

from waiting import LIMIT_S, greets, wait_for

sys.path.append(str(pathlib.Path(__file__).resolve().parents[3] / "bench"))
from postfix_peer import master_cf  # noqa: E402

MAIL_UID = 65534  # nobody: owns the mailboxes

MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
meta_directory = /etc/postfix
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
myhostname = {hostname}
mydestination =
alias_maps =
alias_database =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = {address}/32
smtpd_peername_lookup = no
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
smtpd_tls_cert_file = {folder}/cert.pem
smtpd_tls_key_file = {folder}/key.pem
smtpd_tls_security_level = {tls}
smtputf8_enable = yes
virtual_mailbox_domains = {domains}
virtual_mailbox_maps = texthash:{folder}/mailboxes
virtual_mailbox_base = {folder}/mail
virtual_minimum_uid = 100
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{uid}
virtual_mailbox_limit = 0
message_size_limit = 20971520
{more}
"""


def free_address():
    """A loopback address that nobody else is likely to have."""
    return f"127.{random.randint(16, 250)}.{random.randint(0, 250)}.{random.randint(1, 250)}"


class Postfix:
    """`mailboxes`: addresses that exist. `more`: further lines of main.cf. `address`: where it listens."""

    def __init__(self, mailboxes, hostname="mx.example", tls="may", more="", address=None):
        # Not below pytest's folders: these are closed to the users of Postfix's processes.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="postrider-postfix-"))
        self.address = address or free_address()
        self.mailboxes = {m: m.replace("@", "-at-") + "/" for m in mailboxes}
        self._write_configuration(hostname, tls, more)
        done = subprocess.run(["postfix", "-c", self.conf, "start"], capture_output=True, text=True,
                              timeout=LIMIT_S)
        assert done.returncode == 0, done.stdout + done.stderr
        wait_for("Postfix to listen", lambda: greets(self.address), explain=self.explain)

    def messages(self, mailbox):
        """What lies in a mailbox, as bytes with LF line ends, oldest first."""
        folder = self.folder / "mail" / self.mailboxes[mailbox] / "new"
        return [p.read_bytes() for p in sorted(folder.glob("*"))]

    def wait_for_message(self, mailbox):
        return wait_for(f"a message for {mailbox}", lambda: self.messages(mailbox), explain=self.explain)[0]

    def explain(self):
        log = self.folder / "mail.log"
        return log.read_text(errors="replace")[-5000:] if log.exists() else "no log of Postfix"

    def close(self):
        pid_file = self.folder / "queue/pid/master.pid"
        pid = int(pid_file.read_text())
        os.kill(pid, signal.SIGTERM)
        wait_for("Postfix to end", lambda: not pathlib.Path(f"/proc/{pid}").exists())
        shutil.rmtree(self.folder, ignore_errors=True)

    def _write_configuration(self, hostname, tls, more):
        self.conf = self.folder / "conf"
        for name in ("conf", "queue", "data", "mail"):
            (self.folder / name).mkdir()
        self.folder.chmod(0o755)
        shutil.chown(self.folder / "data", "postfix")
        os.chown(self.folder / "mail", MAIL_UID, MAIL_UID)
        lines = (f"{mailbox} {place}\n" for mailbox, place in self.mailboxes.items())
        (self.folder / "mailboxes").write_text("".join(lines))
        domains = ", ".join({m.partition("@")[2] for m in self.mailboxes})
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                        "-nodes", "-days", "30", "-subj", f"/CN={hostname}", "-keyout",
                        self.folder / "key.pem", "-out", self.folder / "cert.pem"],
                       check=True, capture_output=True)
        (self.conf / "main.cf").write_text(MAIN.format(
            folder=self.folder, hostname=hostname, address=self.address, tls=tls, domains=domains,
            uid=MAIL_UID, more=more))
        for name in ("postfix-files", "dynamicmaps.cf"):
            shutil.copy(f"/etc/postfix/{name}", self.conf)
        (self.conf / "master.cf").write_text(master_cf(f"{self.address}:25"))
