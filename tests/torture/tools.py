"""The generator, the counting sink and the loss check: those of the measuring kit where it lies beside the tree (or at
BENCH_KIT), because they know nothing of our code; Postrider's own otherwise."""
import json
import os
import pathlib
import shutil
import subprocess

from processes import free_port, start

ROOT = pathlib.Path(__file__).resolve().parents[2]
KIT = pathlib.Path(os.environ.get("BENCH_KIT", ROOT.parent / "shared/bench"))
BUILT = ROOT / "build/bench"
LIMIT_S = 300           # against hanging only
MESSAGES = 10_000_000  # more than any time is enough for
DOMAINS = 40            # d0.example to d39.example, in turn


def tools_for(binary, folder):
    return Kit(folder) if _has_kit() else Own(binary, folder)


def name_of_tools():
    return Kit.name if _has_kit() else Own.name


def _has_kit():
    return (KIT / "Makefile").exists()


class Tools:
    """Ends what it has started, whatever happens."""

    def __init__(self, folder):
        self.folder, self.sinks, self.load = folder, {}, None
        self.load_log, self.sink_log = folder / "load.log", folder / "sink.log"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in (self.load, *self.sinks.values()):
            if process and process.poll() is None:
                process.kill()
                process.wait()

    def start_sink(self, port=None):
        """host:port"""
        port = port or free_port()
        self.sinks[port] = self._start(self._sink_command(port, self._log_of(port)))
        return f"127.0.0.1:{port}"

    def end_sink(self, port):
        """Who arrived there: (run, number) of each."""
        sink = self.sinks.pop(port)
        sink.terminate()
        sink.wait(LIMIT_S)
        return arrived_in(self._log_of(port))

    def start_load(self, ready, connections, seconds, size):
        """As fast as it goes, over every end of the relay, until the time is over."""
        self.load = self._start(
            [*self._load_command(), "--to", ready["smtp"], "--user", ready["user"], "--password", ready["password"],
             "--connections", str(connections), "--messages", str(MESSAGES), "--until-accepted",
             "--max-seconds", str(int(seconds)), "--size", str(size), "--from", "sender@bench.example",
             "--domains", f"d%d.example*{DOMAINS}", "--timeout", "120", "--give-up", "600", "--log", str(self.load_log)])

    def end_load(self, limit_s=300):
        if self.load.poll() is not None:
            raise RuntimeError(f"the load ended by itself ({self.load.returncode}): it reached nobody for ten minutes")
        self.load.terminate()
        self.load.wait(limit_s)

    def log_answers(self, answers):
        """Others than the load's, (run, number, microseconds since 1970, code); once it has ended."""
        with self.load_log.open("a") as log:
            for run, number, at, code in answers:
                log.write(f"{run:08x} {number} {at} {code:03d}\n")

    def check(self):
        """Ends the sinks, and returns the figures of the loss check: "accepted", "lost", "copies"."""
        with self.sink_log.open("wb") as all_of_them:
            for port, sink in self.sinks.items():
                sink.terminate()
                sink.wait(LIMIT_S)
                with self._log_of(port).open("rb") as one:
                    shutil.copyfileobj(one, all_of_them)
        done = subprocess.run(self._check_command(), capture_output=True, text=True, check=False)
        return json.loads(done.stdout)

    def answers(self):
        """(who, microseconds since 1970, code; 0: none) of each recipient in the load's log."""
        with self.load_log.open() as lines:
            for line in lines:
                run, number, at, code = line.split()
                yield (run, number), int(at), int(code)

    def arrived(self):
        """Who arrived, after check()."""
        return arrived_in(self.sink_log)

    def _log_of(self, port):
        return self.folder / f"sink-{port}.log"

    @staticmethod
    def _start(command):
        return start(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def arrived_in(log):
    with log.open() as lines:
        return {tuple(line.split(maxsplit=2)[:2]) for line in lines}


class Kit(Tools):
    name = "the measuring kit"

    def __init__(self, folder):
        super().__init__(folder)
        BUILT.mkdir(parents=True, exist_ok=True)
        subprocess.run(["make", "-s", "-C", str(KIT), f"BIN={BUILT}"], check=True, stdout=subprocess.DEVNULL)

    @staticmethod
    def recipient(run, number):
        return f"u{number}-{run:08x}-1"

    def _sink_command(self, port, log):
        return [BUILT / "smtpsink", "--listen", f"127.0.0.1:{port}", "--log", log]

    def _load_command(self):
        return [BUILT / "smtpload"]

    def _check_command(self):
        return [KIT / "check-loss", "--list", "5", self.load_log, self.sink_log]


class Own(Tools):
    name = "postrider load and simulator --count"

    def __init__(self, binary, folder):
        super().__init__(folder)
        self.binary = binary

    @staticmethod
    def recipient(run, number):
        return f"load-{run:08x}-{number}"

    def _sink_command(self, port, log):
        return [self.binary, "simulator", "--count", "--port", str(port), "--log", log]

    def _load_command(self):
        return [self.binary, "load"]

    def _check_command(self):
        return [self.binary, "--json", "load", "--check", self.load_log, self.sink_log]
