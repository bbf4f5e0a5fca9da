"""People and machines told apart, counted and found; links that are withdrawn or pointed elsewhere."""
import json
import re

import pytest

from links import PAGE, Reader, track
from waiting import wait_for

THREE = "".join(f'<a href="https://shop.example/{i}">{i}</a>' for i in range(3))


@pytest.fixture
def here(relay):
    return relay, Reader(relay)


def statistics(relay, *words):
    answer = json.loads(relay.cli("--json", "stats", "--by", "total", *words))
    return answer["total"]


def wait_for_counts(relay, *words, **wanted):
    def found():
        counts = statistics(relay, *words)
        return all(counts[name] == value for name, value in wanted.items())
    wait_for(f"{wanted}", found, explain=lambda: str(statistics(relay, *words)))


def test_whoever_says_that_it_is_a_machine_is_believed(here, tmp_path):
    relay, reader = here
    mail = track(relay, tmp_path, PAGE, "--campaign", "spring")
    reader.get(mail["pixel"])
    reader.get(mail["pixel"], User_Agent="Mozilla/5.0 (via ggpht.com GoogleImageProxy)")
    reader.get(mail["pixel"], User_Agent="Mozilla/5.0")
    reader.get(mail["links"][0]["path"], User_Agent="BarracudaCentral/1.0")
    told = [(event["type"], event.get("machine"), event.get("machine_reason"))
            for event in relay.wait_for_events("opened", 3) + relay.wait_for_events("clicked", 1)]
    assert told == [("opened", None, None), ("opened", "proxy", "gmail-proxy"),
                    ("opened", "prefetch", "apple-privacy"), ("clicked", "scanner", "barracuda")]
    wait_for_counts(relay, opened=2, opened_unique=1, opened_by_machines=1, clicked=0, clicked_by_machines=1)
    wait_for_counts(relay, "--campaign", "spring", opened=2)
    wait_for_counts(relay, "--campaign", "autumn", opened=0)
    shown = relay.cli("stats", "--by", "campaign", "--machines")
    assert "spring" in shown and "machines' clicks" in shown


def test_who_follows_every_link_within_seconds_is_a_scanner_afterwards_too(here, tmp_path):
    relay, reader = here
    links = [link["path"] for link in track(relay, tmp_path, THREE)["links"]]
    reader.get(links[0])
    reader.get(links[1])
    wait_for_counts(relay, clicked=2, clicked_unique=1, clicked_by_machines=0)
    reader.get(links[2])
    changes = relay.wait_for_events("reassessed", 3)
    assert {change["machine"] for change in changes} == {"scanner"}
    assert {change["machine_was"] for change in changes} == {"none"}
    assert {change["machine_reason"] for change in changes} == {"burst"}
    clicks = [event["sequence"] for event in relay.events(type="clicked")]
    assert sorted(change["about_event"] for change in changes) == clicks
    wait_for_counts(relay, clicked=0, clicked_unique=0, clicked_by_machines=3)

    relay.advance("1m")
    reader.get(links[1])
    wait_for_counts(relay, clicked=1, clicked_unique=1, clicked_by_machines=3)
    assert len(relay.events(type="reassessed")) == 3


def test_judging_and_counting_anew_changes_nothing(here, tmp_path):
    relay, reader = here
    for link in track(relay, tmp_path, THREE)["links"]:
        reader.get(link["path"])
    relay.wait_for_events("reassessed", 3)
    for consumer in ("machines", "statistics"):
        relay.cli("events", "replay", consumer, "--from", "1")
    relay.advance("1m")
    reader.get(track(relay, tmp_path, THREE, name="other")["links"][0]["path"])
    wait_for_counts(relay, clicked=1, clicked_by_machines=3)
    assert len(relay.events(type="reassessed")) == 3


