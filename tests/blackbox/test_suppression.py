"""To whom no mail goes: how addresses get on the list, what it does, and how people change it."""
import csv
import io
import json

import pytest

from waiting import wait_for


def why(relay, address, *words):
    """{list: (reasons that stand, length of the history)}"""
    answer = json.loads(relay.cli("suppression", "why", address, *words, "--json"))
    return {one["list"]: ([c["reason"] for c in one["standing"]], len(one["history"]))
            for one in answer["lists"]}


def wait_until_suppressed(relay, address, reason):
    wait_for(f"{address} to be suppressed for {reason}",
             lambda: any(reason in standing for standing, _ in why(relay, address).values()),
             explain=relay.explain)


def bulk(to="ann@example.net"):
    return f"From: shop@example.org\r\nTo: {to}\r\nX-Postrider-Stream: bulk\r\nSubject: news\r\n\r\nhi\r\n".encode()


def heard(sink, verb):
    return sum(line.upper().startswith(verb) for heard in sink.connections for line in map(str, heard))


def test_a_wrong_address_is_not_tried_a_second_time(relay, sink):
    sink.answer("RCPT", ["550 5.1.1 user unknown", "250 ok"])
    relay.submit(to="Nobody@example.net")
    failed = relay.wait_for_event("failed")
    wait_until_suppressed(relay, "nobody@example.net", "hard_bounce")

    relay.submit(to="nobody@example.net")
    suppressed = relay.wait_for_event("suppressed")
    assert (suppressed["kind"], suppressed["category"]) == ("block", "suppressed")
    assert suppressed["detail"].startswith("hard_bounce since ")
    assert not sink.messages
    accepted = [e for e in relay.events(type="accepted") if e["recipient"] == suppressed["recipient"]]
    assert len(accepted) == 1, "it was answered with 250 all the same"
    story = relay.cli("message", "show", str(suppressed["recipient"]))
    assert "suppressed" in story and "hard_bounce since" in story
    assert json.loads(relay.cli("queue", "--json"))["scheduled"] == 0
    listed = json.loads(relay.cli("suppression", "list", "--json"))["suppressions"]
    assert [(row["address"], row["source"]) for row in listed] == [("Nobody@example.net", failed["recipient"])]


@pytest.mark.parametrize("verb, reply", [
    ("RCPT", "550 5.1.1 Your IP address 192.0.2.1 is listed at zen.spamhaus.org"),
    ("END", "550 5.7.26 Unauthenticated email from example.org is not accepted due to domain's DMARC policy"),
    ("END", "554 5.7.1 Message rejected as spam"),
], ids=["reputation", "authentication", "content"])
def test_a_refusal_that_is_about_us_suppresses_nobody(relay, sink, verb, reply):
    sink.answer(verb, [reply, "250 ok"])
    relay.submit()
    assert relay.wait_for_event("failed")["kind"] == "block"
    relay.submit()
    relay.wait_for_event("delivered")
    assert not relay.events(type="suppressed")
    assert why(relay, "ann@example.net")["global"] == ([], 0)


def test_an_operators_own_rule_says_whether_a_hard_bounce_suppresses(start_relay, sink, tmp_path):
    rules = tmp_path / "own.toml"
    rules.write_text("""
[[rule]]
id = "own-cleaning"
match = 'mailbox is being cleaned'
category = "no-such-mailbox"
suppress = false
sample = "550 5.1.1 this mailbox is being cleaned"
source = "a host that does so each night"
""")
    relay = start_relay("--set", f"bounce.rules='{rules}'", routes=[f"*={sink.route}"])
    sink.answer_recipient("ann@example.net", ["550 5.1.1 this mailbox is being cleaned"])
    sink.answer_recipient("bob@example.net", ["550 5.1.1 user unknown"])
    for _ in range(2):
        relay.submit(to=["ann@example.net", "bob@example.net"])
        wait_until_suppressed(relay, "bob@example.net", "hard_bounce")
    relay.wait_for_event("suppressed", to="bob@example.net")
    failed = relay.wait_for_events("failed", 2, to="ann@example.net")
    assert {(e["kind"], e["rule"]) for e in failed} == {("hard", "own-cleaning")}
    assert all(not standing for standing, _ in why(relay, "ann@example.net").values())
    assert not relay.events(type="suppressed", to="ann@example.net")


