"""`postrider backup` and `restore`: under load, and what an operator sees of them."""
import collections
import fcntl
import json
import os
import shutil
import stat
import subprocess

import pytest

from numbered_load import NumberedLoad
from relay import BINARY, Relay
from sink import Sink
from waiting import LIMIT_S, wait_for

FAILED, USAGE, NOT_FOUND = 1, 2, 3  # exit statuses, for scripts
SESSIONS = 4
OTHER_FILE_SYSTEM = "/dev/shm"


@pytest.fixture
def busy():
    """A receiver that takes nothing today."""
    sink = Sink()
    sink.answer("RCPT", ["451 4.7.1 later"])
    yield sink
    sink.close()


@pytest.fixture
def heir():
    """Where the restored relay sends everything."""
    sink = Sink()
    yield sink
    sink.close()


@pytest.fixture
def start_restored(tmp_path, heir):
    """start_restored(backup, *words for restore) -> a relay on what was restored, that sends to the heir."""
    relays = []

    def start(backup, *words, test_clock=False):
        folder = tmp_path / "restored"
        folder.mkdir()
        restore(folder / "data", backup, *words)
        relays.append(Relay(folder, routes=[f"*={heir.route}"], test_clock=test_clock))
        return relays[-1]

    yield start
    for relay in relays:
        relay.stop()


def restore(data, backup, *words, check=True):
    done = subprocess.run([BINARY, "--data", str(data), "--json", "restore", str(backup), *map(str, words)],
                          capture_output=True, text=True, timeout=LIMIT_S)
    if not check:
        return done
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def back_up(relay, folder):
    return json.loads(relay.cli("--json", "backup", str(folder)))


def address(number):
    """Every other one is somebody who takes nothing today."""
    return f"u{number}@{'taken' if number % 2 else 'busy'}.example"


def numbers(events):
    return {int(event["to"].partition("@")[0][1:]) for event in events}


def events_in(data, kind):
    """Where no relay runs."""
    lines = subprocess.run([BINARY, "--data", str(data), "events", "--json", "--type", kind], capture_output=True,
                           text=True, timeout=LIMIT_S, check=True).stdout.splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("where", ["beside the data", "on another file system"])
def test_backup_under_load_is_whole_and_the_relay_goes_on(start_relay, start_restored, sink, busy, heir, tmp_path,
                                                          other_file_system, where):
    relay = start_relay(routes=[f"busy.example={busy.route}", f"*={sink.route}"], test_clock=False)
    folder = (tmp_path if where == "beside the data" else other_file_system) / "backup"
    load = NumberedLoad(relay, SESSIONS, address=address)
    before = load.wait_for(300)
    delivered_before = numbers(relay.events(type="delivered"))
    usual = load.slowest_percent()
    made = back_up(relay, folder)
    during = load.slowest_percent()
    after = load.wait_for(200)
    load.end()
    print(f"{where}: {made['bytes']} bytes in {made['seconds']:.2f} s; p99 {usual:.3f} s before, {during:.3f} s during")
    assert not load.failures and made["while_running"]
    assert during < 2, "submission stood still"
    taken = {n for n in after if n % 2}
    wait_for("the mail of the relay that went on", lambda: taken <= {int(m["Subject"]) for m in list(sink.messages)},
             explain=relay.explain)

    records = relay.dns_records("example.org")
    restored = start_restored(folder)
    # Before anything was sent: the restored log as it was.
    known = [e for e in restored.events() if e["sequence"] <= made["last_event"]]
    accepted = numbers(e for e in known if e["type"] == "accepted")
    delivered = numbers(e for e in known if e["type"] == "delivered")
    assert before <= accepted and delivered_before <= delivered
    expected = before - delivered
    assert len(expected) > 100
    restored.cli("queue", "retry")
    wait_for("what had been acknowledged", lambda: expected <= {int(m["Subject"]) for m in list(heir.messages)},
             explain=restored.explain)

    def is_drained():
        restored.cli("queue", "retry")
        return not json.loads(restored.cli("queue", "--json"))["sites"]
    wait_for("the end of the queue", is_drained, explain=restored.explain)
    copies = collections.Counter(int(m["Subject"]) for m in heir.messages)
    assert set(copies) == accepted - delivered, "what was delivered before came again"
    assert set(copies.values()) == {1}
    assert restored.dns_records("example.org") == records
    assert all("d=example.org" in m["DKIM-Signature"] for m in heir.messages)
    assert restored.ready["password"] == relay.ready["password"]
    assert "missing" not in restored.log.read_text() and "damaged" not in restored.log.read_text()
    restored.submit(subject="999999")
    wait_for("mail by the account that was restored", lambda: heir.messages[-1]["Subject"] == "999999")


@pytest.fixture
def other_file_system(tmp_path):
    if not os.path.isdir(OTHER_FILE_SYSTEM) or os.stat(OTHER_FILE_SYSTEM).st_dev == os.stat(tmp_path).st_dev:
        pytest.skip(f"{OTHER_FILE_SYSTEM} is no other file system")
    folder = tmp_path.__class__(OTHER_FILE_SYSTEM) / f"postrider-{os.getpid()}"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def deferring(relay, sink):
    """A relay on which ann's and bob's mail waits, since 451."""
    for name in ("ann", "bob"):
        sink.answer_recipient(f"{name}@example.net", ["451 4.7.1 later"])
        relay.submit(to=f"{name}@example.net", subject=name)
    relay.wait_for_events("deferred", 2)
    return relay


def deliver_anns(relay, sink):
    sink.answer_recipient("ann@example.net", ["250 ok"])
    relay.advance("10m")
    relay.wait_for_event("delivered", to="ann@example.net")


