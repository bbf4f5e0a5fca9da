"""The schema of an event: served by the binary, printed in docs/events.md, true of real events."""
import datetime
import json
import re
import subprocess

from raw_http import control
from relay import BINARY, ROOT
from waiting import LIMIT_S


def schema():
    done = subprocess.run([BINARY, "events", "--schema"], capture_output=True, text=True, timeout=LIMIT_S)
    assert done.returncode == 0, done.stderr
    return done.stdout


def assert_holds(schema, event):
    """What this schema uses of JSON Schema; and a field that it does not name is a mistake here."""
    for name in schema["required"]:
        assert name in event, f"{name} is missing: {event}"
    for name, value in event.items():
        rules = schema["properties"][name]
        if rules["type"] == "integer":
            assert type(value) is int and rules["minimum"] <= value < 2 ** 53, (name, value)
        else:
            assert rules["type"] == "string" and type(value) is str, (name, value)
            assert value in rules.get("enum", [value]), (name, value)
        if rules.get("format") == "date-time":
            datetime.datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%fZ")


def test_documentation_and_control_api_have_the_schema_of_the_binary(shared_relay):
    printed = schema()
    json.loads(printed)
    assert f"```json\n{printed}```" in (ROOT / "docs/events.md").read_text()
    assert control(shared_relay, "GET", "/v1/events/schema") == (200, printed)


def test_every_field_and_type_is_explained_in_the_documentation():
    text = (ROOT / "docs/events.md").read_text()
    properties = json.loads(schema())["properties"]
    for name in [*properties, *properties["type"]["enum"]]:
        assert f"| `{name}` |" in text, name


def test_every_operational_event_has_a_word_that_is_explained():
    """By the source: where one is made, its word is given, and the documents have a row for it."""
    text = (ROOT / "docs/events.md").read_text()
    words = set()
    for source in (ROOT / "src").rglob("*.cc"):
        code = source.read_text()
        for made in re.finditer(r"(\w+)\.type = (?:events::)?Type::operational;", code):
            given = re.search(rf"\b{made[1]}\.what = (.*?);", code[made.end():made.end() + 800], re.S)
            assert given, f"{source.name}: an operational event without `what`"
            words |= set(re.findall(r'"([a-z_]+)"', given[1]))
    assert len(words) > 12
    for word in words - {"webhook_"}:  # its state follows
        assert f"`{word}`" in text, word


def test_real_events_hold_it(relay, sink):
    sink.answer_recipient("late@example.net", ["451 4.7.1 later"])
    sink.answer_recipient("nobody@example.net", ["550 5.1.1 no such user"])
    relay.submit(to=["ann@example.net", "late@example.net", "nobody@example.net"])
    relay.wait_for_event("delivered")
    relay.wait_for_event("deferred")
    relay.wait_for_event("failed")
    with relay.client() as client:
        client.sendmail("shop@example.org", "ann@example.net", "From: shop@example.org\r\n\r\nhello\r\n")
        code, _ = client.docmd("MAIL", "FROM:<shop@elsewhere.example>")
        assert code == 550 or client.docmd("RCPT", "TO:<ann@example.net>")
    relay.advance("30d")
    relay.wait_for_event("expired")
    types, wanted = set(), json.loads(schema())
    for event in relay.events():
        assert_holds(wanted, event)
        types.add(event["type"])
    assert {"accepted", "delivered", "deferred", "failed", "expired"} <= types
