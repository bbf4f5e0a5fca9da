"""What the parts of the suite share: counts, headings, building, and the XML that test tools write."""
import dataclasses
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree as xml

ROOT = pathlib.Path(__file__).resolve().parents[2]
PYTHON = "/usr/bin/python3"  # Debian's, whose modules packages.txt installs


@dataclasses.dataclass
class Tally:
    passed: int = 0
    skipped: int = 0
    failures: list[str] = dataclasses.field(default_factory=list)

    @property
    def failed(self):
        return len(self.failures)

    def __add__(self, other):
        return Tally(self.passed + other.passed, self.skipped + other.skipped,
                     self.failures + other.failures)

    @staticmethod
    def of(name, problems):
        """One check: passed where it found nothing, else a failure for each problem."""
        return Tally(failures=[f"{name}: {p}" for p in problems]) if problems else Tally(passed=1)


def announce(text):
    bold = ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")
    print(f"{bold[0]}==>{bold[1]} {text}", flush=True)


def build(preset, targets=()):
    """Fails the whole run, with the compiler's words above, if it does not build."""
    script = 'root=$1; shift; . "$root/scripts/setup.sh"; build_targets "$@"'
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", script, "bash", ROOT, preset, *targets])
    if done.returncode:
        print("0 passed, 1 failed, 0 skipped", flush=True)
        sys.exit(1)


def legible(document):
    """GoogleTest writes the bytes of a row's parameters as they are: those that XML can't carry become '?'."""
    text = document.decode("utf-8", "replace")
    return re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "?", text)


def read_junit(path, prefix):
    """GoogleTest's and pytest's XML. A file that is missing or cut off is one failure."""
    try:
        cases = list(xml.fromstring(legible(pathlib.Path(path).read_bytes())).iter("testcase"))
    except (OSError, xml.ParseError) as problem:
        return Tally(failures=[f"{prefix}: ended without a result ({problem})"])
    tally = Tally()
    for case in cases:
        name = f"{prefix} {case.get('classname', '').rpartition('.')[2]}.{case.get('name')}"
        if case.find("failure") is not None or case.find("error") is not None:
            tally.failures.append(name)
        elif case.find("skipped") is not None or case.get("status") == "notrun":
            tally.skipped += 1
        else:
            tally.passed += 1
    return tally
