"""The test runner behind ./test: builds, runs the parts asked for and counts.

Every part returns a Tally; the last line of all is "N passed, N failed, N skipped" and the exit status
says whether anything failed. A part in which nothing could run is a failure, never silence.
"""
import signal
import sys
import time

import blackbox
import fuzz
import lint
import sanitizers
import style
import torture
import units
from tally import Tally, announce


def everything():
    tally = style.run() + units.run("release")
    tally += fuzz.run(seconds=5)
    return tally + blackbox.run("release")


PARTS = {
    "all": everything,
    "style": lambda: style.run(),
    "unit": lambda name=None: units.run("release", folder=name),
    "blackbox": lambda name=None: blackbox.run("release", name=name),
    "fuzz": lambda *words: fuzz.main(words),
    "torture": lambda *words: torture.run(words),
    "asan": lambda name=None, *words: sanitizers.run("asan", name, *words),
    "tsan": lambda name=None, *words: sanitizers.run("tsan", name, *words),
    "lint": lambda: lint.run(),
}


def main(part="all", *words):
    began = time.monotonic()
    tally: Tally = PARTS[part](*words)
    if tally.failures:
        announce("Failed")
        for failure in tally.failures:
            print("  " + failure)
    announce(f"{part} took {time.monotonic() - began:.0f} s")
    print(f"{tally.passed} passed, {tally.failed} failed, {tally.skipped} skipped", flush=True)
    return 1 if tally.failed or not tally.passed else 0


if __name__ == "__main__":
    # A shell that starts us in the background has SIGINT ignored, for our children too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(main(*sys.argv[1:]))
