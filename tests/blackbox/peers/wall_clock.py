"""A wall clock for a process under test that can be set while it runs."""
import mmap
import pathlib
import struct
import subprocess

SOURCE = pathlib.Path(__file__).with_suffix(".c")


class WallClock:
    def __init__(self, folder):
        self.file, self.library = folder / "wall-clock", folder / "wall_clock.so"
        self.file.write_bytes(bytes(8))
        with self.file.open("r+b") as file:
            self.off_ms = mmap.mmap(file.fileno(), 8)
        subprocess.run(["clang-19", "-Wall", "-Werror", "-O1", "-shared", "-fPIC", "-o", self.library, SOURCE, "-ldl"],
                       check=True)

    def set_by(self, seconds):
        """Off from the true time from now on."""
        self.off_ms[:] = struct.pack("q", seconds * 1000)

    def command(self, command):
        """The same command, under this clock."""
        return ["env", f"LD_PRELOAD={self.library}", f"WALL_CLOCK_FILE={self.file}", *command]
