"""kill -9 and restarts: what was acknowledged is delivered, what is known stays known."""
import time

import pytest

from numbered_load import NumberedLoad
from sink import Sink
from waiting import LIMIT_S, free_port, wait_for

ROUNDS = 3
SECONDS_A_ROUND = 1.2


def test_nothing_acknowledged_is_lost_by_kill_9_under_load(start_relay, sink):
    relay = start_relay("--smtp-port", str(free_port()), routes=[f"*={sink.route}"], test_clock=False)
    acknowledged = set()
    for round_ in range(ROUNDS):
        load = NumberedLoad(relay, first=round_ * 1_000_000)
        time.sleep(SECONDS_A_ROUND)  # the load itself, not a wait for something
        relay.kill()
        acknowledged |= load.end()
        relay.start()
    assert len(acknowledged) > 100, "no load"

    def arrived():
        return acknowledged <= {int(m["Subject"]) for m in list(sink.messages)}
    wait_for("everything that was acknowledged", arrived, limit_s=2 * LIMIT_S, explain=relay.explain)
    copies = len(sink.messages) - len({m["Subject"] for m in sink.messages})
    # Only what was between the remote 250 and our own record when we were killed.
    assert copies <= ROUNDS * 60, copies


def test_waiting_recipient_keeps_its_attempts_and_its_time(relay, sink):
    sink.answer("RCPT", ["451 4.7.1 later"])
    relay.submit()
    first = relay.wait_for_event("deferred")
    relay.advance("2m")
    second = relay.wait_for_event("deferred", attempt=2)
    relay.kill()
    before = len(sink.connections)
    relay.start()
    [waiting] = [e for e in relay.events(type="deferred") if e["attempt"] == 2]
    assert waiting == second and first["attempt"] == 1
    assert "451 4.7.1 later" in relay.cli("queue", "--json")
    assert len(sink.connections) == before, "tried before it was due"
    sink.answer("RCPT", ["250 ok"])
    relay.advance("10m")
    assert relay.wait_for_event("delivered")["attempt"] == 3


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_settled_recipients_are_not_sent_again(relay, sink, end):
    sink.answer_recipient("late@example.net", ["451 4.7.1 later"])
    relay.submit(to=["ann@example.net", "late@example.net", "bob@example.net"])
    relay.wait_for_events("delivered", 2)
    relay.wait_for_event("deferred")
    getattr(relay, end)()
    relay.start()
    sink.answer_recipient("late@example.net", ["250 ok"])
    relay.advance("10m")
    relay.wait_for_events("delivered", 3)
    assert sorted(r for m in sink.messages for r in m.recipients) == \
        ["ann@example.net", "bob@example.net", "late@example.net"]


def test_sigterm_is_polite_to_open_sessions(relay):
    idle = relay.client()
    relay.process.terminate()
    code, _ = idle.getreply()
    assert code == 421
    idle.close()
    relay.stop()


def test_sigterm_lets_a_message_in_progress_be_finished_or_refused_but_never_lost(relay, sink):
    client = relay.client()
    client.mail("shop@example.org")
    client.rcpt("ann@example.net")
    client.docmd("DATA")
    client.send("From: shop@example.org\r\nSubject: last\r\n\r\nhello\r\n")
    relay.process.terminate()
    client.send(".\r\n")
    code, _ = client.getreply()
    client.close()
    relay.stop()
    relay.start()
    if code == 250:
        assert sink.wait_for_message()["Subject"] == "last"
    else:
        assert code == 421


def test_account_and_keys_stay_with_the_data(relay, sink):
    user, records = relay.ready["user"], relay.dns_records("example.org")
    password = relay.ready["password"]
    relay.stop()
    relay.start()
    assert relay.ready["user"] == user
    assert relay.dns_records("example.org") == records
    with relay.client(login=False) as client:
        client.login(user, password)


def test_receiver_that_comes_back_gets_its_mail(start_relay):
    sink = Sink()
    relay = start_relay(routes=[f"*={sink.route}"])
    sink.close()
    relay.submit()
    assert "refused" in relay.wait_for_event("deferred")["reply"]
    assert "refused" in relay.cli("queue", "--json")
    sink = Sink(port=sink.port)
    try:
        relay.advance("10m")
        assert sink.wait_for_message()["Subject"] == "order 17"
    finally:
        sink.close()