def test_the_other_recipients_go_on_and_nothing_is_left_behind(relay, sink):
    relay.cli("suppression", "add", "bob@example.net", "--note", "asked on the phone")
    relay.submit(to=["ann@example.net", "bob@example.net", "eve@example.net"])
    relay.wait_for_events("delivered", 2)
    assert [e["to"] for e in relay.events(type="suppressed")] == ["bob@example.net"]
    assert {e["to"] for e in relay.events(type="delivered")} == {"ann@example.net", "eve@example.net"}
    relay.kill()
    relay.start()
    assert json.loads(relay.cli("queue", "--json"))["scheduled"] == 0
    relay.submit(to="bob@example.net")
    relay.wait_for_events("suppressed", 2)
    assert len(sink.messages) == 2


def test_who_leaves_while_mail_waits_gets_none(relay, sink):
    sink.answer("RCPT", ["450 4.2.0 greylisted, try again"])
    relay.submit(to=["ann@example.net", "bob@example.net"])
    relay.wait_for_events("deferred", 2)
    sink.answer("RCPT", ["250 ok"])
    relay.cli("suppression", "add", "ann@example.net", "--reason", "unsubscribe")
    relay.advance("10m")
    suppressed = relay.wait_for_event("suppressed")
    assert suppressed["to"] == "ann@example.net" and suppressed["detail"].startswith("unsubscribe since")
    relay.wait_for_event("delivered", to="bob@example.net")
    assert [m.recipients for m in sink.messages] == [["bob@example.net"]]


def test_who_leaves_a_stream_still_gets_the_password_reset(relay, sink):
    relay.cli("suppression", "add", "ann@example.net", "--stream", "bulk", "--reason", "unsubscribe")
    relay.submit(message=bulk())
    assert relay.wait_for_event("suppressed")["detail"].startswith("unsubscribe of bulk since")
    relay.submit(subject="password reset")
    assert sink.wait_for_message()["Subject"] == "password reset"
    assert len(sink.messages) == 1


def test_an_address_comes_back_and_its_history_is_kept(relay, sink):
    relay.cli("suppression", "add", "ann@example.net", "--reason", "hard_bounce")
    relay.advance("1m")
    said = relay.cli("suppression", "remove", "ann@example.net", "--note", "she wrote to us")
    assert "ann@example.net gets mail again" in said
    relay.submit()
    sink.wait_for_message()
    story = relay.cli("suppression", "why", "ann@example.net")
    assert "not on the list" in story and "taken back" in story and "she wrote to us" in story
    gone = relay.cli("suppression", "remove", "ann@example.net", check=False)
    assert gone.returncode == 3 and "nothing of the kind" in gone.stderr


def test_an_expiry_ends_a_suppression(relay, sink):
    relay.cli("suppression", "add", "ann@example.net", "--expires", "2h")
    relay.submit()
    relay.wait_for_event("suppressed")
    relay.advance("3h")
    relay.submit()
    sink.wait_for_message()


def test_the_global_list_holds_for_every_account(relay, sink):
    relay.cli("account", "add", "other")
    relay.cli("suppression", "add", "ann@example.net", "--global")
    relay.submit()
    assert "global list" in relay.wait_for_event("suppressed")["detail"]
    undecided = relay.cli("suppression", "add", "ann@example.net", check=False)
    assert undecided.returncode == 2 and "account: there are several" in undecided.stderr
    assert why(relay, "ann@example.net", "--account", "other")["global"] == (["manual"], 1)


