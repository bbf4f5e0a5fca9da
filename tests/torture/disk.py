"""A file system in a file, mounted over a loop device, that can be cut off as a power cut does and filled.

The mounts are in a namespace of this process: when it ends, however it ends, the kernel unmounts them and frees their
loop devices.
"""
import fcntl
import os
import pathlib
import shutil
import struct
import subprocess
import time

from processes import LIBC

CLONE_NEWNS = 0x00020000
SHUT_DOWN = 0x8004587D      # FS_IOC_SHUTDOWN, the same for ext4 and xfs
DO_NOT_FLUSH_THE_LOG = 2    # what is in memory stays there: journal and data
# Root may use what ext4 reserves for it; a relay that runs as its own user may not, so there is no such reserve.
MAKE = {"ext4": ["mkfs.ext4", "-q", "-F", "-m", "0"], "xfs": ["mkfs.xfs", "-q", "-f"]}
UNMOUNT_LIMIT_S = 300
MEBIBYTE = 1 << 20

_own_mounts = False


def reason_against(kind):
    """Why this machine can't mount such a file system over a loop device; nothing if it can."""
    if os.geteuid() != 0:
        return "needs root"
    if not shutil.which(MAKE[kind][0]):
        return f"needs {MAKE[kind][0]}"
    if not pathlib.Path("/dev/loop-control").exists():
        return "needs loop devices"
    if f"\t{kind}\n" not in pathlib.Path("/proc/filesystems").read_text():
        return f"this kernel has no {kind}"
    return None if _have_own_mounts() else "needs a mount namespace of its own"


def _have_own_mounts():
    global _own_mounts
    if not _own_mounts and LIBC.unshare(CLONE_NEWNS) == 0:
        subprocess.run(["mount", "--make-rprivate", "/"], check=True)
        _own_mounts = True
    return _own_mounts


class Disk:
    """`with Disk(...)`: unmounted in the end. Options are the kernel's defaults: barriers, ext4's data=ordered."""

    def __init__(self, folder, kind, mebibytes):
        assert _own_mounts, "reason_against() comes first"
        self.kind, self.image, self.path = kind, folder / f"{kind}.image", folder / kind
        with self.image.open("wb") as image:
            image.truncate(mebibytes * MEBIBYTE)
        self.path.mkdir()
        subprocess.run([*MAKE[kind], str(self.image)], check=True)

    def __enter__(self):
        self._mount()
        return self

    def __exit__(self, *_):
        if not self._unmount(UNMOUNT_LIMIT_S):
            subprocess.run(["umount", "-l", str(self.path)], check=False)
        self.image.unlink()

    def cut(self):
        """As a power cut: what has not been synced is lost, and every write from now on fails with EIO."""
        root = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.ioctl(root, SHUT_DOWN, struct.pack("I", DO_NOT_FLUSH_THE_LOG))
        finally:
            os.close(root)

    def mount_again(self):
        """The power is back: the journal is replayed. Nothing may have files open there any more."""
        if not self._unmount(UNMOUNT_LIMIT_S):
            raise RuntimeError(f"{self.path} can't be unmounted: who is still there?")
        self._mount()

    def sync(self):
        """This file system alone: the machine has other work."""
        subprocess.run(["sync", "-f", str(self.path)], check=True)

    def free_bytes(self):
        return shutil.disk_usage(self.path).free

    def fill(self, leave_bytes):
        """Takes all room but that, as another program's files would."""
        size, end = 64 * MEBIBYTE, 0
        with self._ballast().open("wb") as file:
            while size >= 4096:
                try:
                    if leave_bytes and self.free_bytes() < leave_bytes + size:
                        raise OSError
                    os.posix_fallocate(file.fileno(), end, size)
                    end += size
                except OSError:
                    size //= 2

    def make_room(self):
        self._ballast().unlink()

    def _ballast(self):
        return self.path / "ballast"

    def check_cut(self):
        """That the instrument cuts: of what is written here only what is synced may be there afterwards."""
        kept, lost, longer = (self.path / name for name in ("kept", "lost", "longer"))
        write(kept, b"k" * 9000, sync=True)
        write(longer, b"k" * 9000, sync=True)
        write(longer, b"l" * 90_000, sync=False)
        write(lost, b"l" * 9000, sync=False)
        self.cut()
        try:
            write(self.path / "late", b"l", sync=True)
            raise RuntimeError(f"{self.kind}: a write after the cut succeeded")
        except OSError:
            pass
        self.mount_again()
        if kept.read_bytes() != b"k" * 9000 or not longer.read_bytes().startswith(b"k" * 9000):
            raise RuntimeError(f"{self.kind}: the cut took what had been synced")
        if b"l" in longer.read_bytes() or (lost.exists() and lost.read_bytes()):
            raise RuntimeError(f"{self.kind}: what had not been synced survived the cut, which proves nothing then")

    def _mount(self):
        subprocess.run(["mount", "-o", "loop", str(self.image), str(self.path)], check=True)

    def _unmount(self, limit_s):
        until = time.monotonic() + limit_s
        while subprocess.run(["umount", str(self.path)], capture_output=True, check=False).returncode:
            if time.monotonic() > until or not self.path.is_mount():
                return not self.path.is_mount()
            time.sleep(0.1)
        return True


def write(path, content, sync):
    """Appends."""
    with path.open("ab", buffering=0) as file:
        file.write(content)
        if sync:
            os.fsync(file.fileno())
            folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
            os.fsync(folder)
            os.close(folder)
