"""Tracked messages whose links a relay answers, and readers who follow them."""
import http.client
import json
import subprocess

from relay import BINARY
from waiting import LIMIT_S

PAGE = """<html><body><p>Hello</p>
<a href="https://shop.example/offers?a=1&amp;b=2#top">Offers</a>
<a href="http://x.example/other">Other</a>
</body></html>"""


def track(relay, folder, page=PAGE, *options, name="page.html"):
    """Rewrites a page with the relay's keys; {"links": [{"url", "target"}], "pixel", "unsubscribe"} with paths
    in place of URLs."""
    source = folder / name
    source.write_text(page)
    done = subprocess.run(
        [BINARY, "--data", relay.data, "--json", "rewrite", "--html", "--track-host", "https://t.example", *options,
         source, folder / (name + ".out")], capture_output=True, text=True, timeout=LIMIT_S)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    path = lambda url: url.removeprefix("https://t.example")  # noqa: E731
    return {"links": [{"path": path(link["url"]), "target": link["target"]} for link in report["links"]],
            "pixel": path(report["pixel"]), "unsubscribe": path(report["unsubscribe"])}


def track_folder(relay, source, target, *options):
    """Rewrites a folder of mails, or of pages (--html), with the relay's keys."""
    done = subprocess.run([BINARY, "--data", relay.data, "rewrite", "--track-host", "https://t.example", *options, "--dir",
                           source, target], capture_output=True, text=True, timeout=4 * LIMIT_S)
    assert done.returncode == 0, done.stderr


class Reader:
    """A client that keeps its connection and never follows a redirect by itself."""

    def __init__(self, relay, context=None):
        host, _, port = relay.ready["links"].rpartition(":")
        if context:
            self.connection = http.client.HTTPSConnection(host, int(port), timeout=LIMIT_S, context=context)
        else:
            self.connection = http.client.HTTPConnection(host, int(port), timeout=LIMIT_S)

    def ask(self, method, path, body=None, **headers):
        """(status, headers, body)."""
        fields = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
                  "Accept": "text/html,*/*", "Accept-Language": "en"}
        fields.update({name.replace("_", "-"): value for name, value in headers.items()})
        self.connection.request(method, path, body, fields)
        response = self.connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()

    def get(self, path, **headers):
        return self.ask("GET", path, **headers)

    def close(self):
        self.connection.close()
