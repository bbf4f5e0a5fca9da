"""./test torture: the relay, its disk and its files are brought to an end again and again under load, and nothing that
it answered for may be lost."""
import argparse
import os
import pathlib
import re
import signal
import statistics
import sys
import tempfile
import time
import traceback

from tally import ROOT, Tally, announce, build

sys.path.insert(0, str(ROOT / "tests/torture"))

BUILT = ROOT / "build/faults/postrider"
FILE_SYSTEMS = ("ext4", "xfs")
COPIES_AN_END = 20  # connections of a site: what can be sent and not yet written down (docs/reliability.md)
SANITIZERS_SAY = re.compile(r"(?:ERROR|WARNING): \w+Sanitizer.*|\S+: runtime error: .*")


def run(words, binary=None):
    """`binary`, or $POSTRIDER, or that of the preset `faults`. One without fault points is ended at random moments only,
    and has no torn tails."""
    options = parse(words)
    options.binary = binary or os.environ.get("POSTRIDER") or str(BUILT)
    # Whoever ends us wants mounts, loop devices and processes gone too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if options.binary == str(BUILT):
        build("faults", ["postrider"])
    import tools
    announce(f"with {tools.name_of_tools()}, seed {options.seed}")
    tally = Tally()
    for name in PARTS if options.only is None else [options.only]:
        tally += PARTS[name](options)
    return tally


def parse(words):
    parser = argparse.ArgumentParser(prog="./test torture")
    parser.add_argument("--only", choices=list(PARTS))
    parser.add_argument("--minutes", type=float, help="of kills (2; with --kills: 600)")
    parser.add_argument("--kills", type=int, help="so many kills, however long it takes up to --minutes")
    parser.add_argument("--cuts", type=int, default=6, help="power cuts of each file system")
    parser.add_argument("--every-byte", action="store_true", help="torn tails: each byte instead of a sample")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args(words)
    if options.minutes is None:
        options.minutes = 600 if options.kills else 2
    return options


def attempt(options, name, test, *arguments):
    """What `test` returns for a folder of its own, or nothing, and what failed meanwhile."""
    with tempfile.TemporaryDirectory(prefix="postrider-torture-") as folder:
        log = pathlib.Path(folder) / "relay.log"
        done, failed = None, Tally()
        try:
            done = test(options.binary, pathlib.Path(folder), *arguments)
        except Exception as problem:  # whatever it is, the parts that follow are to run
            traceback.print_exc()
            print(log.read_text(errors="replace")[-4000:] if log.exists() else "")
            failed = Tally(failures=[f"{name}: {problem}"])
        # Thread sanitizer goes on, and a process that is killed says nothing more.
        said = log.read_text(errors="replace") if log.exists() else ""
        if found := SANITIZERS_SAY.search(said):
            print(said[found.start():][:6000])
            failed += Tally(failures=[f"{name}: {found[0]}"])
        return done, failed


def kill_it(options):
    import kills
    announce("kills")
    ended, failed = attempt(options, "kills", kills.run, options.minutes, options.kills or 1 << 30, options.seed)
    if ended is None:
        return failed
    print("    " + moments(ended.total, "ends", ended.by_moment))
    show_found(ended.found, ended.total)
    show_starts(ended.starts_s)
    return failed + Tally.of("kills", [*loss_problems(ended.found), *copy_problems(ended.found, ended.total)])


def cut_power(options):
    import cuts
    return each_file_system("cuts", lambda kind: cut_one(cuts, kind, options))


def cut_one(cuts, kind, options):
    announce(f"power cuts, {kind}")
    cut, failed = attempt(options, f"cuts, {kind}", cuts.run, kind, options.cuts, options.seed)
    if cut is None:
        return failed
    print("    " + moments(cut.total, "cuts", cut.by_moment()))
    show_found(cut.found, cut.ends)
    print(f"    {cut.waited} of them lay on the disk until the end")
    show_starts(cut.starts_s)
    ended = [one.ended_s for one in cut.all if one.ended_s is not None]
    if ended:
        print(f"    ended by itself {statistics.median(ended):.2f} s after the disk had failed (median), "
              f"{max(ended):.2f} s at most; the last 250 was heard {max(cut.answered_us) / 1000:.1f} ms after it")
    return failed + Tally.of(f"cuts, {kind}",
                             [*cut.problems, *loss_problems(cut.found), *copy_problems(cut.found, cut.ends)])


def fill_disk(options):
    import full
    return each_file_system("full", lambda kind: fill_one(full, kind, options))


def fill_one(full, kind, options):
    announce(f"a disk that fills up, {kind}")
    filled, failed = attempt(options, f"full, {kind}", full.run, kind, options.seed)
    if filled is None:
        return failed
    print(f"    {full.OPEN} messages half sent, {full.CONNECTIONS} connections that send; the first 452 came with "
          f"{filled.refused_at_mebibytes} MiB left")
    for when, codes in (("under the reserve", filled.begun), ("while the last block was taken", filled.filling),
                        ("on the full disk", filled.full)):
        print(f"    finished {when}: " + ", ".join(f"{n} times {code}" for code, n in sorted(codes.items())))
    print(f"    taken again {filled.again_s:.1f} s after there was room, by the same process")
    show_found(filled.found, 0)
    return failed + Tally.of(f"full, {kind}", [*filled.problems, *loss_problems(filled.found)])


def damage_files(options):
    import torn
    announce("torn tails and flipped bits")
    found, failed = attempt(options, "torn", torn.run, options.every_byte, options.seed)
    if found is None:
        return failed
    print(f"    {found.cuts} places at which the last write was cut off, {len(found.problems)} problems")
    for kind, outcomes in sorted(found.outcomes.items()):
        print(f"    a flipped bit in {kind}: " + ", ".join(f"{n} times {what}" for what, n in sorted(outcomes.items())))
    return failed + Tally.of("torn", found.problems)


def each_file_system(name, test):
    from disk import reason_against
    tally = Tally()
    for kind in FILE_SYSTEMS:
        if reason := reason_against(kind):
            announce(f"{name}, {kind}: skipped, {reason}")
            tally += Tally(skipped=1)
        else:
            tally += test(kind)
    return tally


PARTS = {"kills": kill_it, "cuts": cut_power, "full": fill_disk, "torn": damage_files}


def moments(total, what, by_moment):
    return f"{total} {what}: " + ", ".join(f"{n} {moment}" for moment, n in sorted(by_moment.items()))


def show_found(found, ends):
    accepted = found["accepted"]
    each = f", {found['copies'] / ends:.1f} an end" if ends else ""
    print(f"    {accepted} acknowledged, {found['lost']} lost, {found['copies']} copies "
          f"({100 * found['copies'] / max(accepted, 1):.4f}%{each})")


def show_starts(starts_s):
    print(f"    ready again after {statistics.median(starts_s):.2f} s (median), {max(starts_s):.2f} s at most")


def loss_problems(found):
    if not found["accepted"]:
        yield "no load: nothing was tested"
    if found["lost"]:
        yield f"{found['lost']} messages were answered 250 and never arrived"


def copy_problems(found, ends):
    if found["copies"] > COPIES_AN_END * ends:
        yield f"{found['copies']} copies arrived: more than were open at {ends} ends"
