"""`postrider message search`: recipients found by what is known of them."""
import pytest

from raw_http import control
from searching import search, wait_until_indexed
from waiting import wait_for


@pytest.fixture
def mailed(relay, sink):
    """Ann has two messages; Bob's was put off, Carl's refused for good."""
    sink.answer_recipient("bob@example.net", ["451 4.7.1 later"])
    sink.answer_recipient("carl@example.net", ["550 5.1.1 no such user"])
    relay.submit(to="Ann@example.net", subject="Your order 17")
    relay.wait_for_event("delivered")
    relay.submit(to=["ann@example.net", "bob@example.net", "carl@example.net"], sender="news@example.org",
                 subject="Spring news, order now")
    relay.wait_for_events("delivered", 2)
    relay.wait_for_event("deferred")
    relay.wait_for_event("failed")
    wait_until_indexed(relay)
    return relay


def found(relay, *words):
    return [(m["to"].lower().partition("@")[0], m["subject"].split()[0]) for m in search(relay, *words)["messages"]]


@pytest.mark.parametrize("words, expected", [
    (["--recipient", "ANN@example.net"], [("ann", "Spring"), ("ann", "Your")]),
    (["--sender", "news@example.org"], [("carl", "Spring"), ("bob", "Spring"), ("ann", "Spring")]),
    (["--subject", "order"], [("carl", "Spring"), ("bob", "Spring"), ("ann", "Spring"), ("ann", "Your")]),
    (["--subject", "ORDER your"], [("ann", "Your")]),
    (["--status", "failed"], [("carl", "Spring")]),
    (["--status", "deferred"], [("bob", "Spring")]),
    (["--status", "accepted"], []),
    (["--status", "delivered", "--subject", "news"], [("ann", "Spring")]),
    (["--recipient", "nobody@example.net"], []),
    (["--from", "1h", "--status", "failed"], [("carl", "Spring")]),
    (["--to", "1h"], []),
])
def test_what_is_found(mailed, words, expected):
    assert found(mailed, *words) == expected


@pytest.mark.parametrize("header", ["=?utf-8?Q?Gr=C3=BCne_Schuhe?=", "=?iso-8859-1?B?R3L8bmUgU2NodWhl?="])
def test_words_of_a_subject_are_found_as_people_read_them(relay, header):
    relay.submit(to="eva@example.net", subject=header)
    wait_until_indexed(relay)
    for words in ("grüne", "SCHUHE grüne"):
        assert [m["to"] for m in search(relay, "--subject", words)["messages"]] == ["eva@example.net"]
    assert search(relay, "--subject", "utf")["messages"] == []


def test_all_filters_at_once_and_each_that_does_not_apply(mailed):
    [carl] = search(mailed, "--recipient", "carl@example.net")["messages"]
    everything = {"recipient": "carl@example.net", "sender": "news@example.org", "subject": "spring order",
                  "status": "failed", "category": carl["category"], "provider": carl["site"],
                  "account": carl["account"], "from": "1h", "limit": "10"}
    others = {"recipient": "ann@example.net", "sender": "x@example.org", "subject": "winter", "status": "delivered",
              "category": "mailbox-full", "provider": "mx.elsewhere.example", "campaign": "none-such",
              "custom_id": "none-such", "to": "30d"}

    def asked(parameters):
        words = [word for name, value in parameters.items() for word in (f"--{name.replace('_', '-')}", value)]
        return [m["to"] for m in search(mailed, *words)["messages"]]

    assert asked(everything) == ["carl@example.net"]
    for name, value in others.items():
        parameters = {**everything, name: value}
        if name == "to":
            parameters["from"] = "60d"
        assert asked(parameters) == [], name


