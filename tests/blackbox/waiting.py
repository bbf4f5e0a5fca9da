"""Waiting for something that will be true soon, with a limit and an explanation."""
import os
import smtplib
import socket
import time

import pytest

# Long enough for a busy machine; the sanitizers ask for more.
LIMIT_S = int(os.environ.get("POSTRIDER_TEST_LIMIT", "20"))


def wait_for(what, found, limit_s=LIMIT_S, explain=lambda: ""):
    """The first true result of found(); fails with `what` and explain() after limit_s."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        if result := found():
            return result
        time.sleep(0.02)
    pytest.fail(f"waited {limit_s} s for {what}\n{explain()}")


def greets(address, port=25):
    """Whether a mail server answers there."""
    try:
        with smtplib.SMTP(address, port, timeout=1):
            return True
    except (OSError, smtplib.SMTPException):
        return False


def free_port():
    """Nobody's at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
