"""What `postrider rewrite` makes of pages and mails, read again by html5lib and Python's email package."""
import email
import email.policy
import json
import re
import subprocess

import html5lib

from relay import BINARY

BASE = "https://t.example"
TRACKED = re.compile(rb"https://t\.example/[cao]/[A-Za-z0-9_-]{39}")
PIXEL = re.compile(rb'<img src="https://t\.example/o/[A-Za-z0-9_-]{39}"[^>]*>')
XHTML = "{http://www.w3.org/1999/xhtml}"


def rewrite(source, target, *options):
    """Rewrites one file, or a folder with --dir; the report of each file by its name."""
    done = subprocess.run([BINARY, "--json", "rewrite", "--track-host", BASE, *options, source, target],
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    return {report["file"].rpartition("/")[2]: report for report in reports}


def rewrite_bytes(folder, content, *options):
    """Content rewritten, and the report."""
    (folder / "in").write_bytes(content)
    report = rewrite(folder / "in", folder / "out", *options)["in"]
    return (folder / "out").read_bytes(), report


def targets(report):
    return {link["url"]: link["target"] for link in report["links"]}


def text_of(page):
    if isinstance(page, str):
        return page
    try:
        return page.decode("utf-8")
    except UnicodeDecodeError:
        return page.decode("latin-1")


def opened(link):
    """The URL that a browser would open: as far as links of these tests need it."""
    link = link.strip()
    scheme, mark, rest = link.partition("://")
    if scheme.lower() not in ("http", "https") or not mark:
        return link
    host = re.match(r"[^/?#]*", rest).group()
    return f"{scheme.lower()}://{host.lower()}{rest[len(host):]}"


def links(page):
    """Each href of a and area, as a browser's parser sees it."""
    tree = html5lib.parse(text_of(page), treebuilder="etree")
    return [element.attrib["href"] for element in tree.iter()
            if element.tag in (XHTML + "a", XHTML + "area") and "href" in element.attrib]


def followed(page, report):
    """The same with each tracking URL followed to its target."""
    known = targets(report)
    found = [known.get(link, link) for link in links(page)]
    assert not [link for link in found if link.startswith(BASE)], "a tracking URL that nobody knows"
    return found


def skeleton(page):
    """Every element, attribute and text but links and the pixel."""
    tree = html5lib.parse(text_of(page), treebuilder="etree")
    out, words = [], []
    for element in tree.iter():
        words += [element.text or "", element.tail or ""]
        if not isinstance(element.tag, str):
            words[-2] = re.sub(r'href\s*=\s*("[^"]*"|\'[^\']*\')', "href", words[-2])
            continue
        attributes = dict(element.attrib)
        if element.tag in (XHTML + "a", XHTML + "area"):
            attributes.pop("href", None)
        if element.tag == XHTML + "img" and attributes.get("src", "").startswith(BASE):
            continue
        out.append((element.tag, sorted(attributes.items())))
    return out, "".join(words).split()


def pieces(page):
    """The page's bytes between tracking URLs, without the pixel."""
    return TRACKED.split(PIXEL.sub(b"", page))


def stands_in(rewritten, original):
    """Whether every byte but the links is the original's, in its order."""
    at, found = 0, pieces(rewritten)
    for piece in found:
        where = original.find(piece, at)
        if where < 0 or (at == 0 and where > 0 and piece):
            return False
        at = where + len(piece)
    return at == len(original) or (len(found) > 1 and found[-1] == b"")


def leaves(message):
    parsed = email.message_from_bytes(message, policy=email.policy.compat32)
    return [part for part in parsed.walk() if not part.is_multipart()]


def html_of(part):
    payload = part.get_payload(decode=True) or b""
    charset = part.get_content_charset() or "utf-8"
    try:
        return payload.decode("cp1252" if charset == "iso-8859-1" else charset, "replace")
    except LookupError:
        return payload.decode("latin-1")
