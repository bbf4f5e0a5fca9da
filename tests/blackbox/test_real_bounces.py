"""Bounce mails that real mailers write: they take our mail, fail to pass it on, and tell us.

Behind Postfix or Exim stands a host that refuses in the words of each row; their reports come to our inbound listener.
"""
import dataclasses
import os
import shutil

import pytest

from peers import exim
from peers.exim import Exim
from peers.postfix import Postfix, free_address
from sink import Sink

RETURN_PATHS = "rp.example"
BEHIND = "behind.example"

# For the host behind it, and for the way back to us. It looks nothing up, and comes again soon: not after 1 s, because
# Postfix counts in whole seconds, and a message that it takes up again while the last attempt ends is left until a restart.
OF_POSTFIX = """
relay_domains = {behind}
transport_maps = inline:{{ {{{behind} = smtp:[127.0.0.1]:{behind_port}}}, {{{return_paths} = smtp:[{host}]:{port}}} }}
disable_dns_lookups = yes
smtp_host_lookup = native
smtp_tls_security_level = may
queue_run_delay = 1s
minimal_backoff_time = 2s
maximal_backoff_time = 2s
{more}
"""


def start_postfix(address, behind_port, inbound, expire, delay_warning):
    host, port = inbound
    more = f"maximal_queue_lifetime = {expire}\n" + (f"delay_warning_time = {delay_warning}" if delay_warning else "")
    return Postfix(["bob@mx.example"], address=address, more=OF_POSTFIX.format(
        behind=BEHIND, behind_port=behind_port, return_paths=RETURN_PATHS, host=host, port=port, more=more))


def start_exim(address, behind_port, inbound, expire, delay_warning):
    more = f"delay_warning = {delay_warning}" if delay_warning else ""
    return Exim({BEHIND: ("127.0.0.1", behind_port), RETURN_PATHS: inbound}, address, expire=expire, more=more)


WITHOUT_POSTFIX = None if os.geteuid() == 0 and shutil.which("postfix", path="/usr/sbin:/usr/bin") else (
    "needs Postfix, and root for it")
MAILERS = {"postfix": (start_postfix, WITHOUT_POSTFIX), "exim": (start_exim, exim.reason_against())}


@dataclasses.dataclass
class Row:
    """What the host behind says, and what must come of it."""
    name: str
    says: dict
    kind: str
    category: str
    category_by_exim: str = ""  # where it words the reason itself
    event: str = "bounced"
    expire: str = "1h"
    delay_warning: str = ""


ROWS = [
    Row("unknown-user", {"RCPT": ["550 5.1.1 <ann@behind.example>: Recipient address rejected: User unknown"]},
        "hard", "no-such-mailbox"),
    Row("full-mailbox", {"RCPT": ["552 5.2.2 <ann@behind.example>: Mailbox full"]}, "soft", "mailbox-full"),
    Row("refused-content", {"END": ["554 5.7.1 Message content rejected: spam detected"]}, "block", "spam-content"),
    Row("expired", {"RCPT": ["451 4.3.0 <ann@behind.example>: Temporary lookup failure"]}, "soft", "server-error",
        category_by_exim="timed-out", expire="2s"),
    Row("delayed", {"RCPT": ["452 4.2.2 <ann@behind.example>: Mailbox full"]}, "soft", "mailbox-full",
        event="delayed", delay_warning="1s"),
]


@pytest.fixture
def behind():
    sink = Sink()
    yield sink
    sink.close()


@pytest.fixture
def start_mailer(start_relay, behind):
    """start_mailer(name, ...) -> (relay, mailer): the relay gives its mail to the mailer, and that to `behind`."""
    running = []

    def start(name, expire="1h", delay_warning=""):
        start_it, reason_against = MAILERS[name]
        if reason_against:
            pytest.skip(reason_against)
        address = free_address()
        relay = start_relay("--set", f"return_path_domain={RETURN_PATHS}", routes=[f"*={address}:25"])
        running.append(start_it(address, behind.port, relay.address("inbound"), expire, delay_warning))
        return relay, running[-1]

    yield start
    for mailer in running:
        mailer.close()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
@pytest.mark.parametrize("mailer", MAILERS)
def test_what_a_mailer_reports(start_mailer, behind, mailer, row):
    for verb, replies in row.says.items():
        behind.answer(verb, replies)
    relay, running = start_mailer(mailer, row.expire, row.delay_warning)
    relay.submit(to=f"ann@{BEHIND}")
    relay.wait_for_event("delivered")
    try:
        event = relay.wait_for_event(row.event)
    except pytest.fail.Exception:
        print(running.explain())
        raise
    assert event["to"] == f"ann@{BEHIND}"
    category = row.category_by_exim if mailer == "exim" and row.category_by_exim else row.category
    assert (event["kind"], event["category"]) == (row.kind, category), event


def test_each_copy_has_a_report_of_its_own(start_mailer, behind):
    behind.answer("RCPT", ["550 5.1.1 User unknown"])
    relay, postfix = start_mailer("postfix")
    relay.submit(to=[f"ann@{BEHIND}", f"bob@{BEHIND}"])
    events = relay.wait_for_events("bounced", 2)
    assert {event["to"] for event in events} == {f"ann@{BEHIND}", f"bob@{BEHIND}"}
    assert "status=sent (250 2.0.0 taken)" in postfix.explain()
