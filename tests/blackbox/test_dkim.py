"""Signatures, judged by two verifiers that are not ours: dkimpy and opendkim; both algorithms."""
import re
import subprocess

import dkim
import pytest

ALGORITHMS = ("rsa-sha256", "ed25519-sha256")
FROM = b"From: shop@example.org\r\nTo: ann@example.net\r\n"

MESSAGES = {
    "plain": FROM + b"Subject: order 17\r\n\r\nhello\r\n",
    "empty-body": FROM + b"Subject: empty\r\n\r\n",
    "no-blank-line": FROM + b"Subject: only a header\r\n",
    "trailing-blank-lines": FROM + b"Subject: x\r\n\r\nhello\r\n\r\n\r\n\r\n",
    "only-blank-lines": FROM + b"Subject: x\r\n\r\n\r\n\r\n\r\n",
    "spaces-at-line-ends": FROM + b"Subject: x  \r\n\r\nhello \t \r\n  \t\r\n\there  and   there\r\n \r\n",
    "long-lines": FROM + b"Subject: x\r\n\r\n" + b"a b  c" * 160 + b"\r\n" + b"y" * 990 + b"\r\n",
    "folded-headers": b"From:\r\n The shop\r\n\t<shop@example.org>\r\nTo: ann@example.net,\r\n  bob@example.net\r\n"
                      b"Subject: a\r\n long\r\n\t  subject  \r\nX-Odd:   \r\n\r\nhello\r\n",
    "odd-header-names": b"fROM: shop@example.org\r\nSUBJECT:x\r\nX-A:1\r\nx-a:  2\r\nX-A: 3 \r\n\r\nhello\r\n",
    "eight-bit": FROM + b"Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                 b"Content-Transfer-Encoding: 8bit\r\n\r\n" + "Grüße, schön\r\n".encode(),
    "dots": FROM + b"Subject: x\r\n\r\n.\r\n..\r\n.hidden\r\n...\r\n",
    "many-kilobytes": FROM + b"Subject: x\r\n\r\n" + b"0123456789 abcdef\r\n" * 20_000,
    "signed-before": FROM + b"DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=x; h=from; bh=AAAA; b=BBBB\r\n"
                     b"Subject: x\r\n\r\nhello\r\n",
}


@pytest.fixture(scope="module")
def keys(shared_relay):
    """What the domain is told to publish: {"selector._domainkey.example.org": "v=DKIM1; ..."}."""
    records = shared_relay.dns_records("example.org")
    return {r["name"]: r["value"] for r in records if "._domainkey." in r["name"]}


@pytest.fixture(scope="module")
def arrivals(shared_relay, shared_sink):
    """Each message of the table as it reached the receiver."""
    for name, message in MESSAGES.items():
        options = ["BODY=8BITMIME"] if name == "eight-bit" else []
        shared_relay.submit(to=f"{name}@example.net", message=message, mail_options=options)
    shared_sink.wait_for_messages(len(MESSAGES))
    return {m.recipients[0].partition("@")[0]: m for m in shared_sink.messages}


def signatures_of(data):
    """Tags of our signatures, by algorithm."""
    found = {}
    head = data.partition(b"\r\n\r\n")[0].decode("utf-8", "replace")
    for value in re.findall(r"(?mi)^dkim-signature:((?:.*\r\n)(?:[ \t].*\r\n)*)", head + "\r\n"):
        tags = dict(re.findall(r"(\w+)\s*=\s*([^;]*)", re.sub(r"\s+", "", value)))
        if tags.get("d") == "example.org":
            assert tags["a"] not in found, "two signatures of one kind"
            found[tags["a"]] = tags
    return found


@pytest.mark.parametrize("name", MESSAGES)
def test_dkimpy_verifies_both(keys, arrivals, name):
    def look_up(record, timeout=None):
        return keys.get(record.decode().rstrip("."), "").encode() or None

    data = arrivals[name].data
    assert sorted(signatures_of(data)) == sorted(ALGORITHMS)
    ours = [i for i, value in enumerate(header_values(data)) if b"d=example.org" in re.sub(rb"\s", b"", value)]
    for index in ours:
        assert dkim.DKIM(data).verify(idx=index, dnsfunc=look_up), f"signature {index}"


def header_values(data):
    return [value for name, value in dkim.DKIM(data).headers if name.lower() == b"dkim-signature"]


@pytest.mark.parametrize("name", MESSAGES)
def test_opendkim_verifies_both(keys, arrivals, name, tmp_path):
    assert passed_at_opendkim(arrivals[name].data, keys, tmp_path) == set(ALGORITHMS)


def test_the_verifiers_see_a_changed_message(keys, arrivals, tmp_path):
    """Else the tests above would prove nothing."""
    changed = arrivals["plain"].data.replace(b"hello", b"hellO")
    assert passed_at_opendkim(changed, keys, tmp_path) == set()
    changed = arrivals["plain"].data.replace(b"order 17", b"order 18")
    assert passed_at_opendkim(changed, keys, tmp_path) == set()


def passed_at_opendkim(data, keys, folder):
    (folder / "keys").write_text("".join(f"{name} {value}\n" for name, value in keys.items()))
    (folder / "conf").write_text(f"Mode v\nTestPublicKeys {folder}/keys\nSyslog no\nMaximumHeaders 0\n")
    (folder / "message").write_bytes(data)
    done = subprocess.run(["opendkim", "-x", folder / "conf", "-t", folder / "message", "-vv"],
                          capture_output=True, text=True, errors="replace", timeout=30)
    results = re.findall(r"dkim=(\w+)[^;]*?header\.d=(\S+)[^;]*?header\.a=(\S+)", done.stdout + done.stderr)
    assert results, done.stdout + done.stderr
    return {algorithm for result, domain, algorithm in results if result == "pass" and domain == "example.org"}


def test_what_matters_is_signed_and_can_not_be_added_twice(arrivals):
    for tags in signatures_of(arrivals["plain"].data).values():
        signed = tags["h"].lower().split(":")
        assert tags["c"] == "relaxed/relaxed"
        assert "l" not in tags
        for header in ("from", "subject"):
            assert signed.count(header) >= 2, "not oversigned"
        for header in ("from", "to", "subject", "date", "message-id", "x-postrider-id"):
            assert header in signed


def test_addition_of_a_second_from_breaks_the_signature(keys, arrivals, tmp_path):
    forged = b"From: ceo@example.com\r\n" + arrivals["plain"].data
    assert passed_at_opendkim(forged, keys, tmp_path) == set()
