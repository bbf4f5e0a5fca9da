"""./test torture: the relay is ended again and again under load, and nothing that it answered for may be lost."""
import argparse
import pathlib
import statistics
import sys
import tempfile
import time

from tally import ROOT, Tally, announce, build

sys.path.insert(0, str(ROOT / "tests/torture"))

COPIES_AN_END = 20  # connections of a site: what can be sent and not yet written down (docs/reliability.md)


def run(words):
    options = parse(words)
    import kills  # needs the path above
    build("faults", ["postrider"])
    announce(f"kills for {options.minutes:g} minutes (seed {options.seed})")
    with tempfile.TemporaryDirectory(prefix="postrider-torture-") as folder:
        try:
            found, ended = kills.run(ROOT / "build/faults/postrider", pathlib.Path(folder), options.minutes,
                                     options.seed)
        except RuntimeError as problem:
            print((pathlib.Path(folder) / "relay.log").read_text(errors="replace")[-4000:])
            return Tally(failures=[f"torture: {problem}"])
    show(found, ended)
    return Tally.of("torture", problems(found, ended))


def parse(words):
    parser = argparse.ArgumentParser(prog="./test torture")
    parser.add_argument("--minutes", type=float, default=3)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    return parser.parse_args(words)


def show(found, ended):
    accepted = found["accepted"]
    print(f"    {ended.total} ends: " + ", ".join(f"{n} {moment}" for moment, n in sorted(ended.by_moment.items())))
    print(f"    {accepted} acknowledged, {found['lost']} lost, {found['copies']} copies "
          f"({100 * found['copies'] / max(accepted, 1):.4f}%, {found['copies'] / max(ended.total, 1):.1f} an end)")
    print(f"    ready again after {statistics.median(ended.starts_s):.2f} s (median), {max(ended.starts_s):.2f} s at most")


def problems(found, ended):
    if not found["accepted"] or not ended.total:
        yield "no load, or the relay was never ended: nothing was tested"
    if found["lost"]:
        yield f"{found['lost']} messages were answered 250 and never arrived"
    if found["copies"] > COPIES_AN_END * ended.total:
        yield f"{found['copies']} copies arrived: more than were open at {ended.total} ends"
