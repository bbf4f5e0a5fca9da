"""Clients as customers have them: swaks, Python's smtplib, nodemailer; and BDAT, which none of them speaks."""
import json
import pathlib
import smtplib
import subprocess

import pytest

from raw import Raw
from relay import any_certificate
from waiting import LIMIT_S

SENDER = "shop@example.org"


def swaks(relay, *options, listener="smtp", to="ann@example.net", login=True):
    host, port = relay.address(listener)
    command = ["swaks", "--server", host, "--port", str(port), "--helo", "client.example", "--from",
               SENDER, "--to", to, "--header", "Subject: by swaks", "--timeout", str(LIMIT_S)]
    if login:
        command += ["--auth-user", relay.ready["user"], "--auth-password", relay.ready["password"]]
    return subprocess.run([*command, *options], capture_output=True, text=True, timeout=LIMIT_S)


@pytest.mark.parametrize("options", [
    pytest.param(["--auth", "PLAIN"], id="plain"),
    pytest.param(["--auth", "LOGIN"], id="login"),
    pytest.param(["--auth", "PLAIN", "--tls"], id="starttls-plain"),
    pytest.param(["--auth", "LOGIN", "--tls"], id="starttls-login"),
    pytest.param(["--auth", "PLAIN", "--pipeline"], id="pipelined"),
    pytest.param(["--auth", "PLAIN", "--tls", "--pipeline"], id="starttls-pipelined"),
])
def test_swaks(relay, sink, options):
    done = swaks(relay, *options)
    assert done.returncode == 0, done.stdout + done.stderr
    assert sink.wait_for_message()["Subject"] == "by swaks"


def test_swaks_by_implicit_tls(relay, sink):
    done = swaks(relay, "--auth", "PLAIN", "--tls-on-connect", listener="smtps")
    assert done.returncode == 0, done.stdout + done.stderr
    assert sink.wait_for_message()["Subject"] == "by swaks"


def test_swaks_without_a_password_is_refused(relay):
    done = swaks(relay, login=False)
    assert done.returncode != 0
    assert "530 5.7.0" in done.stdout


def test_swaks_with_a_wrong_password_is_refused(relay):
    done = swaks(relay, "--auth", "PLAIN", "--auth-user", relay.ready["user"], "--auth-password",
                 "not-the-password", login=False)
    assert done.returncode != 0
    assert "535 5.7.8" in done.stdout


def test_smtplib_by_starttls(relay, sink):
    with relay.client(tls=True) as client:
        client.sendmail(SENDER, ["ann@example.net"], f"From: {SENDER}\r\nSubject: one\r\n\r\nhello\r\n")
        client.sendmail(SENDER, ["bob@example.net"], f"From: {SENDER}\r\nSubject: two\r\n\r\nhello\r\n")
    subjects = {m["Subject"] for m in sink.wait_for_messages(2)}
    assert subjects == {"one", "two"}


def test_smtplib_by_implicit_tls(relay, sink):
    with smtplib.SMTP_SSL(*relay.address("smtps"), timeout=LIMIT_S, context=any_certificate()) as client:
        client.login(relay.ready["user"], relay.ready["password"])
        client.sendmail(SENDER, ["ann@example.net"], f"From: {SENDER}\r\nSubject: tls\r\n\r\nhello\r\n")
    assert sink.wait_for_message()["Subject"] == "tls"


def test_everything_that_was_promised_is_offered(relay):
    with relay.client(login=False) as client:
        offered = set(client.esmtp_features)
        assert {"pipelining", "size", "8bitmime", "smtputf8", "chunking", "enhancedstatuscodes",
                "starttls", "auth", "dsn", "limits"} <= offered
        assert {"PLAIN", "LOGIN"} <= set(client.esmtp_features["auth"].split())
        client.starttls(context=any_certificate())
        client.ehlo()
        assert "starttls" not in client.esmtp_features


def test_one_message_for_many_recipients(relay, sink):
    recipients = [f"reader{i}@example.net" for i in range(30)]
    relay.submit(to=recipients, subject="news")
    sink.wait_for_messages(30)
    assert sorted(r for m in sink.messages for r in m.recipients) == sorted(recipients)


def test_smtputf8_addresses_and_headers_arrive_as_they_are(relay, sink):
    message = f"From: {SENDER}\r\nTo: jürgen@bücher.example\r\nSubject: Grüße\r\n\r\nschön\r\n".encode()
    with relay.client() as client:
        client.sendmail(SENDER, ["jürgen@bücher.example"], message, ["SMTPUTF8", "BODY=8BITMIME"])
    arrival = sink.wait_for_message()
    assert "SMTPUTF8" in arrival.mail
    assert "Subject: Grüße".encode() in arrival.data
    assert arrival.recipients[0] in ("jürgen@xn--bcher-kva.example", "jürgen@bücher.example")


