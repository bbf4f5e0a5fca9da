"""The generator and the counting sink: those of the measuring kit beside the tree, which know nothing of our code.

Without the kit there is nothing to torture with: Tools.missing() says so.
"""
import json
import pathlib
import socket
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
KIT = ROOT.parent / "shared/bench"
BUILT = ROOT / "build/bench"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Tools:
    def __init__(self, folder):
        self.folder, self.sink, self.load = folder, None, None
        BUILT.mkdir(parents=True, exist_ok=True)
        subprocess.run(["make", "-s", "-C", str(KIT), f"BIN={BUILT}"], check=True, stdout=subprocess.DEVNULL)

    @staticmethod
    def missing():
        return "" if (KIT / "Makefile").exists() else f"the measuring kit is not at {KIT}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in (self.load, self.sink):
            if process and process.poll() is None:
                process.kill()
                process.wait()

    def start_sink(self):
        """host:port"""
        address = f"127.0.0.1:{free_port()}"
        self.sink = subprocess.Popen([BUILT / "smtpsink", "--listen", address, "--log", self.folder / "sink.log"],
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return address

    def start_load(self, ready, connections, seconds, size):
        """As fast as it goes, over every end of the relay, until the time is over."""
        self.load = subprocess.Popen(
            [BUILT / "smtpload", "--to", ready["smtp"], "--user", ready["user"], "--password", ready["password"],
             "--connections", str(connections), "--messages", "100000000", "--until-accepted",
             "--max-seconds", str(int(seconds)), "--size", str(size), "--from", "sender@bench.example",
             "--domains", "d%d.example*40", "--timeout", "30", "--give-up", "60", "--log", self.folder / "load.log"],
            stdout=(self.folder / "load.json").open("w"), stderr=subprocess.DEVNULL)

    def wait_for_load(self, limit_s):
        self.load.wait(limit_s)

    def check(self):
        """Ends the sink; {"accepted":..,"lost":..,"copies":..,"doubled":..} of the loss check."""
        self.sink.terminate()
        self.sink.wait(30)
        done = subprocess.run([KIT / "check-loss", "--list", "5", self.folder / "load.log", self.folder / "sink.log"],
                              capture_output=True, text=True, check=False)
        return json.loads(done.stdout)
