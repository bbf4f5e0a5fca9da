"""What a listener may be told: whom to trust, what to require, who stands in front of it, how much to bear."""
import base64
import socket
import ssl
import struct
import subprocess
import time

import pytest

from raw import Raw
from relay import any_certificate
from waiting import LIMIT_S

ANYWHERE_LOCAL = "127.0.0.0/8"


def listener(name, **options):
    """--set options for a further listener on a free port."""
    options = {"listen": '["127.0.0.1:0"]'} | options
    text = ", ".join(f"{key}={value}" for key, value in options.items())
    return ["--set", f"listener.{name}={{{text}}}"]


def deliver(raw, subject):
    raw.envelope()
    raw.expect(354, "DATA")
    raw.expect(250, f"From: shop@example.org\r\nSubject: {subject}\r\n\r\nx\r\n.")


def test_trusted_network_relays_without_a_password_but_only_as_its_account(start_relay, sink):
    relay = start_relay(*listener("inside", tls='"none"', auth_required="false",
                                  trusted=f'{{"{ANYWHERE_LOCAL}"="sandbox"}}'), routes=[f"*={sink.route}"])
    with Raw(relay.address("inside")) as raw:
        raw.expect(250, "EHLO host.example")
        deliver(raw, "from inside")
        raw.envelope()
        raw.expect(354, "DATA")
        code, _ = raw.say("From: me@example.com\r\nSubject: x\r\n\r\nx\r\n.")
        assert 500 <= code < 600
    assert sink.wait_for_message()["Subject"] == "from inside"


def test_sandbox_asks_for_no_password_where_it_is_told_so(start_relay, sink):
    relay = start_relay("--set", "listener.smtp.auth_required=false", routes=[f"*={sink.route}"])
    with Raw(relay.address()) as raw:
        raw.expect(250, "EHLO host.example")
        deliver(raw, "no password")
    assert sink.wait_for_message()["Subject"] == "no password"


def test_listener_that_asks_for_tls_takes_nothing_in_the_clear(start_relay):
    relay = start_relay(*listener("strict", tls_required="true"))
    with Raw(relay.address("strict")) as raw:
        assert "AUTH" not in raw.say("EHLO client.example")[1]
        raw.expect(530, "MAIL FROM:<shop@example.org>")


def test_listener_without_auth_in_clear_offers_it_behind_tls_only(start_relay):
    relay = start_relay(*listener("usual"))
    with Raw(relay.address("usual")) as raw:
        assert "AUTH" not in raw.say("EHLO client.example")[1]
        code, _ = raw.say("AUTH PLAIN AGEAYg==")
        assert code in (538, 502, 503)
        raw.expect(220, "STARTTLS")
        raw.socket = any_certificate().wrap_socket(raw.socket)
        raw.file = raw.socket.makefile("rb")
        assert "AUTH" in raw.say("EHLO client.example")[1]


@pytest.fixture
def proxied(start_relay, sink):
    return start_relay(*listener("proxied", proxy_from=f'["{ANYWHERE_LOCAL}"]', auth_in_clear="true"),
                       routes=[f"*={sink.route}"])


def connect_through_proxy(relay, header):
    """A raw session behind a PROXY header, which comes before the greeting."""
    class Proxied(Raw):
        def reply(self):
            if not hasattr(self, "greeted"):
                self.greeted = True
                self.send(header)
            return super().reply()
    return Proxied(relay.address("proxied"))


V2 = b"\r\n\r\n\0\r\nQUIT\n" + b"\x21\x11" + struct.pack("!H", 12) + socket.inet_aton("203.0.113.7") + \
    socket.inet_aton("198.51.100.1") + struct.pack("!HH", 4711, 25)


