"""A disk that is filling up: new work is refused while there is still room to finish what has been taken."""
import shutil

from reports import inbound

MEBIBYTE = 1 << 20


def free_mebibytes(relay):
    return shutil.disk_usage(relay.data).free // MEBIBYTE


def mail(client, size=None):
    code, text = client.mail("shop@example.org", [f"SIZE={size}"] if size else [])
    return code, text


def test_under_the_reserve_new_work_is_refused_and_waiting_mail_is_kept(start_relay, sink):
    sink.answer_recipient("ann@example.net", ["451 4.3.0 not now", "250 ok"])
    relay = start_relay(routes=[f"*={sink.route}"])
    relay.submit()
    relay.wait_for_event("deferred")
    relay.stop()
    relay.command += ["--set", "spool.free_space_min=900000GiB"]
    relay.start()
    with relay.client() as client:
        code, text = mail(client)
        assert code == 452 and text.startswith(b"4.3.1")
        assert client.noop()[0] == 250, "the session goes on"
    with inbound(relay) as client:
        code, text = client.mail("")
        assert code == 452 and text.startswith(b"4.3.1"), "and so are reports: their senders keep them"
    relay.advance("2m")
    assert sink.wait_for_message()["Subject"] == "order 17"


def test_open_transactions_count_with_what_they_may_bring(start_relay, sink):
    relay = start_relay(routes=[f"*={sink.route}"])
    room = free_mebibytes(relay) - 600  # above the reserve of 512 MiB, and some for what others write
    relay.stop()
    largest = min(1000, room // 3)  # two fit with half as much again, three don't
    relay.command += ["--set", f"listener.smtp.message_size_max={largest}MiB",
                      "--set", f"spool.free_space_min={free_mebibytes(relay) - largest * 4}MiB"]
    relay.start()
    with relay.client() as one, relay.client() as two, relay.client() as three:
        assert mail(one)[0] == 250
        assert mail(two)[0] == 250
        assert mail(three)[0] == 452
        assert mail(three, size=1000)[0] == 250, "a small one that says so still fits"
        one.quit()
        three.rset()
        assert mail(three)[0] == 250, "what has ended makes room"
