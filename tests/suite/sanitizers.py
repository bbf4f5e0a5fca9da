"""Unit and black-box tests, and the torture, of a binary built under a sanitizer (presets asan, tsan).

Suppressions (tests/*.supp) are for libraries that are not instrumented, never for ours.
"""
import os

import blackbox
import torture
import units
from tally import ROOT, build

TESTS = ROOT / "tests"
ENVIRONMENT = {
    "asan": {
        "ASAN_OPTIONS": "detect_stack_use_after_return=1:strict_string_checks=1:detect_leaks=1",
        "LSAN_OPTIONS": f"suppressions={TESTS}/lsan.supp:print_suppressions=0",
        "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    },
    "tsan": {
        "TSAN_OPTIONS": f"suppressions={TESTS}/tsan.supp:second_deadlock_stack=1:history_size=4",
    },
}


SLOW = {"POSTRIDER_TEST_LIMIT": "60"}
SHORT_TORTURE = ["--minutes", "1", "--cuts", "3"]


def run(preset, name=None, *words):
    """`name`: a folder of tests/unit, "torture", or what pytest -k takes; all of units and black box if not given."""
    if name == "torture":
        return run_torture(preset, words)
    environment = ENVIRONMENT[preset] | SLOW
    if name in units.folders():
        return units.run(preset, name, environment)
    if name:
        return blackbox.run(preset, name, environment)
    return units.run(preset, None, environment) + blackbox.run(preset, None, environment)


def run_torture(preset, words):
    """`words` as ./test torture has them; what is not said is short."""
    build(preset, ["postrider"])
    os.environ.update(ENVIRONMENT[preset])
    return torture.run([*SHORT_TORTURE, *words], str(ROOT / "build" / preset / "postrider"))
