"""The black-box suite: pytest, with the binary of a preset (or $POSTRIDER)."""
import os
import subprocess
import tempfile

from tally import PYTHON, ROOT, Tally, announce, build, read_junit

LIMIT_S = 1500


def run(preset, name=None, environment=None):
    binary = os.environ.get("POSTRIDER")
    if not binary:
        build(preset, ["postrider"])
        binary = str(ROOT / "build" / preset / "postrider")
    announce(f"black-box tests of {binary}")
    with tempfile.TemporaryDirectory() as folder:
        result = os.path.join(folder, "result.xml")
        command = [PYTHON, "-m", "pytest", "-p", "no:cacheprovider", "-q", "--tb=short",
                   "--durations=5", f"--junitxml={result}", "tests/blackbox"]
        command += ["-k", name] if name else []
        surroundings = os.environ | (environment or {}) | {
            "POSTRIDER": binary,
            "NODE_PATH": str(ROOT / "build/node/node_modules"),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        try:
            done = subprocess.run(command, env=surroundings, timeout=LIMIT_S, cwd=ROOT)
        except subprocess.TimeoutExpired:
            return Tally(failures=[f"blackbox: not done after {LIMIT_S} s"])
        tally = read_junit(result, "blackbox")
    # 5: no test was found; above: pytest itself was in trouble.
    if done.returncode and not tally.failures:
        tally.failures.append(f"blackbox: pytest ended with status {done.returncode}")
    return tally
