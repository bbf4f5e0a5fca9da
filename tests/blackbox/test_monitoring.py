"""What Prometheus and Grafana are given: metrics by its conventions, alert rules, a dashboard."""
import json
import re
import shutil
import subprocess
import urllib.request

import pytest

from relay import ROOT

RULES, DASHBOARD = ROOT / "config/prometheus-alerts.yml", ROOT / "config/grafana-dashboard.json"
PROMTOOL = shutil.which("promtool")
NAME = re.compile(r"\b(?:postrider|process)_[a-z_]+")


@pytest.fixture(scope="module")
def metrics(shared_relay):
    shared_relay.cli("webhook", "add", "https://example.com/hook")
    shared_relay.cli("account", "add", "other")  # as the row of those that have none is called
    shared_relay.cli("domain", "add", "other.example", "--account", "other", "--verified")
    password = json.loads(shared_relay.cli("credential", "add", "other", "--user", "other", "--json"))["password"]
    with shared_relay.client(login=False) as client:
        client.login("other", password)
        client.sendmail("", "delivered@simulator.test", b"From: shop@other.example\r\n\r\nhello\r\n")
    shared_relay.submit(to="delivered@simulator.test")
    shared_relay.wait_for_event("delivered")
    with urllib.request.urlopen(f"http://{shared_relay.ready['http']}/metrics") as answer:
        return answer.read().decode()


def promtool(*words, **more):
    assert PROMTOOL, "promtool is missing: package prometheus"
    done = subprocess.run([PROMTOOL, *words], capture_output=True, text=True, **more)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def test_metrics_follow_the_conventions(metrics):
    done = promtool("check", "metrics", input=metrics)
    assert not done.stderr.strip(), done.stderr


def test_alert_rules_are_rules():
    assert re.search(r"SUCCESS: \d\d rules found", promtool("check", "rules", str(RULES)).stdout)


def test_alerts_and_dashboard_ask_for_metrics_that_there_are(metrics):
    families = dict(re.findall(r"^# TYPE (\S+) (\S+)", metrics, re.M))
    known = {name + end for name, kind in families.items()
             for end in (("_bucket", "_sum", "_count") if kind == "histogram" else ("",))}
    dashboard = json.loads(DASHBOARD.read_text())
    asked = set(NAME.findall(RULES.read_text())) | set(NAME.findall(json.dumps(dashboard["panels"])))
    assert len(asked) > 20 and asked <= known, asked - known


def test_providers_and_accounts_have_rows_and_the_rest_one(metrics):
    """Bounded however many there are: tests/unit/relay/traffic_test.cc."""
    assert re.search(r'^postrider_provider_attempts_total\{provider="127.0.0.1:\d+",outcome="delivered"\} [1-9]',
                     metrics, re.M), metrics
    for name in ("provider_attempts_total{provider", "account_attempts_total{account"):
        assert f'postrider_{name}="other",outcome="delivered"}} 0' in metrics
    assert 'postrider_account_accepted_recipients_total{account="sandbox"} 1' in metrics
    assert re.search(r'^postrider_account_accepted_recipients_total\{account="other \(\d+\)"\} 1$', metrics, re.M)
    assert 'postrider_account_attempts_total{account="sandbox",outcome="delivered"} 1' in metrics
    assert re.search(r'^postrider_provider_delivery_seconds_bucket\{provider="127.0.0.1:\d+",le="\+Inf"\} [12]$', metrics, re.M)
    assert 'postrider_dns_lookups_total{answer="found"}' in metrics


def test_dashboard_has_its_parts():
    dashboard = json.loads(DASHBOARD.read_text())
    panels = dashboard["panels"]
    assert len({p["id"] for p in panels}) == len({(p["gridPos"]["x"], p["gridPos"]["y"]) for p in panels}) == len(panels)
    assert all(target["expr"] for panel in panels for target in panel["targets"])
    variables = {v["name"] for v in dashboard["templating"]["list"]}
    assert set(re.findall(r"\$\{?([a-z]+)", json.dumps(panels))) <= variables


def test_every_expression_of_the_dashboard_is_one():
    expressions = [t["expr"] for p in json.loads(DASHBOARD.read_text())["panels"] for t in p["targets"]]
    rules = {"groups": [{"name": "dashboard", "rules": [
        {"record": f"panel:{n}", "expr": e.replace("$__rate_interval", "5m")} for n, e in enumerate(expressions)]}]}
    promtool("check", "rules", "/dev/stdin", input=json.dumps(rules))
