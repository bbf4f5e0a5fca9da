"""What the benchmarks run: Postrider through bench/adapter, the receiver that counts, and what a process has used."""
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
POSTRIDER = os.environ.get("POSTRIDER", str(ROOT / "build/release/postrider"))
STALL_S = 30  # so long without an arrival: what is missing is lost
TICK = os.sysconf("SC_CLK_TCK")


class Receiver:
    def __init__(self, folder):
        self.log = folder / "arrived"
        self.process = subprocess.Popen([POSTRIDER, "--json", "simulator", "--count", "--port", "0", "--log", self.log],
                                        stdout=subprocess.PIPE, text=True)
        self.address = json.loads(self.process.stdout.readline())["address"]

    def figures(self):
        self.process.send_signal(signal.SIGUSR1)
        return json.loads(self.process.stdout.readline())

    def wait_for(self, recipients):
        """Until that many have come, or nothing comes any more."""
        figures, since = self.figures(), time.monotonic()
        while figures["distinct"] < recipients and time.monotonic() - since < STALL_S:
            time.sleep(0.1)
            now = self.figures()
            since = time.monotonic() if now["messages"] > figures["messages"] else since
            figures = now
        return figures

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


class Postrider:
    """`routes`: a file of "domain host:port" lines beside `sink`, which takes the rest. `settings`: words for --set."""
    name = "postrider"

    def __init__(self, sink, dkim="none", work=None, routes=None, settings=""):
        self.folder = tempfile.TemporaryDirectory(prefix="postrider-bench-", dir=work)
        self.environment = os.environ | {"BENCH_SINK": sink, "BENCH_PORT": "0", "BENCH_DKIM": dkim, "POSTRIDER": POSTRIDER,
                                         "POSTRIDER_SET": settings}
        if routes:
            self.environment["BENCH_ROUTES"] = str(routes)
        self.start()

    def start(self):
        ready = json.loads(self.adapter("up").stdout)
        self.pid = ready["pids"][0]
        self.address = (ready["host"], ready["port"])
        self.user = ready["user"]
        self.login = ["--to", f"{ready['host']}:{ready['port']}", "--user", ready["user"], "--password", ready["password"]]

    def adapter(self, verb):
        return subprocess.run([str(ROOT / "bench/adapter"), verb, self.folder.name], env=self.environment, text=True,
                              stdout=subprocess.PIPE, check=True)

    def memory(self):
        """Bytes that the process holds, shared pages by their share (PSS)."""
        for line in pathlib.Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
        raise RuntimeError("the kernel says nothing of PSS")

    def disk(self):
        """Bytes and files under the data directory."""
        files = [f.stat() for f in pathlib.Path(self.folder.name, "data").rglob("*") if f.is_file()]
        return sum(f.st_blocks * 512 for f in files), len(files)

    def kill(self):
        os.kill(self.pid, signal.SIGKILL)
        while pathlib.Path(f"/proc/{self.pid}").exists():
            time.sleep(0.01)

    def stop(self):
        self.adapter("down")
        self.folder.cleanup()


def processor_seconds(pid):
    """User and system time of a process, its descendants, and those of them that have ended."""
    parents, times = {}, {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        each = int(stat.parent.name)
        parents[each], times[each] = int(fields[1]), sum(map(int, fields[11:15])) / TICK

    def belongs(each):
        while each not in (pid, 0, 1, None):
            each = parents.get(each)
        return each == pid
    return sum(seconds for each, seconds in times.items() if belongs(each))
