"""A private Exim that passes mail on to hosts that it is told, at port 25 of a loopback address of its own.

Debian installs one mailer only, and that is Postfix: Exim is unpacked below build/ (packages.txt), and runs in a view of
/etc of its own, where its user and its libraries are known. Needs root: for that, for port 25, and its processes change
their user.
"""
import ctypes
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

from waiting import LIMIT_S, greets, wait_for

UNPACKED = pathlib.Path(__file__).resolve().parents[3] / "build/unpacked"
BINARY = UNPACKED / "usr/sbin/exim4"
UID = 65533
CLONE_NEWNS = 0x20000

CONFIGURATION = """
primary_hostname = {hostname}
exim_path = {binary}
exim_user = {uid}
exim_group = {uid}
spool_directory = {folder}/spool
log_file_path = {folder}/log/%slog
pid_file_path = {folder}/pid
local_interfaces = {address}
daemon_smtp_ports = 25
tls_advertise_hosts =
keep_environment =
acl_smtp_rcpt = acl_accept
acl_smtp_data = acl_accept
{more}
begin acl
acl_accept:
  accept
begin routers
all:
  driver = manualroute
  route_list = {routes}
  self = send
  transport = smtp
begin transports
smtp:
  driver = smtp
  allow_localhost
begin retry
* * F,{expire},1s
"""


def reason_against():
    """Why it can't run here; nothing if it can."""
    if not BINARY.exists():
        return "Exim is not unpacked; ./test does it"
    if os.geteuid() != 0:
        return "Exim needs root"
    return None if can_have_own_mounts() else "Exim needs a view of files of its own (unshare)"


def can_have_own_mounts():
    child = os.fork()
    if child == 0:
        os._exit(0 if ctypes.CDLL(None).unshare(CLONE_NEWNS) == 0 else 1)
    return os.waitpid(child, 0)[1] == 0


class Exim:
    """`routes`: {domain: (host, port)}. `expire`: how long it tries. `more`: further lines of its main section."""

    def __init__(self, routes, address, hostname="mx.exim.example", expire="1h", more=""):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="postrider-exim-"))
        self.folder.chmod(0o755)
        self.address = address
        for name in ("spool", "log"):
            (self.folder / name).mkdir()
            os.chown(self.folder / name, UID, UID)
        route_list = " ; ".join(f"{domain} {host}::{port} byname" for domain, (host, port) in routes.items())
        (self.folder / "conf").write_text(CONFIGURATION.format(
            hostname=hostname, binary=BINARY, uid=UID, folder=self.folder, address=address, more=more,
            routes=route_list, expire=expire))
        self.process = self._start()
        wait_for("Exim to listen", lambda: greets(self.address), explain=self.explain)

    def explain(self):
        logs = sorted((self.folder / "log").glob("*")) + [self.folder / "output"]
        return "\n".join(log.read_text(errors="replace")[-4000:] for log in logs if log.exists())

    def close(self):
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(LIMIT_S)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self):
        lines = {"passwd": f"Debian-exim:x:{UID}:{UID}::/nonexistent:/usr/sbin/nologin\n",
                 "group": f"Debian-exim:x:{UID}:\n"}
        for name, line in lines.items():
            (self.folder / name).write_text(pathlib.Path(f"/etc/{name}").read_text() + line)
        libraries = "".join(f"{folder}\n" for folder in (UNPACKED / "usr/lib").glob("*-linux-gnu"))
        (self.folder / "ld.so.conf").write_text(libraries + "include /etc/ld.so.conf\n")
        subprocess.run(["ldconfig", "-X", "-f", self.folder / "ld.so.conf", "-C", self.folder / "ld.so.cache"],
                       check=True, capture_output=True, env={"PATH": "/usr/sbin:/sbin"})
        mounts = "".join(f"mount --bind {self.folder}/{name} /etc/{name} && " for name in (*lines, "ld.so.cache"))
        return subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", f"{mounts} exec {BINARY} -C {self.folder}/conf -bdf -q1s"],
            start_new_session=True, stdout=(self.folder / "output").open("wb"), stderr=subprocess.STDOUT)
