"""SMTP smuggling (CVE-2023-51764 and its kin): what is one message here must be one message everywhere.

Whatever might be taken for the end of the data by somebody, and isn't CRLF.CRLF, is refused with 5xx and
the connection is closed, so that what comes behind it is nobody's command.
"""
import pytest

from raw import Raw
from relay import any_certificate

HEAD = b"From: shop@example.org\r\nSubject: outer\r\n\r\nhello"
SMUGGLED = (b"MAIL FROM:<shop@example.org>\r\nRCPT TO:<ann@example.net>\r\nDATA\r\n"
            b"From: shop@example.org\r\nSubject: smuggled\r\n\r\nsurprise\r\n.\r\n")

ENDINGS = {
    "lf-dot-lf": b"\n.\n",
    "lf-dot-crlf": b"\n.\r\n",
    "crlf-dot-lf": b"\r\n.\n",
    "cr-dot-cr": b"\r.\r",
    "cr-dot-crlf": b"\r.\r\n",
    "crlf-dot-cr": b"\r\n.\r",
    "lf-dot-cr": b"\n.\r",
    "cr-dot-lf": b"\r.\n",
    "crlf-dot-cr-cr-lf": b"\r\n.\r\r\n",
    "cr-crlf-dot-crlf": b"\r\r\n.\r\n",
    "lf-lf-dot-crlf": b"\n\n.\r\n",
    "crlf-dot-lf-cr-lf": b"\r\n.\n\r\n",
}


@pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS.keys())
@pytest.mark.parametrize("split", [False, True], ids=["one-packet", "two-packets"])
def test_no_other_ending_is_taken(shared_relay, raw, ending, split):
    before = len(shared_relay.events(type="accepted"))
    raw.envelope()
    raw.expect(354, "DATA")
    if split:
        raw.send(HEAD + ending[:-1])
        raw.send(ending[-1:] + SMUGGLED)
    else:
        raw.send(HEAD + ending + SMUGGLED)
    codes = raw.replies_to_the_end()
    assert codes and 500 <= codes[0] < 600, codes
    assert all(code >= 400 for code in codes), codes
    assert len(shared_relay.events(type="accepted")) == before


@pytest.mark.parametrize("bare", [b"one\ntwo", b"one\rtwo", b"\n", b"\r"],
                         ids=["lf", "cr", "only-lf", "only-cr"])
def test_bare_line_ends_are_refused_in_bdat_too(shared_relay, raw, bare):
    before = len(shared_relay.events(type="accepted"))
    content = HEAD + b"\r\n" + bare + b"\r\n"
    raw.envelope()
    raw.send(b"BDAT %d LAST\r\n" % len(content) + content)
    code, text = raw.reply()
    assert 500 <= code < 600, text
    assert len(shared_relay.events(type="accepted")) == before


@pytest.mark.parametrize("command", [b"NOOP\n", b"NOOP\r", b"NO\rOP\r\n", b"RSET\nNOOP\r\n"],
                         ids=["lf", "cr", "cr-inside", "lf-between"])
def test_commands_end_in_crlf_only(raw, command):
    raw.send(command + b"NOOP\r\n")
    codes = raw.replies_to_the_end()
    assert codes and all(code >= 400 for code in codes), codes


def test_what_looks_like_an_end_inside_bdat_does_not_escape_on_the_way_out(relay, sink):
    content = HEAD + b"\r\n.\r\n" + SMUGGLED
    with Raw(relay.address()) as raw:
        raw.login(relay.ready["user"], relay.ready["password"])
        raw.envelope()
        raw.send(b"BDAT %d LAST\r\n" % len(content) + content)
        assert raw.reply()[0] == 250
    relay.wait_for_event("delivered")
    relay.submit(subject="after", to="last@example.net")
    sink.wait_for_messages(2)
    assert [m["Subject"] for m in sink.messages] == ["outer", "after"]
    assert sink.messages[0].body == content.partition(b"\r\n\r\n")[2]


def test_commands_pipelined_behind_starttls_end_the_connection(shared_relay):
    """CVE-2011-0411: what was said in the clear must not count as said under TLS."""
    with Raw(shared_relay.address()) as raw:
        raw.expect(250, "EHLO client.example")
        raw.send(b"STARTTLS\r\nMAIL FROM:<shop@example.org>\r\nNOOP\r\n")
        codes = raw.replies_to_the_end()
        assert 250 not in codes, codes


def test_what_is_said_before_tls_is_forgotten(shared_relay):
    with Raw(shared_relay.address()) as raw:
        raw.login(shared_relay.ready["user"], shared_relay.ready["password"])
        raw.expect(220, "STARTTLS")
        raw.socket = any_certificate().wrap_socket(raw.socket)
        raw.file = raw.socket.makefile("rb")
        raw.expect(503, "MAIL FROM:<shop@example.org>")
        raw.expect(250, "EHLO client.example")
        raw.expect(530, "MAIL FROM:<shop@example.org>")


def test_a_client_that_speaks_before_the_greeting_is_not_served(shared_relay):
    """What lies in the buffer before anything was asked counts as errors; it never becomes mail."""
    import socket
    with socket.create_connection(shared_relay.address(), 10) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200\r\n\r\n" + SMUGGLED)
        heard = b""
        try:
            while data := connection.recv(4096):
                heard += data
        except ConnectionResetError:
            pass
    assert b"\r\n250" not in heard and b"\r\n354" not in heard
