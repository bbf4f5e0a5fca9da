"""Sessions that submit numbered messages for as long as they may."""
import smtplib
import threading
import time

from waiting import LIMIT_S, wait_for


class NumberedLoad:
    """Notes the numbers that were acknowledged, and how long each took; a session ends with the relay."""

    def __init__(self, relay, sessions=6, first=0, address="u{}@example.net".format):
        self.relay, self.address, self.numbers = relay, address, iter(range(first, first + 1_000_000))
        self.acknowledged, self.seconds, self.failures = set(), [], []
        self.lock, self.over = threading.Lock(), False
        self.threads = [threading.Thread(target=self._session, daemon=True) for _ in range(sessions)]
        for thread in self.threads:
            thread.start()

    def wait_for(self, more):
        goal = len(self.acknowledged) + more
        wait_for(f"{goal} acknowledged", lambda: len(self.acknowledged) >= goal or self.failures, limit_s=3 * LIMIT_S,
                 explain=self.relay.explain)
        with self.lock:
            return set(self.acknowledged)

    def end(self):
        self.over = True
        for thread in self.threads:
            thread.join(LIMIT_S)
        return self.acknowledged

    def slowest_percent(self):
        """Seconds from MAIL to 250 that one in a hundred took at least, since this was asked last."""
        with self.lock:
            seconds, self.seconds = sorted(self.seconds), []
        return seconds[len(seconds) * 99 // 100]

    def _session(self):
        try:
            with self.relay.client() as client:
                while not self.over:
                    with self.lock:
                        number = next(self.numbers)
                    start = time.monotonic()
                    client.sendmail("shop@example.org", [self.address(number)],
                                    f"From: shop@example.org\r\nSubject: {number}\r\n\r\n{'x' * 3000}\r\n")
                    with self.lock:
                        self.seconds.append(time.monotonic() - start)
                        self.acknowledged.add(number)
        except (OSError, smtplib.SMTPException) as error:
            self.failures.append(error)
