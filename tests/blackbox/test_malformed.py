"""Malformed and misplaced commands, each answered by the right code; the session goes on where it may."""
import pytest

MAIL = "MAIL FROM:<shop@example.org>"
RCPT = "RCPT TO:<ann@example.net>"
LONG_LOCAL = "a" * 65
LONG_LABEL = "a" * 64

# name: (commands before, command, codes that are right)
TABLE = {
    "unknown-command": ([], "XYZZY", {500}),
    "empty-line": ([], "", {500}),
    "ehlo-without-a-name": ([], "EHLO", {501}),
    "mail-without-brackets": ([], "MAIL FROM:shop@example.org", {501}),
    "mail-without-closing-bracket": ([], "MAIL FROM:<shop@example.org", {501}),
    "mail-without-from": ([], "MAIL <shop@example.org>", {501}),
    "mail-with-to": ([], "MAIL TO:<shop@example.org>", {501}),
    "mail-without-an-argument": ([], "MAIL", {501}),
    "mail-without-a-domain": ([], "MAIL FROM:<shop>", {501, 553}),
    "mail-with-two-ats": ([], "MAIL FROM:<a@b@example.org>", {501, 553}),
    "mail-with-a-space": ([], "MAIL FROM:<sh op@example.org>", {501, 553}),
    "mail-with-two-dots": ([], "MAIL FROM:<a..b@example.org>", {501, 553}),
    "mail-in-utf8-unannounced": ([], "MAIL FROM:<jürgen@example.org>", {501, 550, 553}),
    "mail-with-an-unknown-parameter": ([], MAIL + " FOO=1", {555}),
    "mail-with-a-size-that-is-no-number": ([], MAIL + " SIZE=much", {501}),
    "mail-with-an-unknown-body": ([], MAIL + " BODY=9BIT", {501}),
    "mail-with-a-parameter-twice": ([], MAIL + " SIZE=1 SIZE=2", {501, 555}),
    "mail-with-an-unknown-ret": ([], MAIL + " RET=HALF", {501}),
    "mail-that-is-too-big": ([], MAIL + " SIZE=99999999999", {552}),
    "mail-twice": ([MAIL], MAIL, {503}),
    "rcpt-before-mail": ([], RCPT, {503}),
    "rcpt-without-brackets": ([MAIL], "RCPT TO:ann@example.net", {501}),
    "rcpt-of-the-null-path": ([MAIL], "RCPT TO:<>", {501, 553}),
    "rcpt-with-an-impossible-domain": ([MAIL], "RCPT TO:<ann@-example-.net>", {501, 553}),
    "rcpt-with-a-long-local-part": ([MAIL], f"RCPT TO:<{LONG_LOCAL}@example.net>", {501, 553}),
    "rcpt-with-a-long-label": ([MAIL], f"RCPT TO:<ann@{LONG_LABEL}.net>", {501, 553}),
    "rcpt-with-a-bad-literal": ([MAIL], "RCPT TO:<ann@[300.1.2.3]>", {501, 553}),
    "rcpt-with-an-unknown-parameter": ([MAIL], RCPT + " FOO=1", {555}),
    "rcpt-with-notify-never-and-more": ([MAIL], RCPT + " NOTIFY=NEVER,FAILURE", {501}),
    "rcpt-with-bad-xtext": ([MAIL], RCPT + " ORCPT=rfc822;a+b", {501}),
    "data-before-mail": ([], "DATA", {503}),
    "data-without-recipients": ([MAIL], "DATA", {503, 554}),
    "data-with-an-argument": ([MAIL, RCPT], "DATA now", {501}),
    "bdat-before-mail": ([], "BDAT 0 LAST", {503}),
    "starttls-with-an-argument": ([], "STARTTLS now", {501}),
    "auth-again": ([], "AUTH PLAIN AGEAYg==", {503}),
    "auth-in-a-transaction": ([MAIL], "AUTH PLAIN AGEAYg==", {503}),
    "expn": ([], "EXPN staff", {502, 550}),
    "command-that-is-too-long": ([], "NOOP " + "x" * 5000, {500}),
    "mail-that-is-too-long": ([], f"MAIL FROM:<{'a' * 4000}@example.org>", {500, 501}),
}


@pytest.mark.parametrize("before, command, codes", TABLE.values(), ids=TABLE.keys())
def test_refused_with_the_right_code_and_the_session_goes_on(raw, before, command, codes):
    for line in before:
        raw.expect(250, line)
    code, text = raw.say(command)
    assert code in codes, f"{code} {text}"
    # An enhanced code of the same class (RFC 2034).
    assert text.startswith(f"{code // 100}."), text
    raw.expect(250, "RSET")
    raw.expect(250, MAIL)


@pytest.mark.parametrize("command, code", [("NOOP", 250), ("NOOP with words", 250), ("RSET", 250),
                                           ("HELP", 214), ("VRFY ann@example.net", 252),
                                           ("EHLO [127.0.0.1]", 250), ("HELO client.example", 250)])
def test_harmless_commands(raw, command, code):
    raw.expect(code, command)


@pytest.mark.parametrize("path", [
    "<@relay.example,@other.example:ann@example.net>", '<"ann smith"@example.net>',
    '<"a\\"b"@example.net>', "<a+b=c@example.net>",
    "<Ann.O'Hara@EXAMPLE.net>", "<postmaster@example.net>",
], ids=["source-route", "quoted", "quoted-pair", "tag", "apostrophe", "case"])
def test_unusual_addresses_are_addresses(raw, path):
    raw.expect(250, MAIL)
    raw.expect(250, f"RCPT TO:{path}")


@pytest.mark.parametrize("path", ["<ann@[192.0.2.1]>", "<ann@[IPv6:2001:db8::1]>"])
def test_address_literals_are_understood_and_refused_by_policy(raw, path):
    raw.expect(250, MAIL)
    assert raw.expect(550, f"RCPT TO:{path}").startswith("5.1.2")


def test_lower_case_and_spaces_are_forgiven(raw):
    raw.expect(250, "mail from:<shop@example.org>")
    raw.expect(250, "rcpt to:<ann@example.net>")


def test_budget_of_errors_ends_in_421(raw):
    codes = []
    for _ in range(200):
        code, _ = raw.say("XYZZY")
        codes.append(code)
        if code != 500:
            break
    assert codes[-1] == 421 and set(codes[:-1]) == {500}
    assert raw.reply() == (0, "")


def test_recipients_above_the_limit_are_put_off_and_the_others_kept(shared_relay, raw):
    limit = next(line for line in raw.say("EHLO client.example")[1].split("\n") if "LIMITS" in line)
    most = int(limit.partition("RCPTMAX=")[2].split()[0])
    raw.expect(250, MAIL)
    raw.send("".join(f"RCPT TO:<r{i}@example.net>\r\n" for i in range(most + 1)))
    codes = [raw.reply()[0] for _ in range(most + 1)]
    assert codes == [250] * most + [452]


def test_received_loop_is_refused(raw):
    hops = "Received: from a.example by b.example; Tue, 24 Nov 2026 06:00:00 +0000\r\n" * 120
    raw.envelope()
    raw.expect(354, "DATA")
    code, text = raw.say(f"{hops}From: shop@example.org\r\nSubject: loop\r\n\r\nx\r\n.")
    assert code == 554 and text.startswith("5.4.6"), text


def test_vrfy_and_expn_tell_nothing(raw):
    for address in ("ann@example.net", "nobody@example.net", "shop@example.org"):
        assert raw.say(f"VRFY {address}")[0] == 252