def test_status_follows_the_message(mailed, sink):
    sink.answer_recipient("bob@example.net", ["250 ok"])
    mailed.advance("1h")
    mailed.wait_for_events("delivered", 3)
    wait_until_indexed(mailed)
    assert found(mailed, "--status", "deferred") == []
    [bob] = search(mailed, "--recipient", "bob@example.net")["messages"]
    assert bob["status"] == "delivered" and bob["attempts"] >= 2
    assert found(mailed, "--provider", bob["site"], "--recipient", "bob@example.net")


def test_pages_stay_what_they_are_while_mail_comes(mailed):
    first = search(mailed, "--limit", "2")
    assert first["more"] and len(first["messages"]) == 2
    mailed.submit(to="late@example.net")
    wait_until_indexed(mailed)
    second = search(mailed, "--limit", "2", "--before", str(first["before"]))
    ids = [m["recipient"] for m in first["messages"] + second["messages"]]
    assert len(set(ids)) == 4 and ids == sorted(ids, reverse=True) and not second["more"]


def test_index_is_the_same_after_kill_9_and_after_a_replay(mailed):
    words = [("--subject", "order"), ("--status", "failed"), ("--recipient", "ann@example.net")]
    before = [found(mailed, *w) for w in words]
    mailed.kill()
    mailed.start()
    wait_until_indexed(mailed)
    assert [found(mailed, *w) for w in words] == before
    mailed.cli("events", "replay", "search", "--from", "1")
    wait_for("it to begin again", lambda: "begins again" in mailed.log.read_text(), explain=mailed.explain)
    wait_until_indexed(mailed)
    assert [found(mailed, *w) for w in words] == before
    mailed.stop()
    assert [found(mailed, *w) for w in words] == before, "without a relay"


@pytest.mark.parametrize("words, says", [
    (["--status", "lost"], "status: 'lost' is none of accepted, deferred, delivered"),
    (["--subject", "!!"], "subject: there is no word in"),
    (["--from", "soon"], "from: 'soon' is neither a time"),
    (["--before", "x"], "'x' is not an id"),
    (["--category", "bad"], "category: 'bad' is none of "),
    (["--from", "2026-01-02", "--to", "2026-01-01"], "from: it is not before the end (to), 2026-01-01T"),
    (["--limit", "1001"], "limit must be a whole number from 1 to 1000"),
    (["--account", "nobody"], "there is no account 'nobody'"),
])
def test_wrong_parameters_are_named(shared_relay, words, says):
    done = shared_relay.cli("message", "search", *words, check=False)
    assert done.returncode in (2, 3) and says in done.stderr, done.stderr


def test_parameter_that_nobody_knows_is_a_400_that_names_it(shared_relay):
    status, body = control(shared_relay, "GET", "/v1/messages?colour=red")
    assert status == 400 and "'colour' is not a parameter: there are recipient, sender" in body


@pytest.mark.parametrize("query, says", [
    ("status=lost", "status: 'lost' is none of accepted, deferred, delivered, failed, expired, bounced, suppressed, "
                    "complained, opened, clicked, unsubscribed"),
    ("category=bad", "category: 'bad' is none of "),
    ("provider=", "provider is empty: say what to look for"),
    ("from=soon", "from: 'soon' is neither a time"),
    ("from=2026-01-02&to=2026-01-01", "from: it is not before the end (to)"),
    ("before=-1", "before: '-1' is not an id"),
    ("limit=0", "limit must be a whole number from 1 to 1000"),
])
def test_wrong_parameters_are_400s_that_name_them(shared_relay, query, says):
    status, body = control(shared_relay, "GET", f"/v1/messages?{query}")
    assert (status, says in body) == (400, True), body


def test_account_that_is_not_there_is_a_404(shared_relay):
    status, body = control(shared_relay, "GET", "/v1/messages?account=nobody")
    assert status == 404 and "account: there is no account 'nobody'" in body


def test_table_is_for_people(mailed):
    lines = mailed.cli("message", "search", "--recipient", "ann@example.net").splitlines()
    assert len(lines) == 3 and "Your order 17" in lines[2]
