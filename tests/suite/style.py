"""Checks that need no compiler: layers between folders, heads of headers, length of files, packages."""
import pathlib
import re

import packages
from tally import ROOT, Tally, announce

# A folder includes itself and what stands before it here.
LAYERS = ["base", "rules", "net", "mail", "smtp", "dns", "store", "events", "statistics", "search", "suppression",
          "directory", "health", "spool", "bounce", "webhook", "acme", "exports", "track", "readers", "links", "retention",
          "queue", "delivery", "relay", "privacy", "simulator", "load", "http", "cli"]
LONGEST_FILE = 400
TABLES = {"track/entity_table.cc"}  # one subject, however long
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)


def run(source=ROOT / "src"):
    announce("style")
    files = sorted(p for p in source.rglob("*") if p.suffix in (".h", ".cc"))
    for path in files:
        lines = path.read_text().count("\n")
        if lines > LONGEST_FILE and path.relative_to(source).as_posix() not in TABLES:
            print(f"    {path.relative_to(source.parent)} has {lines} lines, more than {LONGEST_FILE}")
    return (Tally.of("layers", list(layer_problems(source, files)))
            + Tally.of("heads", list(head_problems(source, files)))
            + Tally.of("packages", packages.problems()))


def layer_problems(source: pathlib.Path, files):
    for path in files:
        folder, name = path.relative_to(source).parts[0], path.relative_to(source)
        if folder == "main.cc":
            continue
        if folder not in LAYERS:
            yield f"{name}: no place among the layers; give the folder one in tests/suite/style.py"
            continue
        for included in INCLUDE.findall(path.read_text()):
            target = included.partition("/")[0]
            if "/" not in included or target not in LAYERS:
                yield f'{name}: "{included}" is not folder/file.h of ours'
            elif LAYERS.index(target) > LAYERS.index(folder):
                yield f'{name}: {folder} must not know {target} ("{included}")'


def head_problems(source: pathlib.Path, files):
    for path in files:
        if path.suffix == ".h" and not path.read_text().startswith("// "):
            yield f"{path.relative_to(source)}: a header begins with what it is for and its contract"
