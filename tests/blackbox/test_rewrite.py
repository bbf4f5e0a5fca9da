"""Rewritten pages and mails, judged by parsers that aren't ours: html5lib, Python's email, dkimpy."""
import email.message
import email.policy
import json
import os
import pathlib
import subprocess

import pytest

import rewriting
from relay import BINARY, ROOT
from test_dkim_signing import keys, records, sign, tool, verdicts  # noqa: F401 (fixtures)

CORPUS = ROOT.parent / "shared" / "corpus"
if not CORPUS.exists():
    CORPUS = ROOT.parents[1] / "shared" / "corpus"
needs_corpus = pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not beside the tree")

HREFS = ["https://shop.example/a?b=1&c=2#top", "http://x.example/?copy=2", "mailto:ann@example.org", "#top",
         "https://x.example/ä?ö=ü", "{{unsubscribe}}", "tel:+123", "/relative", "https://x.example/a=b==c"]
WANTED = [href.replace("/ä?", "/%C3%A4?") for href in HREFS]


def page_of(letters):
    rows = "".join(f'<tr><td style="color: #333333; padding: 8px">{letters * 20}<a class="b"\n href="'
                   f'{href.replace("&", "&amp;")}">{letters}</a></td></tr>\n' for href in HREFS)
    return f"<!DOCTYPE html><html><body><!-- {letters} --><table>{rows}</table>{letters}</body></html>\n"


def coded(letters, charset):
    """Letters in a query as browsers send them from a page of that charset (URL standard, 1.3)."""
    encoding = "utf-8" if charset.startswith("utf") else charset
    return "".join(chr(byte) if 0x20 < byte < 0x7F and byte not in b"\"#<>'" else f"%{byte:02X}"
                   for byte in letters.encode(encoding))


def query_in(charset):
    """The one target whose query has letters beyond ASCII."""
    return f"https://x.example/%C3%A4?{coded('ö', charset)}={coded('ü', charset)}"


MAILS = [("utf-8", "quoted-printable", "über"), ("utf-8", "base64", "über"), ("utf-8", "8bit", "über"),
         ("iso-8859-1", "quoted-printable", "über"), ("windows-1252", "8bit", "€ über"),
         ("iso-8859-15", "base64", "€ über"), ("utf-16", "base64", "über"), ("utf-16-be", "base64", "über"),
         ("gb18030", "8bit", "你好世界äöü"), ("gb18030", "base64", "你好世界äöü")]
ASIAN = [("iso-2022-jp", "7bit", "表紙能力"), ("iso-2022-jp", "base64", "表紙能力"),
         ("shift_jis", "8bit", "表紙能力"), ("shift_jis", "quoted-printable", "表紙能力"),
         ("big5", "base64", "功能許可"), ("euc-kr", "8bit", "안녕하세요"), ("euc-jp", "8bit", "表紙能力")]


def mail_of(page, charset, encoding, line_end=b"\r\n"):
    body = page.encode(charset)
    if encoding == "base64":
        body = __import__("base64").encodebytes(body)
    elif encoding == "quoted-printable":
        body = __import__("quopri").encodestring(body)
    head = (b"From: shop@example.org\nTo: ann@example.net\nSubject: order 17\nDate: Tue, 24 Nov 2026 05:52:12 +0000\n"
            b"Message-ID: <1@example.org>\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"=_b\"\n\n"
            b"--=_b\nContent-Type: text/plain; charset=us-ascii\n\nhttps://x.example/\n"
            b"--=_b\nContent-Type: text/html; charset=%s\nContent-Transfer-Encoding: %s\n\n"
            % (charset.encode(), encoding.encode()))
    tail = (b"\n--=_b\nContent-Type: text/html\nContent-Disposition: attachment\n\n<a href=\"https://x.example/\">\n"
            b"--=_b--\n")
    return (head + body.replace(b"\r\n", b"\n") + tail).replace(b"\n", line_end)


def judge_mail(tmp_path, message, wanted, index=1):
    """Rewritten, the HTML part number `index` has the same links and all else is as it was."""
    copy, report = rewriting.rewrite_bytes(tmp_path, message)
    assert report["untouched"] == ""
    before, after = rewriting.leaves(message), rewriting.leaves(copy)
    assert [part.items() for part in after] == [part.items() for part in before]
    for i, (old, new) in enumerate(zip(before, after, strict=True)):
        if i != index:
            assert new.get_payload() == old.get_payload()
    page = rewriting.html_of(after[index])
    assert rewriting.followed(page, report) == wanted
    assert rewriting.skeleton(page) == rewriting.skeleton(rewriting.html_of(before[index]))
    assert max(len(line) for line in copy.split(b"\n")) <= max(999, *(len(line) for line in message.split(b"\n")))
    again, _ = rewriting.rewrite_bytes(tmp_path, copy)
    assert again == copy
    return copy


