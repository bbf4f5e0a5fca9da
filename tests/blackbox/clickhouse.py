"""ClickHouse of Debian on loopback, in a folder of its own, and a server in front of it that can refuse."""
import json
import shutil
import socket
import subprocess
import urllib.error
import urllib.request

import pytest

from waiting import LIMIT_S, wait_for

USER, PASSWORD = "postrider", "se:cret/%41"

CONFIG = """<?xml version="1.0"?>
<yandex>
  <logger><level>warning</level><log>{folder}/log</log><errorlog>{folder}/errors</errorlog></logger>
  <http_port>{http}</http_port><tcp_port>{tcp}</tcp_port><listen_host>127.0.0.1</listen_host>
  <path>{folder}/data/</path><tmp_path>{folder}/tmp/</tmp_path><mark_cache_size>1048576</mark_cache_size>
  <timezone>America/New_York</timezone>
  <users_config>users.xml</users_config><default_profile>default</default_profile>
  <default_database>default</default_database>
</yandex>
"""
USERS = f"""<?xml version="1.0"?>
<yandex>
  <profiles><default><max_threads>1</max_threads></default></profiles>
  <quotas><default/></quotas>
  <users><{USER}><password>{PASSWORD}</password><networks><ip>127.0.0.1</ip></networks>
    <profile>default</profile><quota>default</quota></{USER}></users>
</yandex>
"""


def free_ports(count):
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


class ClickHouse:
    def __init__(self, folder):
        if shutil.which("clickhouse-server") is None:
            pytest.skip("clickhouse-server is not installed")
        self.folder, self.process = folder, None
        folder.mkdir()
        self.http, tcp = free_ports(2)
        (folder / "config.xml").write_text(CONFIG.format(folder=folder, http=self.http, tcp=tcp))
        (folder / "users.xml").write_text(USERS)
        self.start()

    def start(self):
        self.process = subprocess.Popen(["clickhouse-server", f"--config-file={self.folder}/config.xml"],
                                        cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
        wait_for("ClickHouse", self._answers, limit_s=2 * LIMIT_S, explain=self.explain)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def ask(self, query):
        """Rows as dictionaries, where the query asks for FORMAT JSONEachRow; else its text."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.http}/", data=query.encode(), headers={
            "X-ClickHouse-User": USER, "X-ClickHouse-Key": PASSWORD})
        try:
            with urllib.request.urlopen(request, timeout=LIMIT_S) as answer:
                text = answer.read().decode()
        except urllib.error.HTTPError as error:
            pytest.fail(f"{query}: {error.read().decode()}")
        return [json.loads(line) for line in text.splitlines()] if query.endswith("JSONEachRow") else text.strip()

    def count(self, what="count()", table="postrider_events FINAL"):
        return int(self.ask(f"SELECT {what} FROM {table}"))

    def export(self, *, port=None, name="warehouse", **more):
        """Words for a relay that exports here, or to what stands in front of it at `port`."""
        options = {"name": name, "type": "clickhouse", "url": f"http://127.0.0.1:{port or self.http}/",
                   "user": USER, "password": PASSWORD, "gather": "50ms", **more}
        written = ", ".join(f"{key} = {json.dumps(value)}" for key, value in options.items())
        return ["--set", f"export=[{{{written}}}]"]

    def explain(self):
        return "".join((self.folder / name).read_text(errors="replace")[-3000:]
                       for name in ("log", "errors") if (self.folder / name).exists())

    def _answers(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http}/ping", timeout=LIMIT_S) as answer:
                return answer.read() == b"Ok.\n"
        except OSError:
            assert self.process.poll() is None, self.explain()
            return False
