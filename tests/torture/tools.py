"""The generator, the counting sink and the loss check: those of the measuring kit where it lies beside the tree, because
they know nothing of our code; Postrider's own otherwise."""
import json
import pathlib
import socket
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
KIT = ROOT.parent / "shared/bench"
BUILT = ROOT / "build/bench"
MESSAGES = 100_000_000  # more than any time is enough for


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def tools_for(binary, folder):
    return Kit(folder) if (KIT / "Makefile").exists() else Own(binary, folder)


class Tools:
    """Ends what it has started, whatever happens."""

    def __init__(self, folder):
        self.folder, self.sink, self.load = folder, None, None
        self.load_log, self.sink_log = folder / "load.log", folder / "sink.log"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in (self.load, self.sink):
            if process and process.poll() is None:
                process.kill()
                process.wait()

    def start_sink(self):
        """host:port"""
        port = free_port()
        self.sink = self._start(self._sink_command(port))
        return f"127.0.0.1:{port}"

    def start_load(self, ready, connections, seconds, size):
        """As fast as it goes, over every end of the relay, until the time is over."""
        self.load = self._start(
            [*self._load_command(), "--to", ready["smtp"], "--user", ready["user"], "--password", ready["password"],
             "--connections", str(connections), "--messages", str(MESSAGES), "--until-accepted",
             "--max-seconds", str(int(seconds)), "--size", str(size), "--from", "sender@bench.example",
             "--domains", "d%d.example*40", "--timeout", "30", "--give-up", "60", "--log", str(self.load_log)])

    def wait_for_load(self, limit_s):
        self.load.wait(limit_s)

    def check(self):
        """Ends the sink, and returns the figures of the loss check: "accepted", "lost", "copies"."""
        self.sink.terminate()
        self.sink.wait(30)
        done = subprocess.run(self._check_command(), capture_output=True, text=True, check=False)
        return json.loads(done.stdout)

    @staticmethod
    def _start(command):
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Kit(Tools):
    name = "the measuring kit"

    def __init__(self, folder):
        super().__init__(folder)
        BUILT.mkdir(parents=True, exist_ok=True)
        subprocess.run(["make", "-s", "-C", str(KIT), f"BIN={BUILT}"], check=True, stdout=subprocess.DEVNULL)

    def _sink_command(self, port):
        return [BUILT / "smtpsink", "--listen", f"127.0.0.1:{port}", "--log", self.sink_log]

    def _load_command(self):
        return [BUILT / "smtpload"]

    def _check_command(self):
        return [KIT / "check-loss", "--list", "5", self.load_log, self.sink_log]


class Own(Tools):
    name = "postrider load and simulator --count"

    def __init__(self, binary, folder):
        super().__init__(folder)
        self.binary = binary

    def _sink_command(self, port):
        return [self.binary, "simulator", "--count", "--port", str(port), "--log", self.sink_log]

    def _load_command(self):
        return [self.binary, "load"]

    def _check_command(self):
        return [self.binary, "--json", "load", "--check", self.load_log, self.sink_log]
