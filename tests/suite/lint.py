"""clang-format and clang-tidy (its hard tier) over src/, tests/ and bench/."""
import subprocess

from tally import ROOT, Tally, announce, build


def files(*endings):
    tracked = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "src", "tests", "bench"],
                             cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    return [name for name in tracked if name.endswith(endings)]


def run():
    build("release")  # the compile commands, and the precompiled header that they name
    return run_format() + run_tidy()


def run_format():
    announce("clang-format")
    wrong = []
    for name in files(".h", ".cc"):
        done = subprocess.run(["clang-format-19", "--dry-run", "-Werror", name], cwd=ROOT,
                              capture_output=True)
        wrong += [name + ": run clang-format-19 -i on it"] if done.returncode else []
    return Tally.of("format", wrong)


def run_tidy():
    announce("clang-tidy (some minutes)")
    done = subprocess.run(["run-clang-tidy-19", "-quiet", "-p", "build/release", "-j", "2",
                           *[f"{ROOT}/{name}$" for name in files(".cc")]],
                          cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    errors = sorted({line for line in done.stdout.splitlines() if " error: " in line})
    advice = sum(" warning: " in line for line in done.stdout.splitlines())
    print(f"    {advice} pieces of advice (warnings), which do not count")
    if done.returncode and not errors:
        errors = [f"clang-tidy ended with status {done.returncode}"]
    return Tally.of("tidy", errors)
