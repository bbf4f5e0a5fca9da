"""A process that may have few descriptors: clients can't take those that the store needs."""
import json
import smtplib
import socket
import subprocess

import pytest

from relay import BINARY
from waiting import LIMIT_S

FEW = 256
PATIENCE = ["--set", "limits.sessions_max=1000", "--set", "limits.sessions_per_address_max=1000",
            "--set", "spool.memory=8MiB"]


def with_few_descriptors(*command):
    return ["sh", "-c", f'ulimit -n {FEW}; exec "$0" "$@"', *command]


@pytest.fixture
def poor_relay(start_relay, sink):
    relay = start_relay(*PATIENCE, routes=[f"*={sink.route}"])
    relay.stop()
    relay.command = with_few_descriptors(*relay.command)
    relay.start()
    return relay


def idle_connections(relay, count):
    return [socket.create_connection(relay.address(), LIMIT_S) for _ in range(count)]


def send_large(client, number):
    """One message of 400 kB; its code."""
    try:
        client.sendmail("shop@example.org", [f"ann-{number}@example.net"],
                        b"From: shop@example.org\r\nSubject: large\r\n\r\n" + (b"x" * 900 + b"\r\n") * 450)
    except smtplib.SMTPResponseException as error:
        return error.smtp_code
    except smtplib.SMTPRecipientsRefused as error:
        return next(iter(error.recipients.values()))[0]
    return 250


def test_idle_sessions_leave_the_store_its_files(poor_relay):
    with poor_relay.client() as client:
        idle = idle_connections(poor_relay, 2 * FEW)
        codes = [send_large(client, number) for number in range(60)]
        assert all(code == 250 or 400 <= code < 500 for code in codes), codes
        assert codes[-1] == 250, "clients have left it enough"
    for connection in idle:
        connection.close()
    poor_relay.submit(subject="after")
    delivered = poor_relay.wait_for_events("delivered", codes.count(250) + 1)
    assert delivered[-1]["to"]
    status = json.loads(poor_relay.cli("status", "--json"))
    assert "storage failed" not in poor_relay.log.read_text(), status


def test_too_few_descriptors_for_the_sessions_are_said_beforehand(poor_relay):
    assert "there are too few descriptors" in poor_relay.log.read_text()
    checked = subprocess.run(with_few_descriptors(BINARY, "check", "--json"), capture_output=True,
                             text=True, timeout=LIMIT_S, check=True)
    answer = json.loads(checked.stdout)
    assert answer["good"]
    assert answer["warnings"][0].startswith("limits.sessions_max is 2000, and with at most 256 descriptors")