@pytest.mark.parametrize("charset, encoding, letters", MAILS)
@pytest.mark.parametrize("line_end", [b"\r\n", b"\n"], ids=["crlf", "lf"])
def test_every_charset_and_encoding(tmp_path, charset, encoding, letters, line_end):
    message = mail_of(page_of(letters), charset, encoding, line_end)
    judge_mail(tmp_path, message, [query_in(charset) if "ö" in href else href for href in WANTED])


@pytest.mark.parametrize("charset, encoding, letters", ASIAN)
def test_charsets_of_two_bytes(tmp_path, charset, encoding, letters):
    page = page_of(letters).replace("ä?ö=ü", "a?b=" + letters[:1])
    wanted = ["https://x.example/a?b=" + coded(letters[:1], charset) if "ö" in href else href for href in WANTED]
    judge_mail(tmp_path, mail_of(page, charset, encoding), wanted)


@pytest.mark.parametrize("cte", ["quoted-printable", "base64", "8bit", "7bit"])
def test_mails_of_pythons_email_package(tmp_path, cte):
    letters = "uber" if cte == "7bit" else "über"
    page = page_of(letters).replace("ä?ö=ü", "a?b")
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"], message["Subject"] = "shop@example.org", "ann@example.net", "Grüße"
    message.set_content("https://x.example/\n")
    message.add_alternative(page, subtype="html", cte=cte)
    message.add_attachment(b"\0" * 1000, maintype="application", subtype="octet-stream", filename="a.bin")
    judge_mail(tmp_path, message.as_bytes(), ["https://x.example/a?b" if "ö" in href else href for href in WANTED])


@pytest.mark.parametrize("encoding", ["quoted-printable", "base64"])
def test_mails_of_nodemailer(tmp_path, encoding):
    options = {"from": "shop@example.org", "to": "ann@example.net", "subject": "Grüße", "text": "https://x.example/",
               "html": page_of("über"), "textEncoding": encoding, "attachments": [{"filename": "a", "content": "b"}]}
    script = ("const t = require('nodemailer').createTransport({streamTransport: true, buffer: true, newline: 'windows'});"
              f"t.sendMail({json.dumps(options)}).then(i => process.stdout.write(i.message));")
    done = subprocess.run(["node", "-e", script], capture_output=True, timeout=60, check=True)
    wanted = [query_in("utf-8") if "ö" in href else href for href in WANTED]
    judge_mail(tmp_path, done.stdout, wanted)


@pytest.mark.parametrize("charset, encoding, letters", MAILS + ASIAN[:1])
def test_a_rewritten_mail_is_signed_and_verifies(tmp_path, tool, keys, records, charset, encoding, letters):  # noqa: F811
    page = page_of(letters).replace("ä?ö=ü", "a?b=")
    copy, report = rewriting.rewrite_bytes(tmp_path, mail_of(page, charset, encoding))
    assert len(report["links"]) == 4
    assert verdicts(sign(tool, keys, copy), records) == [True, True]


@needs_corpus
def test_pages_of_the_corpus(tmp_path):
    reports = rewriting.rewrite(CORPUS / "html", tmp_path / "out", "--html", "--dir")
    assert len(reports) >= 75
    rewritten = 0
    for name, report in reports.items():
        original, page = (CORPUS / "html" / name).read_bytes(), (tmp_path / "out" / name).read_bytes()
        assert rewriting.stands_in(page, original), name
        assert rewriting.skeleton(page) == rewriting.skeleton(original), name
        before = rewriting.links(original)
        assert rewriting.followed(page, report) == [
            rewriting.opened(link) if rewriting.opened(link).startswith("http") else link for link in before], name
        for link, was in zip(rewriting.links(page), before, strict=True):
            is_web = was.strip().lower().startswith(("http://", "https://"))
            assert link.startswith(rewriting.BASE) == is_web, (name, was)
            rewritten += is_web
    assert rewritten == sum(json.loads(line)["must_rewrite"] for line in (CORPUS / "more/html-links.jsonl").open())
    again = rewriting.rewrite(tmp_path / "out", tmp_path / "again", "--html", "--dir")
    for name in again:
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "out" / name).read_bytes(), name


