"""OpenSSL is helped to the fastest RSA code of this processor, and an operator's own word stands."""
from pathlib import Path


def environment_of(pid):
    entries = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    return dict(entry.split(b"=", 1) for entry in entries if b"=" in entry)


def is_zen3():
    cpu = Path("/proc/cpuinfo").read_text().split("\n\n")[0]
    fields = dict((part.strip() for part in line.split(":", 1)) for line in cpu.splitlines() if ":" in line)
    return (fields.get("vendor_id") == "AuthenticAMD" and fields.get("cpu family") == "25"
            and "avx512ifma" not in fields.get("flags", ""))


def test_the_processor_decides(start_relay):
    relay = start_relay()
    expected = b":~0x80000" if is_zen3() else None
    assert environment_of(relay.ready["pid"]).get(b"OPENSSL_ia32cap") == expected


def test_the_operator_decides(start_relay, monkeypatch):
    monkeypatch.setenv("OPENSSL_ia32cap", ":~0x0")
    relay = start_relay()
    assert environment_of(relay.ready["pid"])[b"OPENSSL_ia32cap"] == b":~0x0"
