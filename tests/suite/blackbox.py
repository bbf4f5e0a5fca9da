"""The black-box suite: pytest, with the binary of a preset (or $POSTRIDER)."""
import os
import signal
import subprocess
import tempfile

from tally import PYTHON, ROOT, Tally, announce, build, read_junit

LIMIT_S = 1500


def run(preset, name=None, environment=None):
    binary = os.environ.get("POSTRIDER")
    tools = sorted(path.stem for path in (ROOT / "tests/tools").glob("*.cc"))
    if targets := tools if binary else ["postrider", *tools]:
        build(preset, targets)
    binary = binary or str(ROOT / "build" / preset / "postrider")
    announce(f"black-box tests of {binary}")
    with tempfile.TemporaryDirectory() as folder:
        result = os.path.join(folder, "result.xml")
        command = [PYTHON, "-m", "pytest", "-p", "no:cacheprovider", "-q", "--tb=short",
                   "--durations=5", "--maxfail=40", f"--junitxml={result}", "tests/blackbox"]
        command += ["-k", name] if name else []
        surroundings = os.environ | (environment or {}) | {
            "POSTRIDER": binary,
            "POSTRIDER_BUILD": str(ROOT / "build" / preset),
            "NODE_PATH": str(ROOT / "build/node/node_modules"),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        status = run_within_limit(command, surroundings)
        tally = read_junit(result, "blackbox")
    # 5: no test was found; others: pytest itself was in trouble, or out of time.
    if status and not tally.failures:
        tally.failures.append(f"blackbox: pytest ended with status {status}")
    return tally


def run_within_limit(command, environment):
    process = subprocess.Popen(command, env=environment, cwd=ROOT)
    try:
        return process.wait(LIMIT_S)
    except subprocess.TimeoutExpired:
        print(f"    not done after {LIMIT_S} s", flush=True)
        process.send_signal(signal.SIGINT)  # its fixtures end what they have started
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
        return "time-out"
