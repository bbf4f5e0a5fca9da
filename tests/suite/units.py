"""Unit tests: one GoogleTest executable for each folder of src/ that has tests."""
import os
import subprocess
import tempfile

from tally import ROOT, Tally, announce, build, read_junit

LIMIT_S = 600  # one executable


def folders():
    return sorted(p.name for p in (ROOT / "tests/unit").iterdir() if any(p.glob("*_test.cc")))


def run(preset, folder=None, environment=None):
    if folder and folder not in folders():
        return Tally(failures=[f"unit: no tests in tests/unit/{folder}; there are {', '.join(folders())}"])
    names = [folder] if folder else folders()
    build(preset, [f"unit_{name}" for name in names])
    tally = Tally()
    for name in names:
        tally += run_one(preset, name, environment or {})
    return tally


def run_one(preset, name, environment):
    announce(f"unit tests of {name} ({preset})")
    executable = ROOT / "build" / preset / f"unit_{name}"
    if not executable.exists():
        executable = ROOT / "build" / preset / "tests/unit" / f"unit_{name}"
    with tempfile.TemporaryDirectory() as folder:
        result = os.path.join(folder, "result.xml")
        command = [executable, "--gtest_brief=1", f"--gtest_output=xml:{result}"]
        try:
            done = subprocess.run(command, env=os.environ | environment, timeout=LIMIT_S, cwd=folder)
        except subprocess.TimeoutExpired:
            return Tally(failures=[f"unit {name}: not done after {LIMIT_S} s"])
        tally = read_junit(result, "unit " + name)
    # A sanitizer that reports at exit, or a crash after the last test.
    if done.returncode and not tally.failures:
        tally.failures.append(f"unit {name}: exit status {done.returncode}")
    return tally
