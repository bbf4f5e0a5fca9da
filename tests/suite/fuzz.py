"""./test fuzz: the fuzz targets (preset fuzz), each for a while from its seeds.

A short run begins with the seeds of the tree alone, so that it takes as long as it is meant to. From a
minute on what was found before goes in, too, and is kept in build/fuzz/found/TARGET. --coverage tells
which share of the lines in question all of that reaches (preset coverage).
"""
import argparse
import json
import os
import pathlib
import re
import resource
import subprocess
import tempfile

from tally import ROOT, Tally, announce, build

USUAL_SECONDS = 30
KEPT_FROM_SECONDS = 60
LOADING_SECONDS = 600  # what was found before is read first, and takes no part in the time

# The files that a target is about.
SUBJECTS = {
    "address": ["src/mail/address", "src/mail/domain", "src/mail/xtext", "src/mail/quoted_string"],
    "bounce": ["src/bounce/bounce_report", "src/bounce/charset", "src/bounce/delivery_status",
               "src/bounce/find_addresses", "src/bounce/html_text", "src/bounce/mime_reader",
               "src/bounce/report_", "src/bounce/returned_message", "src/bounce/ses_notice",
               "src/bounce/text_report"],
    "client": ["src/smtp/client", "src/smtp/conversation", "src/smtp/reply", "src/smtp/dot_stuffing"],
    "dkim": ["src/mail/dkim", "src/mail/body_hash", "src/mail/relaxed_form"],
    "feedback": ["src/bounce/feedback_report"],
    "header": ["src/mail/header", "src/mail/downconvert", "src/mail/dsn", "src/mail/content_facts"],
    "html": ["src/track/attribute_text", "src/track/charset", "src/track/html_scanner", "src/track/link_rules",
             "src/track/page_", "src/track/plan", "src/track/splice", "src/track/target"],
    "mime": ["src/mail/decoded_body", "src/mail/media_type", "src/mail/mime_parts", "src/track/line_lengths",
             "src/track/plain_links", "src/track/plan", "src/track/splice"],
    "record": ["src/spool/records", "src/events/event", "src/base/bytes"],
    "reply": ["src/smtp/reply"],
    "server_session": ["src/smtp/session", "src/smtp/server_session", "src/smtp/content_check", "src/smtp/content_scanner",
                       "src/smtp/grammar", "src/smtp/proxy_header"],
    "settings": ["src/relay/settings"],
}


def main(words):
    parser = argparse.ArgumentParser(prog="./test fuzz")
    parser.add_argument("target", nargs="?", choices=targets())
    parser.add_argument("--minutes", type=float, help=f"for each target; {USUAL_SECONDS} seconds if not given")
    parser.add_argument("--coverage", action="store_true", help="of what seeds and earlier runs reach; runs nothing new")
    options = parser.parse_args(words)
    names = [options.target] if options.target else targets()
    if options.coverage:
        return show_coverage(names)
    seconds = USUAL_SECONDS if options.minutes is None else max(1, round(60 * options.minutes))
    return run(seconds, names)


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
        before = cpu_seconds()
        with log.open("w") as words:
            status = subprocess.run(command(name, corpus, f"-max_total_time={seconds}", "-print_final_stats=1",
                                            f"-artifact_prefix={crashes}/{name}-"),
                                    stdin=subprocess.DEVNULL, stdout=words, stderr=words,
                                    timeout=seconds + LOADING_SECONDS).returncode
        print(f"    {figures(log.read_text(errors='replace'))}, {cpu_seconds() - before:.0f} s of CPU", flush=True)
        if status:
            print(log.read_text(errors="replace")[-6000:])
            return Tally(failures=[f"fuzz {name}: exit status {status}; the input lies in {crashes}"])
    return Tally(passed=1)


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def command(name, corpus, *flags, preset="fuzz"):
    # A machine that has more important things to do lets a run stand for seconds: that is no endless loop.
    words = [ROOT / f"build/{preset}/tests/fuzz/{name}_fuzz", "-timeout=60", "-rss_limit_mb=2048", *flags, corpus]
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


def show_coverage(names):
    build("coverage", [name + "_fuzz" for name in names])
    announce("lines that seeds and what was found reach")
    for name in names:
        covered, lines = covered_lines(name)
        print(f"    {name}: {100 * covered / lines:.1f}% of {lines} lines of {', '.join(s + '*' for s in SUBJECTS[name])}",
              flush=True)
    return Tally(passed=len(names))


def covered_lines(name):
    kept = ROOT / "build/fuzz/found" / name
    kept.mkdir(parents=True, exist_ok=True)
    raw, merged = (ROOT / f"build/coverage/{name}.{end}" for end in ("profraw", "profdata"))
    executable, *flags = command(name, kept, "-runs=0", preset="coverage")
    subprocess.run([executable, *flags], check=True, capture_output=True, stdin=subprocess.DEVNULL,
                   timeout=LOADING_SECONDS, env=os.environ | {"LLVM_PROFILE_FILE": str(raw)})
    subprocess.run(["llvm-profdata-19", "merge", raw, "-o", merged], check=True)
    told = subprocess.run(["llvm-cov-19", "export", "-summary-only", f"-instr-profile={merged}", executable],
                          check=True, capture_output=True, text=True).stdout
    files = [file["summary"]["lines"] for file in json.loads(told)["data"][0]["files"]
             if any(str(ROOT / subject) in file["filename"] for subject in SUBJECTS[name])]
    return sum(file["covered"] for file in files), sum(file["count"] for file in files)
