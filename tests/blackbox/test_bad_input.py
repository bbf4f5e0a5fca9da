"""What an operator gets wrong: each is answered by an exit status and words that say what to do."""
import os
import socket
import subprocess

import pytest

from relay import BINARY, ROOT
from waiting import LIMIT_S

FAILED, USAGE, NOT_RUNNING = 1, 2, 4  # exit statuses, for scripts


def sandbox(tmp_path, *options):
    """Starts a sandbox that is expected to refuse; its exit status and what it said."""
    done = subprocess.run([BINARY, "sandbox", "--data", tmp_path / "bad", *options], capture_output=True,
                          text=True, timeout=LIMIT_S)
    assert done.stdout == "", "it said that it was ready"
    return done.returncode, done.stderr


def test_port_in_use(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        status, said = sandbox(tmp_path, "--smtp-port", str(port))
    assert status == FAILED
    assert f"127.0.0.1:{port}" in said and "in use" in said


def test_data_of_another_running_instance(relay, tmp_path):
    done = subprocess.run([BINARY, "sandbox", "--data", relay.data], capture_output=True, text=True,
                          timeout=LIMIT_S)
    assert done.returncode == FAILED
    assert str(relay.data) in done.stderr and str(relay.process.pid) in done.stderr
    relay.submit()  # the one that runs is not disturbed


def test_data_directory_that_cannot_be_made(tmp_path):
    (tmp_path / "bad").write_text("a file, not a directory")
    status, said = sandbox(tmp_path)
    assert status == FAILED and str(tmp_path / "bad") in said


@pytest.mark.parametrize("content", [None, "not a certificate"], ids=["missing", "garbage"])
def test_certificate_that_cannot_be_read(tmp_path, content):
    certificate = tmp_path / "cert.pem"
    if content:
        certificate.write_text(content)
    status, said = sandbox(tmp_path, "--set", f"tls.certificate={certificate}", "--set", f"tls.key={certificate}")
    assert status == USAGE and str(certificate) in said


def test_certificate_and_key_that_do_not_belong_together(tmp_path):
    for name in ("one", "two"):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-subj", f"/CN={name}", "-keyout", tmp_path / f"{name}.key", "-out", tmp_path / f"{name}.pem"],
                       check=True, capture_output=True)
    status, said = sandbox(tmp_path, "--set", f"tls.certificate={tmp_path}/one.pem", "--set", f"tls.key={tmp_path}/two.key")
    assert status == USAGE and "two.key" in said


@pytest.mark.parametrize("setting, named", [
    ("no.such.key=1", "no.such.key"), ("retry.expire_after=soon", "expire_after"),
    ("retry.expire_after=-5d", "expire_after"),
])
def test_wrong_setting_is_named(tmp_path, setting, named):
    status, said = sandbox(tmp_path, "--set", setting)
    assert status == USAGE and named in said


@pytest.mark.parametrize("text, line, named", [
    ("hostname = \n", 1, ""),
    ("[nonsense]\nx = 1\n", 1, "nonsense"),
    ("# a remark\n\n[retry]\nexpire_aftr = '5d'\n", 4, "expire_aftr"),
    ("[retry]\nexpire_after = 'soon'\n", 2, "expire_after"),
    ("[listener.smtp]\nlisten = ['127.0.0.1:99999']\n", 2, "99999"),
], ids=["syntax", "unknown-table", "unknown-key", "wrong-value", "wrong-port"])
def test_check_says_file_line_and_what_is_wrong(tmp_path, text, line, named):
    file = tmp_path / "postrider.toml"
    file.write_text(text)
    done = subprocess.run([BINARY, "--config", file, "check"], capture_output=True, text=True, timeout=LIMIT_S)
    assert done.returncode == USAGE
    said = done.stdout + done.stderr
    assert f"{file}:{line}" in said and named in said


def test_shipped_configuration_is_right():
    done = subprocess.run([BINARY, "--config", ROOT / "config/postrider.toml", "check"], capture_output=True,
                          text=True, timeout=LIMIT_S)
    assert done.returncode == 0, done.stdout + done.stderr


def test_commands_without_an_instance_say_so(tmp_path):
    done = subprocess.run([BINARY, "--data", tmp_path / "nothing", "queue"], capture_output=True, text=True,
                          timeout=LIMIT_S)
    assert done.returncode == NOT_RUNNING and "nothing" in done.stderr
    assert not (tmp_path / "nothing").exists(), "looking must not create"


def test_unknown_command_and_option():
    for words in (["fly"], ["queue", "--sideways"]):
        done = subprocess.run([BINARY, *words], capture_output=True, text=True, timeout=LIMIT_S)
        assert done.returncode == USAGE and done.stderr


def test_damaged_database_is_never_silence(relay, sink, tmp_path):
    sink.answer("RCPT", ["451 4.7.1 later"])
    for i in range(30):
        relay.submit(to=f"r{i}@example.net", body="x" * 20_000)
    relay.wait_for_events("deferred", 30)
    relay.kill()
    logs = sorted((p for p in relay.data.rglob("*.log") if p.stat().st_size > 100_000), key=os.path.getsize)
    assert logs, "no write-ahead log where one was expected"
    with open(logs[-1], "r+b") as log:
        log.seek(os.path.getsize(logs[-1]) // 2)
        byte = log.read(1)
        log.seek(-1, os.SEEK_CUR)
        log.write(bytes([byte[0] ^ 0x40]))
    # Whether it starts or refuses to: it says so, and names what an operator should look at.
    said = (tmp_path / "said").open("w+")
    process = subprocess.Popen(relay.command, stdout=subprocess.PIPE, stderr=said, text=True)
    process.stdout.readline()
    process.kill()
    process.wait()
    said.seek(0)
    alarms = [line for line in said if " error " in line or "orrupt" in line]
    assert alarms, "silence"