def nodemailer(transport, message):
    script = pathlib.Path(__file__).with_name("nodemailer.js")
    done = subprocess.run(["node", script], input=json.dumps({"transport": transport, "message": message}),
                          capture_output=True, text=True, timeout=LIMIT_S)
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


def nodemailer_transport(relay, listener="smtp", **more):
    host, port = relay.address(listener)
    login = {"user": relay.ready["user"], "pass": relay.ready["password"]}
    return {"host": host, "port": port, "auth": login, **more}


@pytest.mark.parametrize("listener, more", [
    pytest.param("smtp", {"requireTLS": True}, id="starttls"),
    pytest.param("smtp", {"ignoreTLS": True}, id="in-the-clear"),
    pytest.param("smtps", {"secure": True}, id="implicit-tls"),
    pytest.param("smtp", {"requireTLS": True, "authMethod": "LOGIN"}, id="login"),
    pytest.param("smtp", {"requireTLS": True, "pool": True}, id="pooled"),
])
def test_nodemailer(relay, sink, listener, more):
    message = {"from": SENDER, "to": "Ann <ann@example.net>", "subject": "Ça va?", "text": "hello",
               "html": "<p>hello</p>",
               "attachments": [{"filename": "räumung.txt", "content": "x" * 5000}]}
    result = nodemailer(nodemailer_transport(relay, listener, **more), message)
    assert result.get("response", "").startswith("250"), result
    arrival = sink.wait_for_message()
    assert arrival["Subject"] == "Ça va?"
    assert arrival["Message-ID"] == result["messageId"]
    assert [p.get_filename() for p in arrival.message.iter_attachments()] == ["räumung.txt"]


def test_nodemailer_hears_why_it_was_refused(relay):
    message = {"from": "me@example.com", "to": "ann@example.net", "subject": "x", "text": "x"}
    result = nodemailer(nodemailer_transport(relay), message)
    assert 500 <= result["code"] < 600


@pytest.mark.parametrize("cut", [None, 1, 7, 100], ids=lambda cut: f"chunks-of-{cut or 'all'}")
def test_bdat(relay, sink, cut):
    content = (f"From: {SENDER}\r\nSubject: in chunks\r\n\r\n" + "hello\r\n.\r\n..\r\n" * 20).encode()
    with Raw(relay.address()) as raw:
        raw.login(relay.ready["user"], relay.ready["password"])
        raw.envelope()
        size = cut or len(content)
        chunks = [content[i:i + size] for i in range(0, len(content), size)]
        for chunk in chunks[:-1]:
            raw.send(b"BDAT %d\r\n" % len(chunk) + chunk)
            assert raw.reply()[0] == 250
        raw.send(b"BDAT %d LAST\r\n" % len(chunks[-1]) + chunks[-1])
        assert raw.reply()[0] == 250
        raw.expect(221, "QUIT")
    assert sink.wait_for_message().body == content.partition(b"\r\n\r\n")[2]


def test_everything_in_one_packet(relay, sink):
    """RFC 2920: MAIL, RCPT and DATA may be grouped, and what follows the dot as well."""
    with Raw(relay.address()) as raw:
        raw.login(relay.ready["user"], relay.ready["password"])
        raw.send(f"MAIL FROM:<{SENDER}>\r\nRCPT TO:<ann@example.net>\r\nDATA\r\n")
        assert [raw.reply()[0] for _ in range(3)] == [250, 250, 354]
        raw.send(f"From: {SENDER}\r\nSubject: one\r\n\r\nhello\r\n.\r\n"
                 f"MAIL FROM:<{SENDER}>\r\nRCPT TO:<bob@example.net>\r\nDATA\r\n")
        assert [raw.reply()[0] for _ in range(4)] == [250, 250, 250, 354]
        raw.send(f"From: {SENDER}\r\nSubject: two\r\n\r\nhello\r\n.\r\nQUIT\r\n")
        assert [raw.reply()[0] for _ in range(2)] == [250, 221]
    assert {m["Subject"] for m in sink.wait_for_messages(2)} == {"one", "two"}


def test_ten_megabytes_arrive_byte_for_byte(relay, sink):
    body = b"".join(b"%07d %s\r\n" % (i, b"." * (i % 70)) for i in range(220_000))
    relay.submit(message=f"From: {SENDER}\r\nSubject: big\r\n\r\n".encode() + body)
    assert sink.wait_for_message().body == body
