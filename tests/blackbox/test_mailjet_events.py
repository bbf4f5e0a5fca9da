"""Mailjet's Event API as its receivers know it: all seven types by real traffic, member by member; a URL for each type."""
import json

import pytest

from links import Reader
from receiver import Receiver
from reports import arf, head_of, send_back
from test_suppression import wait_until_suppressed
from test_tracking import URL, page_in
from test_webhooks import LOCAL, add, wait_for_told
from waiting import wait_for

RETURN_PATHS = "rp.example"
READER = {"ip": str, "geo": str, "agent": str}
COMMON = {"event": str, "time": int, "MessageID": int, "Message_GUID": str, "email": str, "mj_campaign_id": int,
          "mj_contact_id": int, "customcampaign": str, "CustomID": str, "Payload": str}
OF_TYPE = {
    "sent": {"mj_message_id": str, "smtp_reply": str},
    "open": READER,
    "click": {"url": str, **READER},
    "bounce": {"blocked": bool, "hard_bounce": bool, "error_related_to": str, "error": str, "comment": str},
    "blocked": {"error_related_to": str, "error": str, "comment": str},
    "spam": {"source": str},
    "unsub": {"mj_list_id": int, **READER},
}


@pytest.fixture
def relay(start_relay, sink):
    relay = start_relay(*LOCAL, "--set", f"return_path_domain={RETURN_PATHS}", routes=[f"*={sink.route}"])
    relay.cli("account", "change", "sandbox", "--tracking-host", "https://t.example", "--privacy", "full")
    return relay


@pytest.fixture
def receivers():
    made = {name: Receiver() for name in [*OF_TYPE, "all", "single"]}
    yield made
    for receiver in made.values():
        receiver.close()


def letter(to):
    return (f"From: shop@example.org\r\nTo: {to}\r\nSubject: news\r\nX-Postrider-Stream: bulk\r\n"
            "X-Mailjet-Campaign: spring\r\nX-MJ-CustomID: letter-7\r\nX-MJ-EventPayload: {\"o\":7}\r\n"
            "MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
            "<html><body><a href=\"https://shop.example/offers?a=1&amp;b=2\">Offers</a></body></html>\r\n").encode()


def make_all_seven(relay, sink):
    """Of Ann, who reads, clicks, leaves and complains, and of nobody, who is not there; neither is written to again."""
    relay.submit(to="ann@example.net", message=letter("ann@example.net"))
    arrived = sink.wait_for_message()
    relay.wait_for_event("delivered")
    paths = {kind.decode(): f"/{kind.decode()}/{token.decode()}" for kind, token in URL.findall(page_in(arrived.data))}
    unsubscribe = arrived["List-Unsubscribe"].partition("https://t.example")[2].partition(">")[0]
    reader = Reader(relay)
    assert reader.get(paths["o"])[0] == 200 and reader.get(paths["c"])[0] == 302
    assert reader.ask("POST", unsubscribe, body="List-Unsubscribe=One-Click")[0] == 200
    assert send_back(relay, f"fbl@{RETURN_PATHS}", arf(head_of(arrived), recipient="ann@example.net"))[0] == 250
    sink.answer_recipient("nobody@example.net", ["550 5.1.1 no such user"])
    relay.submit(to="nobody@example.net", message=letter("nobody@example.net"))
    wait_until_suppressed(relay, "nobody@example.net", "hard_bounce")
    wait_until_suppressed(relay, "ann@example.net", "complaint")
    relay.submit(to="nobody@example.net", message=letter("nobody@example.net"))
    relay.submit(to="ann@example.net", subject="a password")
    relay.wait_for_events("suppressed", 2)


def assert_has_its_members(told):
    wanted = COMMON | OF_TYPE[told["event"]]
    assert {name: type(value) for name, value in told.items()} == wanted, told


def in_any_order(events):
    return sorted(map(json.dumps, events))


def test_all_seven_types_member_by_member(relay, sink, receivers):
    add(relay, receivers["all"], "--format", "mailjet-grouped")
    add(relay, receivers["single"], "--format", "mailjet")
    for name in OF_TYPE:
        add(relay, receivers[name], "--format", "mailjet-grouped", "--types", name)
    make_all_seven(relay, sink)
    grouped, single = (wait_for(f"all seven at {name}", lambda r=receivers[name]: len(r.events()) >= 8 and r.events(),
                                explain=relay.explain) for name in ("all", "single"))
    assert in_any_order(grouped) == in_any_order(single)
    assert all(isinstance(r.json, list) for r in receivers["all"].requests)
    assert all(isinstance(r.json, dict) for r in receivers["single"].requests)
    for told in grouped:
        assert_has_its_members(told)
    by_type = {}
    for told in grouped:
        by_type.setdefault(told["event"], []).append(told)
    assert by_type.keys() == OF_TYPE.keys()
    for name in OF_TYPE:
        told = wait_for_told(relay, receivers[name], len(by_type[name]))
        assert in_any_order(told) == in_any_order(by_type[name]), name  # it is kept for each message

    sent, opened, click, bounce, spam, unsub = (by_type[name][0] for name in
                                                ("sent", "open", "click", "bounce", "spam", "unsub"))
    assert sent["customcampaign"] == "spring" and sent["CustomID"] == "letter-7" and sent["Payload"] == '{"o":7}'
    assert sent["mj_message_id"] == str(sent["MessageID"]) and sent["smtp_reply"].startswith("sent (250 ")
    assert all(told["MessageID"] == sent["MessageID"] and told["Message_GUID"] == sent["Message_GUID"]
               and told["CustomID"] == "letter-7" for told in (opened, click, spam, unsub))
    assert click["url"] == "https://shop.example/offers?a=1&b=2"
    # As far as links.address keeps it.
    assert click["ip"] == "127.0.0.0" and "Firefox" in click["agent"]
    assert (bounce["blocked"], bounce["hard_bounce"], bounce["error_related_to"], bounce["error"], bounce["comment"]) == (
        True, True, "recipient", "user unknown", "550 5.1.1 no such user")
    assert spam["source"] == "SomeLoop/1.0"
    blocked = {told["email"]: (told["error_related_to"], told["error"]) for told in by_type["blocked"]}
    assert blocked == {"nobody@example.net": ("mailjet", "preblocked"), "ann@example.net": ("recipient", "spam reporter")}
