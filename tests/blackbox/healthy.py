"""Mail to a receiver that behaves, sent all the while that others do not."""
import threading
import time

from waiting import LIMIT_S, wait_for


class Healthy:
    """One message after the other has arrived, each to the next of `addresses()`, and how long it took."""

    def __init__(self, relay, sink, addresses):
        self.relay, self.sink, self.addresses = relay, sink, addresses
        self.took, self.over = [], False
        self.thread = threading.Thread(target=self._run, daemon=True)

    def run_for(self, count):
        """That many; how long each took."""
        before = len(self.took)
        wait_for(f"{count} messages of the healthy receiver", lambda: len(self.took) >= before + count,
                 explain=self.relay.explain)
        return self.took[before:]

    def _run(self):
        with self.relay.client() as client:
            for sent, address in enumerate(self.addresses, 1):
                began = time.monotonic()
                client.sendmail("shop@example.org", [address], b"From: shop@example.org\r\n\r\nhello\r\n")
                while len(self.sink.messages) < sent and not self.over:
                    time.sleep(0.002)
                if self.over:
                    break
                self.took.append(time.monotonic() - began)
                time.sleep(0.01)  # a steady load, not a flood

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over = True
        self.thread.join(LIMIT_S)
