"""What is told of the relay itself: who signed in, who changed what, and wrong questions."""
import json
import os

import pytest

from raw_http import control


def test_a_sign_in_from_a_new_place_is_told_once(relay):
    relay.submit()
    relay.submit()
    relay.wait_for_events("delivered", 2)
    [told] = relay.events(type="operational", what="signed_in")
    assert told["user"] == relay.ready["user"] and told["client"] == "127.0.0.1" and told["account"]
    relay.advance("25h")
    relay.submit()
    assert len(relay.wait_for_events("operational", 2, what="signed_in")) == 2


def test_whoever_changes_a_setting_is_named_and_no_secret_is(relay):
    relay.cli("account", "add", "second")
    secret = json.loads(relay.cli("credential", "add", "second", "--user", "second-user", "--json"))["password"]
    relay.cli("credential", "remove", "second-user")
    told = relay.wait_for_events("operational", 3, what="setting_changed")
    assert {e["user"] for e in told} == {f"uid {os.getuid()}"}
    assert [e["detail"] for e in told] == ["POST /v1/accounts: name second",
                                           "POST /v1/credentials: account second, user second-user",
                                           "DELETE /v1/credentials/second-user"]
    assert secret not in relay.cli("events", "--json")


def test_what_changes_nothing_is_not_told(relay):
    relay.cli("account", "add", "second")
    assert relay.cli("account", "add", "second", check=False).returncode != 0
    relay.cli("account", "list"), relay.advance("1s"), relay.cli("queue")
    relay.cli("suppression", "add", "ann@example.net", "--global")
    relay.submit(to="bo@example.net")
    relay.wait_for_event("delivered")
    assert [e["detail"] for e in relay.events(what="setting_changed")] == ["POST /v1/accounts: name second"]
    assert "ann@example.net" not in relay.cli("events", "--json")


@pytest.mark.parametrize("query, says", [
    ("colour=red", "'colour' is not a parameter: there are from, limit, type, message, to, follow"),
    ("type=opend", "type: 'opend' is not a type of event: there are accepted, delivered, deferred"),
    ("message=seven", "message: 'seven' is not an id"),
    ("from=soon", "from"), ("limit=0", "limit must be a whole number from 1 to 10000"),
])
def test_wrong_questions_about_events_name_the_parameter(shared_relay, query, says):
    status, body = control(shared_relay, "GET", f"/v1/events?{query}")
    assert status == 400 and says in body, body