def test_a_withdrawn_link_leads_nowhere_until_that_is_taken_back(here, tmp_path):
    relay, reader = here
    shop, other = track(relay, tmp_path)["links"]
    order = json.loads(relay.cli("--json", "link", "withdraw", "--host", "shop.example", "--reason", "abuse"))
    status, headers, body = reader.get(shop["path"])
    assert status == 410 and "Location" not in headers and b"shop.example" in body and b"withdrawn" in body
    assert reader.get(other["path"])[1]["Location"] == other["target"]
    relay.kill()
    relay.start()
    reader = Reader(relay)
    assert reader.get(shop["path"])[0] == 410, "also after a kill"
    assert "abuse" in relay.cli("link", "list")
    relay.cli("link", "restore", order["id"])
    assert reader.get(shop["path"])[1]["Location"] == shop["target"]
    assert relay.cli("link", "restore", order["id"], check=False).returncode == 3


def test_an_account_and_a_message_are_withdrawn(here, tmp_path):
    relay, reader = here
    link = track(relay, tmp_path)["links"][0]
    order = json.loads(relay.cli("--json", "link", "withdraw", "--account", "sandbox"))
    assert reader.get(link["path"])[0] == 410
    relay.cli("link", "restore", order["id"])
    reader.get(link["path"])
    message = relay.wait_for_events("clicked", 2)[-1]["message"]
    relay.cli("link", "withdraw", "--message", str(message))
    assert reader.get(link["path"])[0] == 410
    fresh = track(relay, tmp_path)["links"][0]
    assert reader.get(fresh["path"])[0] == 302


def test_a_wrong_link_of_a_sent_campaign_is_mended(here, tmp_path):
    relay, reader = here
    link = track(relay, tmp_path, PAGE, "--campaign", "spring")["links"][0]
    autumn = track(relay, tmp_path, PAGE, "--campaign", "autumn")["links"][0]
    relay.cli("link", "point", "--account", "sandbox", "--campaign", "spring", link["target"],
              "https://right.example/")
    assert reader.get(link["path"])[1]["Location"] == "https://right.example/"
    assert relay.wait_for_event("clicked")["url"] == "https://right.example/"
    assert reader.get(autumn["path"])[1]["Location"] == autumn["target"]
    for wrong in ("javascript:alert(1)", "//x.example/", "https://x.example/\r\nSet-Cookie: a=b"):
        done = relay.cli("link", "point", "--account", "sandbox", "--campaign", "spring", link["target"], wrong,
                         check=False)
        assert done.returncode != 0, wrong
    assert reader.get(link["path"])[1]["Location"] == "https://right.example/"


def test_a_tracked_mail_from_its_submission_to_its_readers(here, sink, tmp_path):
    relay, reader = here
    account = json.loads(relay.cli("--json", "account", "list"))["accounts"][0]["name"]
    relay.cli("account", "change", account, "--tracking-host", "https://t.example")
    relay.submit(message=b"From: Shop <shop@example.org>\r\nTo: ann@example.net\r\nSubject: news\r\n"
                 b"X-Mailjet-Campaign: spring\r\nX-MJ-CustomID: order-17\r\nContent-Type: text/html\r\n\r\n" + PAGE.encode())
    page = sink.wait_for_message().data.decode()
    paths = re.findall(r"https://t\.example(/[aco]/[A-Za-z0-9_-]{39})", page)
    assert len(paths) == 3
    relay.wait_for_event("delivered")

    assert reader.get(paths[0])[1]["Location"] == "https://shop.example/offers?a=1&b=2#top"
    click = relay.wait_for_event("clicked")
    assert (click["to"], click["campaign"], click["custom_id"]) == ("ann@example.net", "spring", "order-17")
    assert "address" not in click and click["user_agent"], "identified: no network address"
    change = relay.wait_for_event("reassessed")
    assert (change["machine"], change["machine_reason"]) == ("scanner", "at-delivery")

    relay.advance("1m")
    reader.get(paths[1])
    reader.get(next(path for path in paths if path.startswith("/o/")))
    wait_for_counts(relay, "--campaign", "spring", delivered=1, opened_unique=1, clicked_unique=1, clicked=1,
                    clicked_by_machines=1)
    assert relay.wait_for_event("opened")["recipient"] == relay.wait_for_event("delivered")["recipient"]
    wait_for("the index", lambda: "ann@example.net" in relay.cli("message", "search", "--status", "clicked"))
    assert "delivered" in relay.cli("message", "search", "--recipient", "ann@example.net"), "still its status"
