"""The binary under test, as `postrider sandbox`: a whole relay in a folder of its own."""
import json
import os
import pathlib
import re
import select
import signal
import smtplib
import ssl
import subprocess
import urllib.request

import pytest

from waiting import LIMIT_S, wait_for

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("POSTRIDER", str(ROOT / "build/release/postrider"))

IS_SANITIZED = bool({"ASAN_OPTIONS", "TSAN_OPTIONS"} & set(os.environ))

# What a sanitizer writes to the log; a relay whose log has one of these fails its test.
REPORTS = re.compile(r"(ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:|Assertion .* failed)")


def any_certificate():
    """For relays that signed their certificate themselves."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


class Relay:
    """`options` go to `postrider sandbox` as they are; `routes` are PATTERN=HOST:PORT."""

    def __init__(self, folder, *options, routes=(), domains=("example.org",), test_clock=True):
        self.data, self.log = folder / "data", folder / "relay.log"
        words = ["--data", str(self.data)]
        for domain in domains:
            words += ["--domain", domain]
        for route in routes:
            words += ["--route", route]
        words += ["--test-clock"] if test_clock else []
        self.command = [BINARY, "sandbox", *words, *options]
        self.process, self.ready = None, None
        self.start()

    # -- its life

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE,
                                        stderr=self.log.open("ab"), text=True)
        readable, _, _ = select.select([self.process.stdout], [], [], LIMIT_S)
        line = self.process.stdout.readline() if readable else ""
        if not line:
            self.process.kill()
            pytest.fail(f"the relay did not get ready\n{self.explain()}")
        self.ready = json.loads(line)

    def stop(self):
        """Politely; fails unless it ends well and has nothing bad in its log."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(LIMIT_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                pytest.fail(f"the relay did not end within {LIMIT_S} s\n{self.explain()}")
        self.check()

    def check(self):
        assert self.process.returncode in (0, -signal.SIGKILL), self.explain()
        report = REPORTS.search(self.log.read_text(errors="replace"))
        assert not report, self.explain()

    def kill(self):
        """kill -9."""
        self.process.kill()
        self.process.wait()

    def explain(self):
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join(lines[-80:])

    # -- submission

    def address(self, listener="smtp"):
        host, _, port = self.ready[listener].rpartition(":")
        return host, int(port)

    def client(self, login=True, tls=False):
        """An smtplib client after EHLO (and STARTTLS and AUTH)."""
        client = smtplib.SMTP(*self.address(), local_hostname="client.example", timeout=LIMIT_S)
        if tls:
            client.starttls(context=any_certificate())
        client.ehlo()
        if login:
            client.login(self.ready["user"], self.ready["password"])
        return client

    def submit(self, sender="shop@example.org", to="ann@example.net", subject="order 17",
               body="hello", message=None, mail_options=(), rcpt_options=()):
        """One message; `message` (bytes) replaces the one made from subject and body."""
        recipients = [to] if isinstance(to, str) else list(to)
        if message is None:
            text = f"From: {sender}\r\nTo: {', '.join(recipients)}\r\nSubject: {subject}\r\n\r\n{body}\r\n"
            message = text.encode()
        with self.client() as client:
            refused = client.sendmail(sender, recipients, message, list(mail_options),
                                      list(rcpt_options))
        assert not refused

    # -- what became of it

    def cli(self, *words, check=True, **more):
        """Runs `postrider --data DIR WORDS`; its standard output, or all of it if not `check`."""
        done = subprocess.run([BINARY, "--data", str(self.data), *words], capture_output=True,
                              text=True, timeout=LIMIT_S, **more)
        if not check:
            return done
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}\n{self.explain()}"
        return done.stdout

    def events(self, **wanted):
        """All events so far whose fields have the wanted values, oldest first."""
        events = map(json.loads, self.cli("events", "--json").splitlines())
        return [e for e in events if all(e.get(k) == v for k, v in wanted.items())]

    def wait_for_event(self, kind, **wanted):
        return self.wait_for_events(kind, 1, **wanted)[0]

    def wait_for_events(self, kind, count, **wanted):
        def found():
            events = self.events(type=kind, **wanted)
            return events if len(events) >= count else None
        return wait_for(f"{count} of the event '{kind}' {wanted or ''}", found, explain=self.explain)

    def story(self, message):
        """Of a message, by its id: as `message show` has it."""
        return json.loads(self.cli("message", "show", str(message), "--json"))

    def metric(self, name):
        """The sample with this name and labels, as a number."""
        with urllib.request.urlopen(f"http://{self.ready['http']}/metrics", timeout=LIMIT_S) as answer:
            lines = answer.read().decode().splitlines()
        return next(float(line.rpartition(" ")[2]) for line in lines if line.rpartition(" ")[0] == name)

    def advance(self, duration):
        """Moves the relay's clock; what falls due meanwhile happens now."""
        self.cli("clock", "advance", duration)

    def dns_records(self, domain):
        """What is to be published for a domain: a list of {"name", "type", "value", ...}."""
        return json.loads(self.cli("domain", "show", domain, "--json"))["records"]