def test_a_list_is_imported_and_exported(relay, tmp_path):
    rows = [["address", "reason", "stream", "since", "note"],
            ["ann@example.net", "unsubscribe", "bulk", "2025-05-01T10:00:00Z", 'said "no", twice'],
            ["bob@example.net", "", "", "", ""],
            ["not an address", "", "", "", ""],
            ["eve@example.net", "boredom", "", "", ""]]
    file = tmp_path / "list.csv"
    with file.open("w", newline="") as out:
        csv.writer(out).writerows(rows)
    done = relay.cli("suppression", "import", str(file), check=False)
    assert done.returncode == 1
    assert "2 added, 0 stood there already, 2 lines could not be read" in done.stdout
    assert "line 4:" in done.stderr and "line 5: reason: 'boredom'" in done.stderr

    exported = relay.cli("suppression", "export")
    got = {row["address"]: row for row in csv.DictReader(io.StringIO(exported))}
    assert set(got) == {"ann@example.net", "bob@example.net"}
    assert (got["ann@example.net"]["note"], got["ann@example.net"]["since"][:10]) == ('said "no", twice', "2025-05-01")
    assert got["bob@example.net"]["reason"] == "manual"

    again = relay.cli("suppression", "import", "-", input=exported)
    assert "0 added, 2 stood there already" in again


def imported(relay, *rows):
    return relay.cli("suppression", "import", "-", input="address,since,expires\n" + "\n".join(rows) + "\n")


def test_an_import_for_ever_outlasts_what_stands_for_a_while(relay):
    relay.cli("suppression", "add", "ann@example.net", "--expires", "2h")
    relay.advance("1m")
    assert "1 added" in imported(relay, "ann@example.net,2025-05-01T10:00:00Z,")
    assert "0 added, 1 stood there already" in imported(relay, "ann@example.net,,")
    relay.advance("3h")
    relay.submit()
    relay.wait_for_event("suppressed")


def test_an_import_holds_whatever_was_taken_back_since(relay):
    relay.cli("suppression", "add", "ann@example.net")
    relay.advance("1m")
    relay.cli("suppression", "remove", "ann@example.net")
    relay.advance("1m")
    assert "1 added" in imported(relay, "ann@example.net,2025-05-01T10:00:00Z,")
    relay.submit()
    relay.wait_for_event("suppressed")


def test_what_is_said_to_begin_tomorrow_can_be_taken_back_today(relay, sink):
    assert "1 added" in imported(relay, "ann@example.net,2099-05-01T10:00:00Z,")
    relay.advance("1m")
    assert "gets mail again" in relay.cli("suppression", "remove", "ann@example.net")
    relay.submit()
    sink.wait_for_message()


def test_many_addresses_are_imported_in_pieces_and_survive(relay, sink):
    addresses = [f"user{number}@example.net" for number in range(30_000)]
    relay.cli("suppression", "import", "-", input="\n".join(addresses) + "\n")
    relay.stop()
    relay.start()
    relay.submit(to=[addresses[0], addresses[-1], "ann@example.net"])
    relay.wait_for_events("suppressed", 2)
    sink.wait_for_message()
    exported = relay.cli("suppression", "export").splitlines()
    assert len(exported) == 30_001


def test_repeated_soft_bounces_suppress(start_relay, sink):
    relay = start_relay("--set", "suppression.soft_bounces=2", "--set", "suppression.soft_bounces_over=2d",
                        "--set", "retry.expire_after=1h", routes=[f"*={sink.route}"])
    sink.answer("RCPT", ["452 4.2.2 mailbox full"])
    for number in (1, 2):
        relay.submit()
        relay.wait_for_events("deferred", number)
        relay.advance("2h")
        assert relay.wait_for_events("expired", number)[-1]["kind"] == "soft"
        if number == 1:
            relay.advance("2d")
            assert all(not standing for standing, _ in why(relay, "ann@example.net").values())
    wait_until_suppressed(relay, "ann@example.net", "repeated_soft")
    relay.submit()
    relay.wait_for_event("suppressed")