@pytest.mark.parametrize("header", [b"PROXY TCP4 203.0.113.7 198.51.100.1 4711 25\r\n", V2], ids=["v1", "v2"])
def test_client_behind_a_proxy_is_the_one_that_counts(proxied, sink, header):
    with connect_through_proxy(proxied, header) as raw:
        raw.login(proxied.ready["user"], proxied.ready["password"])
        deliver(raw, "through the proxy")
    assert "203.0.113.7" in sink.wait_for_message()["Received"]
    assert proxied.wait_for_event("accepted")["client"].startswith("203.0.113.7")


@pytest.mark.parametrize("header", [b"EHLO client.example\r\n", b"PROXY TCP4 not an address\r\n",
                                    b"PROXY " + b"x" * 300 + b"\r\n", V2[:12] + b"\x31" + V2[13:]],
                         ids=["none", "malformed", "too-long", "wrong-version"])
def test_without_a_right_proxy_header_nobody_is_served(proxied, header):
    with connect_through_proxy(proxied, header) as raw:
        assert raw.greeting[0] in (0, 421, 554)


def test_proxy_header_is_no_command_elsewhere(proxied):
    with Raw(proxied.address()) as raw:
        code, _ = raw.say("PROXY TCP4 203.0.113.7 198.51.100.1 4711 25")
        assert code >= 500


def test_xclient_names_the_client(start_relay, sink):
    relay = start_relay(*listener("front", xclient_from=f'["{ANYWHERE_LOCAL}"]', auth_in_clear="true"),
                        routes=[f"*={sink.route}"])
    with Raw(relay.address("front")) as raw:
        assert "XCLIENT" in raw.say("EHLO proxy.example")[1]
        raw.expect(220, "XCLIENT ADDR=203.0.113.9 NAME=[UNAVAILABLE]")
        raw.login(relay.ready["user"], relay.ready["password"])
        deliver(raw, "xclient")
    assert "203.0.113.9" in sink.wait_for_message()["Received"]


def test_repeated_wrong_passwords_are_refused_even_when_right(start_relay):
    relay = start_relay("--set", "auth.failures_by_user_max=3", "--set", "auth.failures_by_address_max=3")
    codes = []
    for _ in range(4):
        with Raw(relay.address()) as raw:
            raw.expect(250, "EHLO client.example")
            codes.append(raw.say("AUTH PLAIN AHUAd3Jvbmctd3Jvbmc=")[0])  # u, wrong-wrong
    assert codes[:3] == [535] * 3
    assert codes[3] in (421, 454, 535)
    with Raw(relay.address()) as raw:
        raw.expect(250, "EHLO client.example")
        token = base64.b64encode(f"\0{relay.ready['user']}\0{relay.ready['password']}".encode()).decode()
        code, text = raw.say(f"AUTH PLAIN {token}")
        assert code != 235, text


def test_sessions_of_one_address_are_limited(start_relay):
    relay = start_relay("--set", "limits.sessions_per_address_max=2")
    with Raw(relay.address()) as one, Raw(relay.address()) as two, Raw(relay.address()) as three:
        assert (one.greeting[0], two.greeting[0], three.greeting[0]) == (220, 220, 421)
        one.expect(221, "QUIT")
        assert one.reply() == (0, "")


def proxy_header(client):
    return f"PROXY TCP4 {client} 198.51.100.1 4711 25\r\n".encode()


def test_sessions_behind_a_proxy_count_for_its_client(start_relay):
    relay = start_relay(*listener("proxied", proxy_from=f'["{ANYWHERE_LOCAL}"]'),
                        "--set", "limits.sessions_per_address_max=2")
    clients = ["203.0.113.7", "203.0.113.8", "203.0.113.9", "203.0.113.7"]
    raws = [connect_through_proxy(relay, proxy_header(client)) for client in clients]
    assert [raw.greeting[0] for raw in raws] == [220] * 4
    with connect_through_proxy(relay, proxy_header("203.0.113.7")) as third:
        assert third.greeting[0] == 421 and "your address" in third.greeting[1]
    for raw in raws:
        raw.socket.close()


