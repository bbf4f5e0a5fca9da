"""Unit and black-box tests of a binary built under a sanitizer (presets asan, tsan).

Suppressions (tests/*.supp) are for libraries that are not instrumented, never for ours.
"""
import blackbox
import units
from tally import ROOT

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


def run(preset, name=None):
    """`name`: a folder of tests/unit, or what pytest -k takes; all of both if not given."""
    environment = ENVIRONMENT[preset] | SLOW
    if name in units.folders():
        return units.run(preset, name, environment)
    if name:
        return blackbox.run(preset, name, environment)
    return units.run(preset, None, environment) + blackbox.run(preset, None, environment)