@pytest.fixture(scope="module")
def corpus_mails(tmp_path_factory):
    """The corpus' mails rewritten: the reports by name, and the folder of what came out."""
    out = tmp_path_factory.mktemp("corpus-mails") / "out"
    return rewriting.rewrite(CORPUS / "mime", out, "--dir"), out


@needs_corpus
def test_mails_of_the_corpus(corpus_mails, tmp_path):
    reports, out = corpus_mails
    assert len(reports) >= 221
    for name, report in reports.items():
        original, copy = (CORPUS / "mime" / name).read_bytes(), (out / name).read_bytes()
        if report["untouched"]:
            assert copy == original, name
            continue
        before, after = rewriting.leaves(original), rewriting.leaves(copy)
        assert len(before) == len(after), name
        for old, new in zip(before, after, strict=True):
            if old.get_content_type() != "text/html":
                assert new.get_payload() == old.get_payload(), name
            elif new.get_payload() != old.get_payload():
                assert rewriting.followed(rewriting.html_of(new), report) == rewriting.links(rewriting.html_of(old)), name
    again = rewriting.rewrite(out, tmp_path / "again", "--dir")
    for name in again:
        assert (tmp_path / "again" / name).read_bytes() == (out / name).read_bytes(), name


@needs_corpus
def test_mails_of_the_corpus_keep_what_is_known_of_their_bytes(corpus_mails):
    """Others' ends of lines, letters and parts; and that the links that must be tracked are."""
    reports, out = corpus_mails
    rows = [json.loads(line) for line in (CORPUS / "more/mime-facts.jsonl").open()]
    assert len(rows) >= 221
    tracked = 0
    for row in rows:
        name, facts = row["file"].removeprefix("mime/"), row["python_email"]
        original, copy = (CORPUS / "mime" / name).read_bytes(), (out / name).read_bytes()
        assert len(original) == row["bytes"], name
        assert copy.count(b"\0") == row["nul"], name
        assert copy.count(b"\r") - copy.count(b"\r\n") == row["bare_cr"], name
        bare_lf = copy.count(b"\n") - copy.count(b"\r\n")
        assert bare_lf == row["bare_lf"] or row["bare_lf"] == original.count(b"\n"), name  # a pixel has the ends of its mail
        assert max(map(len, copy.splitlines())) <= max(998, row["longest_line"]), name
        if "types" in facts:
            assert [part.get_content_type() for part in email.message_from_bytes(copy).walk()] == facts["types"], name
        if facts.get("must_rewrite") and not reports[name]["untouched"] and "message/rfc822" not in facts["types"]:
            links = [link for part in rewriting.leaves(copy) if part.get_content_type() == "text/html"
                     for link in rewriting.links(rewriting.html_of(part))]
            assert sum(link.startswith(rewriting.BASE) for link in links) == facts["must_rewrite"], name
            tracked += facts["must_rewrite"]
    assert tracked >= 2  # the fourth mail with links has base64 or quoted-printable that is none


def test_a_file_that_is_not_there_is_told_of(tmp_path):
    done = subprocess.run([BINARY, "rewrite", "--track-host", "t.example", tmp_path / "none", tmp_path / "out"],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 3 and "none" in done.stderr
    assert not os.path.exists(tmp_path / "out")


@pytest.mark.parametrize("host", ["ftp://t.example", "https://a@t.example", "https://t.example/?a", "t example", ""])
def test_a_host_that_is_none_is_refused(tmp_path, host):
    pathlib.Path(tmp_path / "in").write_text("\n")
    done = subprocess.run([BINARY, "rewrite", "--track-host", host, tmp_path / "in", tmp_path / "out"],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 2, done.stderr


def test_diff_shows_what_would_change(tmp_path):
    (tmp_path / "in").write_text("<p>a\n<a href=\"http://x.example/\">b</a>\n</body>\n")
    done = subprocess.run([BINARY, "rewrite", "--track-host", "t.example", "--html", "--diff", tmp_path / "in"],
                          capture_output=True, text=True, timeout=60)
    assert "-<a href=\"http://x.example/\">b</a>" in done.stdout
    assert "+<a href=\"https://t.example/c/" in done.stdout
    assert "<p>a" not in done.stdout