def first_bytes(connection):
    try:
        return connection.recv(100)
    except ConnectionError:
        return b""


def test_connections_above_the_limit_are_told_so_while_it_is_cheap(start_relay):
    relay = start_relay("--set", "limits.sessions_max=1")
    with Raw(relay.address()) as raw:
        assert raw.greeting[0] == 220
        with socket.create_connection(relay.address("smtps"), LIMIT_S) as implicit:
            assert first_bytes(implicit) == b"", "no handshake for a refusal"
        for _ in range(10):  # a refused one stays for a second at most: on a slow machine 300 may not overlap
            crowd = [socket.create_connection(relay.address(), LIMIT_S) for _ in range(300)]
            said = [first_bytes(connection)[:3] for connection in crowd]
            for connection in crowd:
                connection.close()
            if b"" in said:
                break
        assert set(said) == {b"421", b""}
        raw.expect(250, "NOOP")


def test_when_it_is_crowded_who_is_idle_makes_room(start_relay, sink):
    relay = start_relay("--set", "threads=1", "--set", "limits.sessions_max=10", "--set",
                        "limits.idle_when_crowded=10ms", routes=[f"*={sink.route}"])
    busy = Raw(relay.address())
    busy.login(relay.ready["user"], relay.ready["password"])
    busy.envelope()
    busy.expect(354, "DATA")
    busy.send("From: shop@example.org\r\n\r\n")
    idle = [Raw(relay.address()) for _ in range(8)]
    later = []
    for _ in range(20):
        time.sleep(0.02)  # it is silence that is measured
        busy.send("x\r\n")  # in the middle of a message, it is not idle
        later.append(Raw(relay.address()))
        assert later[-1].greeting[0] == 220
    assert all(first_bytes(raw.socket)[:3] == b"421" for raw in idle)
    busy.expect(250, ".")
    for raw in [busy, *idle, *later]:
        raw.socket.close()


def test_message_above_the_limit_is_refused_at_mail_and_at_the_end(start_relay):
    relay = start_relay("--set", 'listener.smtp.message_size_max="64KiB"')
    with Raw(relay.address()) as raw:
        raw.login(relay.ready["user"], relay.ready["password"])
        raw.expect(552, "MAIL FROM:<shop@example.org> SIZE=70000")
        raw.envelope()
        raw.expect(354, "DATA")
        lines = ("x" * 98 + "\r\n") * 800
        code, text = raw.say(f"From: shop@example.org\r\nSubject: x\r\n\r\n{lines}.")
        assert code == 552 and text.startswith("5.3.4")
        raw.expect(250, "NOOP")


def test_silent_client_is_sent_away(start_relay):
    relay = start_relay("--set", 'limits.timeouts.command="300ms"')
    with Raw(relay.address()) as raw:
        assert raw.reply()[0] == 421
        assert raw.reply() == (0, "")


def make_certificate(folder, name):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-subj", f"/CN={name}", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
                   check=True, capture_output=True)


def shown_certificate(relay):
    context = any_certificate()
    with socket.create_connection(relay.address("smtps"), LIMIT_S) as plain:
        with context.wrap_socket(plain) as tls:
            return ssl.DER_cert_to_PEM_cert(tls.getpeercert(binary_form=True))


def test_renewed_certificate_is_shown_without_a_restart(start_relay, tmp_path):
    make_certificate(tmp_path, "first.example")
    relay = start_relay("--set", f'tls.certificate="{tmp_path}/cert.pem"', "--set", f'tls.key="{tmp_path}/key.pem"')
    first = shown_certificate(relay)
    assert first.strip() == (tmp_path / "cert.pem").read_text().strip()
    make_certificate(tmp_path, "second.example")
    relay.cli("reload")
    assert shown_certificate(relay).strip() == (tmp_path / "cert.pem").read_text().strip() != first.strip()
