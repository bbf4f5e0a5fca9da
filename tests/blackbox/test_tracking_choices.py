"""Who is tracked in what: campaigns by their account, people by themselves, frozen when a message is accepted."""
import json

import pytest

from links import Reader
from test_tracking import BASE, mail, page_in, set_up, stored_part, tokens_in


@pytest.fixture
def relay(start_relay, sink):
    relay = start_relay(routes=[f"*={sink.route}"])
    set_up(relay)
    return relay


def campaign(name):
    return mail(fields=f"X-Mailjet-Campaign: {name}\r\n")


def test_a_campaign_has_settings_of_its_own(relay, sink):
    def arrived(name, number):
        relay.submit(message=campaign(name))
        return {kind for kind, _ in tokens_in(sink.wait_for_messages(number)[-1].data)}
    assert arrived("spring", 1) == {b"c", b"o"}
    relay.cli("tracking", "campaign", "spring", "--track", "opens")
    assert arrived("spring", 2) == {b"o"}
    assert arrived("autumn", 3) == {b"c", b"o"}
    relay.cli("tracking", "campaign", "spring", "--track", "off")
    listed = json.loads(relay.cli("tracking", "campaigns", "--json"))["campaigns"]
    assert listed == [{"account": "sandbox", "campaign": "spring", "track": "off", "privacy": "as its account"}]
    relay.kill()
    relay.start()
    assert arrived("spring", 4) == set(), "also after a kill"
    relay.cli("tracking", "reset-campaign", "spring")
    assert arrived("spring", 5) == {b"c", b"o"}
    assert relay.cli("tracking", "reset-campaign", "spring", check=False).returncode == 3
    for wrong in (("x", "--track", "some"), ("x", "--privacy", "none"), ("x",), ("x", "--account", "nobody")):
        done = relay.cli("tracking", "campaign", *wrong, check=False)
        assert done.returncode != 0 and done.stderr, wrong


def test_who_does_not_want_to_be_tracked_gets_the_message_as_it_was_written(relay, sink):
    relay.cli("tracking", "refuse", "Ann@example.net")
    sent = mail(page="<html><body>{{tracker}}<a href=\"https://shop.example/\">one</a></body></html>\r\n")
    relay.submit(to=["ann@example.net", "bob@example.net"], message=sent)
    sink.wait_for_messages(2)
    ann, = sink.to("ann@example.net")
    bob, = sink.to("bob@example.net")
    assert {kind for kind, _ in tokens_in(bob.data)} == {b"c", b"o"}
    assert BASE + b"/c/" not in ann.data and BASE + b"/o/" not in ann.data
    assert page_in(ann.data) == page_in(sent).replace(b"{{tracker}}", b"")
    assert BASE + b"/u/" in ann.data, "they can leave all the same"


def test_a_message_that_only_they_get_is_the_same_to_the_byte(relay, sink):
    relay.cli("tracking", "refuse", "ann@example.net")
    relay.submit(message=mail())
    arrived = sink.wait_for_message()
    assert stored_part(arrived.data).endswith(mail()[mail().index(b"Content-Type: multipart"):])


def test_what_holds_is_frozen_when_the_message_is_accepted(relay, sink):
    """The second attempt is made from what was stored."""
    relay.cli("tracking", "refuse", "ann@example.net")
    sink.answer("END", ["451 4.3.0 taken, and not kept"])
    page = "<html><body>{{tracker}}<a href=\"https://shop.example/\">one</a></body></html>\r\n"
    relay.submit(to=["ann@example.net", "bob@example.net"], message=mail(page=page))
    relay.wait_for_events("deferred", 2)
    relay.kill()
    relay.start()
    relay.cli("tracking", "allow", "ann@example.net")
    relay.cli("tracking", "refuse", "bob@example.net")
    sink.answer("END", ["250 ok"])
    relay.advance("20m")
    sink.wait_for_messages(2)
    ann = sink.to("ann@example.net")[0].data
    assert not tokens_in(ann) and b"{{tracker}}" not in page_in(ann)
    assert tokens_in(sink.to("bob@example.net")[0].data)


def test_who_wants_to_be_nobody_is_counted_and_not_named(relay, sink):
    relay.cli("tracking", "refuse", "ann@example.net", "--privacy", "anonymous")
    relay.submit(to=["ann@example.net", "bob@example.net"], message=mail())
    relay.wait_for_events("delivered", 2)
    relay.advance("1m")
    for address in ("ann@example.net", "bob@example.net"):
        token = next(token for kind, token in tokens_in(sink.to(address)[0].data) if kind == b"o")
        Reader(relay).get("/o/" + token.decode())
    of_ann, of_bob = relay.wait_for_events("opened", 2)
    assert of_bob["to"] == "bob@example.net"
    assert not {"to", "recipient", "message", "user_agent"} & set(of_ann), of_ann


def test_what_is_listed_is_told_and_holds_no_address(relay, sink):
    relay.cli("tracking", "refuse", "ann@example.net", "--global", "--privacy", "pseudonymous")
    relay.cli("tracking", "refuse", "ann@example.net")
    shown = json.loads(relay.cli("tracking", "show", "ANN@example.net", "--json"))
    assert shown["level"] == "off" and {one["list"] for one in shown["refusals"]} == {"sandbox", "global"}
    relay.cli("tracking", "allow", "ann@example.net")
    assert json.loads(relay.cli("tracking", "show", "ann@example.net", "--json"))["level"] == "pseudonymous"
    assert relay.cli("tracking", "allow", "ann@example.net", check=False).returncode == 3
    assert relay.cli("tracking", "refuse", "no address", check=False).returncode != 0
    relay.stop()
    files = [path for path in relay.data.rglob("*") if path.is_file()]
    assert files and not any(b"ann@example.net" in path.read_bytes() for path in files)
    relay.start()
    assert json.loads(relay.cli("tracking", "show", "ann@example.net", "--json"))["level"] == "pseudonymous"
