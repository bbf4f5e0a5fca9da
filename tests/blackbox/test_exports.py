"""`postrider events export`: the event log as files of JSON lines, each event once, whatever ends whom."""
import json
import os
import random
import subprocess
import time

from numbered_load import NumberedLoad
from relay import BINARY
from waiting import LIMIT_S, free_port, wait_for

ROUNDS = int(os.environ.get("POSTRIDER_KILL_ROUNDS", "3"))


def exported(folder):
    """Of all files, those being written too; a last line that is not whole is left out."""
    lines = [line for path in sorted(folder.glob("events-*")) for line in path.read_text().splitlines(True)]
    return [json.loads(line) for line in lines if line.endswith("\n")]


def start_export(relay, folder, *words):
    return subprocess.Popen([BINARY, "--data", str(relay.data), "events", "export", str(folder), *words],
                            stderr=relay.log.open("ab"))


def test_once_writes_all_there_is(relay, tmp_path):
    relay.submit()
    relay.wait_for_event("delivered")
    relay.cli("events", "export", str(tmp_path / "out"), "--once")
    assert exported(tmp_path / "out") == relay.events()
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["events-00000000000000000001.jsonl"]
    relay.stop()  # and of a relay that does not run
    relay.cli("events", "export", str(tmp_path / "later"), "--once")
    assert exported(tmp_path / "later") == exported(tmp_path / "out")


def test_each_event_is_there_once_although_both_are_killed(start_relay, sink, tmp_path):
    relay = start_relay("--smtp-port", str(free_port()), routes=[f"*={sink.route}"], test_clock=False)
    folder, dice = tmp_path / "out", random.Random(17)
    for round_ in range(ROUNDS):
        export = start_export(relay, folder, "--file-size", "64KiB")
        load = NumberedLoad(relay, first=round_ * 1_000_000)
        time.sleep(0.4 + 0.6 * dice.random())  # the load itself, not a wait for something
        for victim in dice.sample([export.kill, relay.kill], 2):
            victim()
        export.wait()
        load.end()
        relay.start()
    export = start_export(relay, folder)

    def settled():
        types = [e["type"] for e in relay.events()]
        return types.count("accepted") == types.count("delivered") > 50
    wait_for("all mail to be delivered", settled, limit_s=3 * LIMIT_S, explain=relay.explain)
    events = relay.events()
    wait_for("every event in a file", lambda: len(exported(folder)) >= len(events), explain=relay.explain)
    export.terminate()
    assert export.wait(LIMIT_S) == 0
    assert exported(folder) == events
    assert not list(folder.glob("*.part")) and len(list(folder.glob("*.jsonl"))) >= 2


def test_a_folder_of_another_log_is_refused(relay, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "events-00000000000000000007.jsonl").write_text('{"sequence":4711,"type":"accepted"}\n')
    done = relay.cli("events", "export", str(folder), "--once", check=False)
    assert done.returncode == 2 and "the event log ends at" in done.stderr
