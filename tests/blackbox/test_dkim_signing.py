"""Signatures that we make, judged by verifiers that aren't ours: dkimpy (both algorithms) and opendkim (RSA)."""

import os
import pathlib
import subprocess

import dkim
import pytest

DOMAIN = "example.org"
SELECTORS = {"r1": "rsa", "e1": "ed25519"}
HEADER = (
    b"From: Ann Lee <ann@example.org>\r\nTo: bob@example.net\r\nSubject: order 17\r\n"
    b"Date: Tue, 24 Nov 2026 05:52:12 +0000\r\nMessage-ID: <1@example.org>\r\n"
)

MESSAGES = {
    "plain": HEADER + b"\r\nHello.\r\n",
    "empty body": HEADER + b"\r\n",
    "no body at all": HEADER,
    "body of line ends": HEADER + b"\r\n\r\n\r\n\r\n",
    "body of white space": HEADER + b"\r\n \t\r\n  \r\n",
    "trailing blank lines": HEADER + b"\r\nHello.\r\n\r\n \r\n\t\r\n\r\n",
    "inner blank lines": HEADER + b"\r\n\r\n\r\na\r\n\r\n \r\n\r\nb\r\n",
    "white space": HEADER + b"\r\n  a  b\t\tc \t \r\n\td\r\n e \r\n",
    "long lines": HEADER + b"\r\n" + b"x" * 998 + b"\r\n" + b"y z  " * 199 + b"\r\n",
    "longer than a hash buffer": HEADER + b"\r\n" + b"".join(b"line  %d \r\n" % i for i in range(20000)),
    "eight bit body": HEADER + b"\r\n\xc3\xbc \xa0 \x80\xff  \r\n",
    "eight bit header": HEADER.replace(b"order", "Gr\u00fc\u00dfe".encode()) + b"\r\nHello.\r\n",
    "folded header": HEADER.replace(b"order 17", b"a\r\n \t very \r\n\tlong\r\n   one  ") + b"\r\nHello.\r\n",
    "blank folded line": HEADER.replace(b"order 17", b"a\r\n \r\n b") + b"\r\nHello.\r\n",
    "empty subject": HEADER.replace(b" order 17", b"") + b"\r\nHello.\r\n",
    "names in odd case": HEADER.replace(b"Subject", b"sUBJECT") + b"\r\nHello.\r\n",
    "duplicate fields": b"Received: 1\r\nList-Id: <1>\r\nReferences: <1>\r\n" + HEADER
    + b"References: <2>\r\nReceived: 2\r\nList-Id: <2>\r\nreferences: <3>\r\n\r\nHello.\r\n",
    "multipart": HEADER + b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"b\"\r\n\r\n--b\r\n\r\n"
    b"<p>\r\n    <b>x</b>\r\n</p>\r\n--b--\r\n",
}


@pytest.fixture(scope="module")
def tool():
    """The signing program of the build that is tested, or of the newest one."""
    root = pathlib.Path(os.environ.get("POSTRIDER_BUILD", pathlib.Path(__file__).parents[2] / "build"))
    found = sorted(root.glob("**/tests/tools/sign_message"), key=lambda path: path.stat().st_mtime)
    assert found, f"no sign_message under {root}: build the target sign_message"
    return str(found[-1])


@pytest.fixture(scope="module")
def keys(tool, tmp_path_factory):
    directory = tmp_path_factory.mktemp("keys")
    paths = {}
    for selector, kind in SELECTORS.items():
        paths[selector] = directory / f"{selector}.pem"
        paths[selector].write_bytes(run(tool, "--generate", kind))
    return paths


@pytest.fixture(scope="module")
def records(tool, keys):
    return {selector: run(tool, "--record", str(path)) for selector, path in keys.items()}


def run(*command, stdin=b""):
    return subprocess.run(command, input=stdin, stdout=subprocess.PIPE, check=True, timeout=60).stdout


def sign(tool, keys, message, selectors=tuple(SELECTORS)):
    return run(tool, DOMAIN, *[f"{selector}={keys[selector]}" for selector in selectors], stdin=message)


def verdicts(message, records):
    """What dkimpy says of each signature, the topmost first."""

    def look_up(name, timeout=5):
        selector, _, rest = (name.decode() if isinstance(name, bytes) else name).partition("._domainkey.")
        assert rest.rstrip(".") == DOMAIN
        return records[selector]

    verifier = dkim.DKIM(message)
    count = sum(1 for name, _ in verifier.headers if name.lower() == b"dkim-signature")
    return [verifier.verify(idx=i, dnsfunc=look_up) for i in range(count)]


@pytest.mark.parametrize("name", MESSAGES)
def test_both_signatures_verify(name, tool, keys, records):
    signed = sign(tool, keys, MESSAGES[name])
    assert signed.endswith(MESSAGES[name])
    assert verdicts(signed, records) == [True, True]


@pytest.mark.parametrize("name", MESSAGES)
def test_relays_may_fold_and_pad(name, tool, keys, records):
    signed = sign(tool, keys, MESSAGES[name])
    header, separator, body = signed.partition(b"\r\n\r\n")
    refolded = header.replace(b"Date: Tue, 24", b"date:  Tue,\r\n\t24") + (separator or b"\r\n") + body + b" \r\n\r\n"
    assert verdicts(refolded, records) == [True, True]


@pytest.mark.parametrize(
    "forged",
    [b"From: eve@example.net", b"Subject: other", b"To: x@y", b"Cc: x@y", b"Reply-To: x@y", b"Date: now",
     b"Message-ID: <2>", b"Content-Type: text/html", b"MIME-Version: 2", b"Content-Transfer-Encoding: base64"],
)
@pytest.mark.parametrize("at_top", [True, False])
def test_nothing_can_be_added_that_a_reader_sees(forged, at_top, tool, keys, records):
    signed = sign(tool, keys, MESSAGES["plain"])
    header, separator, body = signed.partition(b"\r\n\r\n")
    added = forged + b"\r\n" + header if at_top else header + b"\r\n" + forged
    assert verdicts(added + separator + body, records) == [False, False]


def test_a_changed_body_is_seen(tool, keys, records):
    signed = sign(tool, keys, MESSAGES["plain"])
    with pytest.raises(dkim.ValidationError):
        verdicts(signed.replace(b"Hello.", b"Hullo."), records)


@pytest.mark.parametrize("name", MESSAGES)
def test_opendkim_agrees(name, tool, keys, records, tmp_path):
    (tmp_path / "keys").write_bytes(b"r1._domainkey." + DOMAIN.encode() + b" " + records["r1"] + b"\n")
    (tmp_path / "conf").write_text(f"TestPublicKeys {tmp_path}/keys\nMode v\nSyslog no\nAlwaysAddARHeader yes\n")
    (tmp_path / "message").write_bytes(sign(tool, keys, MESSAGES[name], ["r1"]))
    done = subprocess.run(["/usr/sbin/opendkim", "-x", tmp_path / "conf", "-vvv", "-t", tmp_path / "message"],
                          capture_output=True, timeout=60)
    assert b"dkim=pass" in done.stdout + done.stderr, done.stdout + done.stderr
