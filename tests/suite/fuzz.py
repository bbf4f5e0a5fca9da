"""./test fuzz: the fuzz targets (preset fuzz), each for a while from its seeds.

A short run begins with the seeds of the tree alone, so that it takes as long as it is meant to. From a
minute on what was found before goes in, too, is kept in build/fuzz/found/TARGET, and the share of the
code in question that it reaches is told.
"""
import argparse
import os
import pathlib
import re
import subprocess
import tempfile

from tally import ROOT, Tally, announce, build

USUAL_SECONDS = 30
KEPT_FROM_SECONDS = 60
LOADING_SECONDS = 600  # what was found before is read first, and takes no part in the time

# The files that a target is about: their share of covered edges is told.
SUBJECTS = {
    "address": ["src/mail/address", "src/mail/domain", "src/mail/xtext", "src/mail/quoted_string"],
    "client": ["src/smtp/client", "src/smtp/conversation", "src/smtp/reply", "src/smtp/dot_stuffing"],
    "dkim": ["src/mail/dkim", "src/mail/body_hash", "src/mail/relaxed_form"],
    "header": ["src/mail/header", "src/mail/downconvert", "src/mail/dsn", "src/mail/content_facts"],
    "record": ["src/spool/records", "src/events/event", "src/base/bytes"],
    "reply": ["src/smtp/reply"],
    "server_session": ["src/smtp/session", "src/smtp/server_session", "src/smtp/content_", "src/smtp/grammar",
                       "src/smtp/proxy_header"],
    "settings": ["src/relay/settings"],
}


def main(words):
    parser = argparse.ArgumentParser(prog="./test fuzz")
    parser.add_argument("target", nargs="?", choices=targets())
    parser.add_argument("--minutes", type=float, help=f"for each target; {USUAL_SECONDS} seconds if not given")
    options = parser.parse_args(words)
    seconds = USUAL_SECONDS if options.minutes is None else max(1, round(60 * options.minutes))
    return run(seconds, [options.target] if options.target else targets())


def targets():
    return sorted(p.stem.removesuffix("_fuzz") for p in (ROOT / "tests/fuzz").glob("*_fuzz.cc"))


def run(seconds, names=None):
    names = names or targets()
    build("fuzz", [name + "_fuzz" for name in names])
    tally = Tally()
    for name in names:
        announce(f"fuzz {name} for {seconds} s")
        tally += run_one(name, seconds)
    return tally


def run_one(name, seconds):
    with tempfile.TemporaryDirectory(prefix="postrider-fuzz-") as passing:
        kept = ROOT / "build/fuzz/found" / name
        corpus = kept if seconds >= KEPT_FROM_SECONDS else pathlib.Path(passing)
        corpus.mkdir(parents=True, exist_ok=True)
        crashes = ROOT / "build/fuzz/crashes"
        crashes.mkdir(parents=True, exist_ok=True)
        log = ROOT / f"build/fuzz/{name}.log"
        with log.open("w") as words:
            status = subprocess.run(command(name, corpus, f"-max_total_time={seconds}", "-print_final_stats=1",
                                            f"-artifact_prefix={crashes}/{name}-"),
                                    stdin=subprocess.DEVNULL, stdout=words, stderr=words,
                                    timeout=seconds + LOADING_SECONDS).returncode
        print("    " + figures(log.read_text(errors="replace")), flush=True)
        if status:
            print(log.read_text(errors="replace")[-6000:])
            return Tally(failures=[f"fuzz {name}: exit status {status}; the input lies in {crashes}"])
        if corpus == kept:
            print("    " + coverage(name, corpus), flush=True)
    return Tally(passed=1)


def command(name, corpus, *flags):
    # A machine that has more important things to do lets a run stand for seconds: that is no endless loop.
    words = [ROOT / f"build/fuzz/tests/fuzz/{name}_fuzz", "-timeout=60", "-rss_limit_mb=2048", *flags, corpus]
    seeds, dictionary = ROOT / "tests/fuzz/corpus" / name, ROOT / f"tests/fuzz/{name}.dict"
    return words + [p for p in [seeds] if p.is_dir()] + [f"-dict={p}" for p in [dictionary] if p.exists()]


def figures(log):
    """Of libFuzzer's words: executions, and what they reached of the whole executable."""
    runs = re.findall(r"^stat::number_of_executed_units:\s*(\d+)", log, re.MULTILINE)
    reached = re.findall(r"cov: (\d+) ft: (\d+) corp: (\d+)", log)
    if not runs or not reached:
        return "ended without figures"
    edges, features, inputs = reached[-1]
    return f"{int(runs[-1]):,} executions, {edges} edges, {features} features, {inputs} inputs"


def coverage(name, corpus):
    """Edges reached in the target's subject, by what libFuzzer prints of each function."""
    done = subprocess.run(command(name, corpus, "-runs=0", "-print_coverage=1"), stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, errors="replace",
                          env=os.environ | {"ASAN_SYMBOLIZER_PATH": "/usr/bin/llvm-symbolizer-19"})
    functions = set(re.findall(r"COVERED_FUNC: hits: \d+ edges: (\d+)/(\d+) (\S.*) (\S+):\d+$",
                               done.stdout + done.stderr, re.MULTILINE))
    ours = [(int(hit), int(all_)) for hit, all_, _, path in functions
            if any(subject in path for subject in SUBJECTS.get(name, []))]
    if not ours:
        return "coverage of the source is not known: no symbols"
    hit, all_ = (sum(column) for column in zip(*ours))
    return f"{100 * hit / all_:.1f}% of the {all_} edges of {', '.join(s + '*' for s in SUBJECTS[name])}"
