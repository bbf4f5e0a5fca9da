"""The receiver that docs/webhooks.md shows takes signed events, and no others."""
import json
import re
import subprocess
import urllib.error
import urllib.request

from relay import ROOT
from test_webhooks import LOCAL
from waiting import free_port, wait_for


def test_the_receiver_in_the_documents_checks_signatures(start_relay, sink, tmp_path):
    text = (ROOT / "docs/webhooks.md").read_text()
    code = re.search(r"<!-- tests/blackbox/test_webhook_docs.py runs this. -->\n```python\n(.*?)```", text, re.S).group(1)
    secret, port = re.search(r'SECRET = "(.*?)"', code).group(1), free_port()
    script = tmp_path / "receiver.py"
    script.write_text(code.replace("8080", str(port)))
    relay = start_relay(*LOCAL, routes=[f"*={sink.route}"], test_clock=False)
    url = f"http://127.0.0.1:{port}/"
    with open(tmp_path / "out", "w") as out, subprocess.Popen(["/usr/bin/python3", script], stdout=out) as receiver:
        try:
            webhook = json.loads(relay.cli("webhook", "add", url, "--secret", secret, "--json"))
            relay.submit()
            wait_for("the receiver's words", lambda: "delivered ann@example.net 250" in (tmp_path / "out").read_text(),
                     explain=relay.explain)
            relay.cli("webhook", "rotate", str(webhook["id"]))
            assert json.loads(relay.cli("webhook", "test", str(webhook["id"]), "--json"))["status"] == 200
            relay.cli("webhook", "rotate", str(webhook["id"]), "--drop-old")
            assert json.loads(relay.cli("webhook", "test", str(webhook["id"]), "--json"))["status"] == 401
            forged = urllib.request.Request(url, b'{"data": []}', {
                "webhook-id": "msg_1", "webhook-timestamp": "1614265330", "webhook-signature": "v1,AAAA"})
            try:
                urllib.request.urlopen(forged)
                raise AssertionError("a forged request was taken")
            except urllib.error.HTTPError as refused:
                assert refused.code == 401
        finally:
            receiver.terminate()
