"""The alerts and the dashboard are valid, and each alert fires when it should and not otherwise."""

from __future__ import annotations

import itertools
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from single_machine.tests.test_documents import anchors

ROOT = Path(__file__).parents[2]
MONITORING = ROOT / "monitoring"
PROMTOOL = pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is missing: apt install prometheus")
GRAFANA_COLUMNS = 24


def promtool(*arguments: str | Path) -> str:
    done = subprocess.run(["promtool", *arguments], cwd=MONITORING, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load((MONITORING / "alerts.yaml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((MONITORING / "dashboard.json").read_text())
    return found


def expressions() -> list[str]:
    """Of all panels, as Grafana asks Prometheus."""
    asked = [target["expr"] for panel in dashboard()["panels"] for target in panel.get("targets", ())]
    return [expression.replace("$__rate_interval", "1m") for expression in asked]


@PROMTOOL
def test_the_rules_are_valid_and_their_own_tests_pass() -> None:
    assert "SUCCESS: 10 rules found" in promtool("check", "rules", "alerts.yaml")
    assert "SUCCESS" in promtool("test", "rules", "alerts_test.yaml")


@PROMTOOL
def test_prometheus_accepts_the_configuration_and_asks_for_the_job_of_the_alerts() -> None:
    promtool("check", "config", "prometheus.yaml")
    jobs = yaml.safe_load((MONITORING / "prometheus.yaml").read_text())["scrape_configs"]
    asked_for = set(re.findall(r'job="(\w+)"', (MONITORING / "alerts.yaml").read_text()))
    assert {job["job_name"] for job in jobs} == asked_for


def test_each_alert_is_tested_both_ways() -> None:
    tests = yaml.safe_load((MONITORING / "alerts_test.yaml").read_text())["tests"]
    asked = [question for test in tests for question in test["alert_rule_test"]]
    names = {alert["alert"] for alert in alerts()}
    assert {question["alertname"] for question in asked if question["exp_alerts"]} == names
    assert {question["alertname"] for question in asked if not question["exp_alerts"]} == names


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: alert["alert"])
def test_each_alert_says_what_it_is_and_where_to_read_what_to_do(alert: dict[str, Any]) -> None:
    notes = alert["annotations"]
    assert len(notes["summary"].splitlines()) == 1
    assert notes["description"].endswith(".")
    page, _, anchor = notes["runbook"].partition("#")
    assert f"#{anchor}" in anchors(ROOT / page)
    assert alert["labels"]["severity"] in ("critical", "warning")


@PROMTOOL
def test_prometheus_understands_every_question_of_the_dashboard(tmp_path: Path) -> None:
    rules = [{"record": f"panel:{number}", "expr": asked} for number, asked in enumerate(expressions())]
    file = tmp_path / "rules.json"
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    assert f"SUCCESS: {len(rules)} rules found" in promtool("check", "rules", file)


def test_the_dashboard_has_its_rows_and_no_panel_lies_on_another() -> None:
    panels = dashboard()["panels"]
    assert [panel["title"] for panel in panels if panel["type"] == "row"] == ["Launch", "Capacity", "Homes", "Health"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for one, other in itertools.combinations((panel["gridPos"] for panel in panels), 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below, (one, other)
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= GRAFANA_COLUMNS for panel in panels)
    assert all(
        target["datasource"]["uid"] == "${datasource}" for panel in panels for target in panel.get("targets", ())
    )