def test_what_was_delivered_after_the_backup_is_sent_again_unless_its_events_are_given(
        deferring, sink, heir, start_restored, tmp_path):
    back_up(deferring, tmp_path / "backup")
    deliver_anns(deferring, sink)
    (tmp_path / "events").write_text(deferring.cli("events", "--json"))
    assert restore(tmp_path / "again", tmp_path / "backup")["messages"] == 2

    restored = start_restored(tmp_path / "backup", "--events", tmp_path / "events", test_clock=True)
    restored.advance("20m")
    assert restored.wait_for_event("delivered")["to"] == "bob@example.net"
    assert [m["Subject"] for m in heir.messages] == ["bob"]
    assert "recipients taken out of the queue: 1" in restored.wait_for_event("operational", what="restored")["detail"]


def test_backup_restored_without_its_queue_sends_nothing_and_keeps_account_and_events(
        deferring, heir, start_restored, tmp_path):
    back_up(deferring, tmp_path / "backup")
    restored = start_restored(tmp_path / "backup", "--without-queue", test_clock=True)
    assert json.loads(restored.cli("queue", "--json"))["sites"] == []
    restored.advance("20m")
    restored.submit(subject="new")
    assert heir.wait_for_message()["Subject"] == "new"
    before = [e["type"] for e in deferring.events()]
    assert [e["type"] for e in restored.events()][:len(before)] == before
    assert len(heir.messages) == 1


def test_backup_of_a_relay_that_does_not_run(deferring, heir, start_restored, tmp_path):
    deferring.stop()
    assert not back_up(deferring, tmp_path / "backup")["while_running"]
    restored = start_restored(tmp_path / "backup", test_clock=True)
    restored.advance("10m")
    heir.wait_for_messages(2)


def test_both_commands_say_what_they_made_and_what_comes_next(deferring, tmp_path):
    config = tmp_path / "postrider.toml"
    config.write_text("[tls]\ncertificate = \"/etc/ssl/mine.pem\"\nkey = \"/etc/ssl/mine.key\"\n")
    told = deferring.cli("--config", str(config), "backup", str(tmp_path / "backup") + "/")
    for part in (f"{tmp_path / 'backup'}: a backup of {deferring.data}", "2 messages wait in it", " bytes, in ",
                 f"not in it: {config}", "not in it: /etc/ssl/mine.pem", f"restore {tmp_path / 'backup'}"):
        assert part in told, told
    data = tmp_path / "new"
    done = subprocess.run([BINARY, "--data", data, "restore", tmp_path / "backup"], capture_output=True, text=True,
                          timeout=LIMIT_S, check=True)
    for part in (f"{data}: restored from", "2 messages wait", "--without-queue", f"postrider --data {data} queue list",
                 f"postrider --data {data} serve"):
        assert part in done.stdout, done.stdout
    waiting = subprocess.run([BINARY, "--data", data, "queue", "list"], capture_output=True, text=True,
                             timeout=LIMIT_S, check=True).stdout
    assert "ann@example.net" in waiting and "bob@example.net" in waiting


def test_everything_in_a_backup_is_private(deferring, tmp_path):
    old = os.umask(0)
    try:
        back_up(deferring, tmp_path / "backup")
        restore(tmp_path / "new", tmp_path / "backup")
    finally:
        os.umask(old)
    for top in (tmp_path / "backup", tmp_path / "new"):
        for path in (top, *top.rglob("*")):
            assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    assert not list(deferring.data.glob("spool.checkpoint*")), "the relay's own copy stayed"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_backup_by_root_belongs_to_the_relays_user(deferring, tmp_path):
    deferring.stop()
    nobody = 65534
    for path in (deferring.data, *deferring.data.rglob("*")):
        os.chown(path, nobody, nobody)
    back_up(deferring, tmp_path / "backup")
    restore(tmp_path / "new", tmp_path / "backup")
    for top in (tmp_path / "backup", tmp_path / "new"):
        assert {path.stat().st_uid for path in (top, *top.rglob("*"))} == {nobody}


def test_backup_refuses_a_folder_that_is_not_empty(relay, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("mine")
    done = relay.cli("backup", str(tmp_path / "full"), check=False)
    assert done.returncode == USAGE and "not an empty folder" in done.stderr
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["file"]


def test_two_backups_at_a_time_are_refused(relay, tmp_path):
    folder = os.open(relay.data, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        done = relay.cli("backup", str(tmp_path / "backup"), check=False)
    finally:
        os.close(folder)
    assert done.returncode == FAILED and "another backup" in done.stderr
    back_up(relay, tmp_path / "backup")


def test_restore_refuses_a_directory_on_which_a_relay_runs(relay, tmp_path):
    back_up(relay, tmp_path / "backup")
    done = restore(relay.data, tmp_path / "backup", check=False)
    assert done.returncode == USAGE and "a relay runs on" in done.stderr
    relay.stop()
    done = restore(relay.data, tmp_path / "backup", check=False)
    assert done.returncode == USAGE and "is not empty" in done.stderr


def test_restore_refuses_what_is_no_backup_and_what_is_damaged(relay, tmp_path):
    done = restore(tmp_path / "new", tmp_path, check=False)
    assert done.returncode == NOT_FOUND and "is not a backup" in done.stderr
    back_up(relay, tmp_path / "backup")
    damaged = tmp_path / "backup" / "directory.sqlite"
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)
    done = restore(tmp_path / "new", tmp_path / "backup", check=False)
    assert done.returncode == FAILED and f"{damaged} is not what was backed up" in done.stderr
    assert not (tmp_path / "new").exists()


def test_options_of_restore_exclude_each_other(tmp_path):
    done = restore(tmp_path / "new", tmp_path, "--without-queue", "--events", "x", check=False)
    assert done.returncode == USAGE
