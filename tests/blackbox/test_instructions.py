"""Instructions by header: read at submission, told with each event, and never sent on."""
import json
import smtplib

import pytest

LABELLED = (b"From: Shop <shop@example.org>\r\nTo: ann@example.net\r\nSubject: order 7\r\n"
            b"X-MJ-CustomID: order-7\r\nX-MJ-EventPayload: {\"o\":\r\n 7}\r\n"
            b"x-mailjet-CAMPAIGN: spring 2026\r\nX-Mailjet-TrackOpen: 0\r\nX-Mailjet-TrackClick: 0\r\n"
            b"X-MJ-TemplateID: 12\r\nX-MJ-Vars: {\"no\":\r\n\t7}\r\nX-Mailjet-Prio: 1\r\n"
            b"X-Mailjet-DeduplicateCampaign: 1\r\nX-MJ-Mid: abc\r\nX-Mailer: ours\r\n"
            b"X-Postrider-Privacy: off\r\n\r\nhello\r\n")
LABELS = {"campaign": "spring 2026", "custom_id": "order-7", "payload": "{\"o\": 7}"}


def labels_of(event):
    return {name: event.get(name) for name in LABELS}


def test_no_instruction_leaves_and_every_event_has_the_labels(relay, sink):
    sink.answer_recipient("late@example.net", ["451 4.7.1 later", "250 ok"])
    sink.answer_recipient("nobody@example.net", ["550 5.1.1 no such user"])
    relay.submit(to=["ann@example.net", "late@example.net", "nobody@example.net"], message=LABELLED)
    relay.wait_for_event("deferred")
    relay.stop()  # labels are those of the stored message from now on
    relay.start()
    relay.advance("20m")
    relay.wait_for_events("delivered", 2)
    relay.wait_for_event("failed")

    for message in sink.messages:
        names = [name.lower() for name in message.message.keys()]
        assert not [n for n in names if n.startswith(("x-mj-", "x-mailjet-"))]
        assert message["X-Mailer"] == "ours" and message["Subject"] == "order 7"
        assert message.body == b"hello\r\n"
    of_mail = [e for e in relay.events() if e.get("what") != "signed_in"]
    assert {e["type"] for e in of_mail} == {"accepted", "deferred", "delivered", "failed"}
    for event in of_mail:
        assert labels_of(event) == LABELS, event


def test_a_campaign_is_counted_and_found(relay, sink):
    relay.submit(message=LABELLED)
    relay.submit(message=LABELLED.replace(b"spring 2026", b"autumn").replace(b"order-7", b"order-8"))
    relay.wait_for_events("delivered", 2)

    def search(*words):
        return json.loads(relay.cli("message", "search", *words, "--json"))["messages"]

    from waiting import wait_for
    wait_for("both in the index", lambda: len(search()) == 2, explain=relay.explain)
    assert [m["custom_id"] for m in search("--campaign", "spring 2026")] == ["order-7"]
    assert [m["campaign"] for m in search("--custom-id", "order-8")] == ["autumn"]
    assert not search("--campaign", "winter")

    def figures():
        rows = json.loads(relay.cli("stats", "--by", "campaign", "--json"))["rows"]
        return {row["name"]: (row["accepted"], row["delivered"]) for row in rows}
    wait_for("both counted", lambda: figures() == {"spring 2026": (1, 1), "autumn": (1, 1)},
             explain=lambda: figures())


@pytest.mark.parametrize("field, why", [
    ("X-Mailjet-Campaign: a/b", "a/b"),
    ("X-Mailjet-Campaign: " + "a" * 256, "255"),
    ("X-Mailjet-TrackOpen: yes", "neither 0"),
    ("X-MJ-CustomID: a\r\nX-MJ-CustomID: b", "more than once"),
    ("X-MJ-EventPayload: " + "\r\n ".join(["a" * 900] * 10), "8192"),
    ("X-Postrider-Privacy: a bit", "level of privacy"),
])
def test_what_breaks_a_limit_is_refused_with_the_reason(relay, field, why):
    with pytest.raises(smtplib.SMTPDataError) as refused:
        relay.submit(message=f"From: shop@example.org\r\n{field}\r\n\r\nx\r\n".encode())
    assert refused.value.smtp_code == 554
    assert why in refused.value.smtp_error.decode()
    assert field.partition(":")[0] in refused.value.smtp_error.decode()
    assert why in relay.wait_for_event("rejected")["detail"]
