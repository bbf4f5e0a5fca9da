"""Fuzz targets (preset fuzz), each for a few seconds from its seeds. What they find stays in build/fuzz."""
import subprocess

from tally import ROOT, Tally, announce, build


def run(seconds):
    names = sorted(p.stem for p in (ROOT / "tests/fuzz").glob("*_fuzz.cc"))
    if not names:
        return Tally()
    build("fuzz", names)
    tally = Tally()
    for name in names:
        tally += run_one(name, seconds)
    return tally


def run_one(name, seconds):
    announce(f"{name} for {seconds} s")
    found = ROOT / "build/fuzz/found" / name
    found.mkdir(parents=True, exist_ok=True)
    seeds = ROOT / "tests/fuzz/corpus" / name
    if not seeds.is_dir():
        seeds = seeds.with_name(name.removesuffix("_fuzz"))
    dictionary = ROOT / "tests/fuzz" / (name.removesuffix("_fuzz") + ".dict")
    executable = next(p for p in (ROOT / "build/fuzz").rglob(name) if p.is_file())
    command = [executable, f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=2048",
               "-print_final_stats=1", f"-artifact_prefix={found}/crash-", found]
    command += [seeds] if seeds.is_dir() else []
    command += [f"-dict={dictionary}"] if dictionary.exists() else []
    done = subprocess.run(command, capture_output=True, text=True, errors="replace",
                          timeout=seconds + 120)
    if done.returncode:
        print(done.stderr[-6000:])
        return Tally(failures=[f"fuzz {name}: exit status {done.returncode}; the input lies in {found}"])
    print("    " + next((line for line in done.stderr.splitlines() if "number_of_executed" in line), ""))
    return Tally(passed=1)
