"""[run] in packages.txt must name the package of every library that the built binary asks for."""
import re
import subprocess

from tally import ROOT

PROVIDED = {"libc6", "libgcc-s1"}  # on every Debian


def problems():
    binary = ROOT / "build/release/postrider"
    if not binary.exists():
        return []
    needed = re.findall(r"NEEDED.*\[(.+)\]", output("readelf", "-d", binary))
    paths = dict(re.findall(r"(\S+) => (\S+)", output("ldd", binary)))
    listed = run_section()
    missing = []
    for library in needed:
        package = package_of(paths.get(library, ""))
        if package not in listed | PROVIDED:
            missing.append(f"{library} needs {package or 'a package that is not installed'} under [run]")
    return missing


def run_section():
    text = (ROOT / "packages.txt").read_text()
    section = re.search(r"^\[run\]\n(.*?)^\[", text, re.MULTILINE | re.DOTALL).group(1)
    return {line for line in section.split() if not line.startswith("#")}


def package_of(path):
    # dpkg knows the path from before or from after /lib became a link to /usr/lib.
    for candidate in (path, path.removeprefix("/usr"), "/usr" + path):
        owner = output("dpkg-query", "-S", candidate)
        if owner:
            return owner.partition(":")[0]
    return ""


def output(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return done.stdout
