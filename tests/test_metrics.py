"""A real Prometheus reads a running school and finds every name that operators are told of."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from playwright.sync_api import Page

from contract.backup import BackupRecord
from single_machine.metrics.exposition import CertificateFigures, SupervisorFigures, exposition
from single_machine.metrics.parts import Parts
from single_machine.tests.test_monitoring import MONITORING, ROOT, alerts, expressions
from tests.ports import free_port
from tests.product import Product
from tests.student import Student
from tests.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
PROMETHEUS = pytest.mark.skipif(not shutil.which("prometheus"), reason="Prometheus is missing: apt install prometheus")


def scrape(product: Product) -> str:
    return httpx.get(f"http://127.0.0.1:{product.metrics_port}/metrics", timeout=30).raise_for_status().text


@pytest.fixture(scope="module")
def at_work(product: Product, chromium: Any) -> str:
    """The figures while a student is at work."""
    context = chromium.new_context()
    student = Student(context.new_page(), product, product.accounts()["ben"])
    student.sign_in()
    student.launch()
    workspace_id = student.workspace_id()
    wanted = ("home_memory_bytes", "home_disk_bytes")

    def shown() -> str:
        text = scrape(product)
        series = [f'apranova_manager_{name}{{workspace="{workspace_id}"}}' for name in wanted]
        return text if all(one in text for one in series) else ""

    text = until(shown, within_s=120, every_s=1.0)
    context.close()
    return text


def names_in(text: str) -> set[str]:
    return set(re.findall(r"apranova_\w+", text))


def names_shown(text: str) -> set[str]:
    return {line.partition("{")[0].partition(" ")[0] for line in text.splitlines() if line and line[0] != "#"}


def test_every_name_in_the_alerts_the_dashboard_and_the_guide_is_shown(at_work: str) -> None:
    """The trial has no certificate and no backup; those two come from what a school with both is
    shown by the same code."""
    both = SupervisorFigures(certificate=CertificateFigures(1e9, needs_a_person=False), backup=BackupRecord())
    shown = names_shown(at_work) | names_shown(exposition(Parts(), both).decode())
    asked = names_in("\n".join([*expressions(), *(alert["expr"] for alert in alerts())]))
    assert asked
    assert asked - shown == set()
    guide = (ROOT / "docs/guides/operator.md").read_text()
    families = {re.sub("_(bucket|count|sum)$", "", name) for name in shown}
    assert names_in(guide) - families == set()


def test_labels_in_the_alerts_are_shown(at_work: str) -> None:
    for alert in alerts():
        for series in re.findall(r"apranova_\w+\{\w+=\"\w+\"\}", alert["expr"]):
            assert series in at_work


def test_a_launch_is_seen_and_nobody_is_named(product: Product, at_work: str) -> None:
    launches = re.findall(r"^apranova_manager_launch_seconds_count\S* (\S+)$", at_work, re.MULTILINE)
    assert sum(map(float, launches)) >= 1
    memory = re.findall(r"^apranova_manager_home_memory_bytes\S* (\S+)$", at_work, re.MULTILINE)
    assert all(20e6 < float(used) < 3e9 for used in memory)
    assert set(re.findall(r'^apranova_part_up\{part="(\w+)"\} 1.0$', at_work, re.MULTILINE)) == {
        "manager", "backend", "gateway", "postgresql", "redis",
    }  # fmt: skip
    assert "@" not in at_work
    assert not {name for name in product.accounts() if re.search(rf"\b{name}\b", at_work, re.IGNORECASE)} - {"admin"}


@PROMETHEUS
def test_promtool_finds_nothing_to_improve(at_work: str) -> None:
    done = subprocess.run(["promtool", "check", "metrics"], input=at_work, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_figures_are_not_for_the_public(product: Product, new_page: Callable[[], Page]) -> None:
    page = new_page()
    for path in ("/metrics", "/api/metrics", "/api/../metrics", "/workspace/../metrics"):
        answer = page.request.get(f"{product.url}{path}")
        assert answer.status == 404
        assert "apranova_" not in answer.text()


@contextmanager
def prometheus(folder: Path, product: Product) -> Iterator[str]:
    """The configuration that we hand out, with this school's port and quick scrapes."""
    configuration = yaml.safe_load((MONITORING / "prometheus.yaml").read_text())
    configuration["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    configuration["scrape_configs"][0]["static_configs"] = [{"targets": [f"127.0.0.1:{product.metrics_port}"]}]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(configuration))
    shutil.copy(MONITORING / "alerts.yaml", folder)
    address = f"127.0.0.1:{free_port()}"
    command = [
        "prometheus",
        "--config.file=prometheus.yml",
        "--storage.tsdb.path=data",
        f"--web.listen-address={address}",
    ]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT)
        try:
            yield f"http://{address}/api/v1"
        finally:
            process.terminate()
            process.wait(30)


def ask(api: str, path: str, **parameters: str) -> Any:
    return httpx.get(f"{api}/{path}", params=parameters).raise_for_status().json()["data"]


@PROMETHEUS
@pytest.mark.usefixtures("at_work")
def test_a_real_prometheus_reads_the_school_and_no_alert_is_broken(product: Product, tmp_path: Path) -> None:
    with prometheus(tmp_path, product) as api:
        up = 'up{job="apranova"} == 1 and on(job) count_over_time(up[1m]) >= 3'
        until(lambda: ask(api, "query", query=up)["result"], within_s=60, every_s=0.2, ignoring=httpx.HTTPError)
        targets = ask(api, "targets")["activeTargets"]
        assert [target["lastError"] for target in targets] == [""]
        for expression in expressions():
            ask(api, "query", query=expression)
        launched = ask(api, "query", query="sum(apranova_manager_launch_seconds_count)")["result"]
        assert float(launched[0]["value"][1]) >= 1
        rules = [rule for group in ask(api, "rules")["groups"] for rule in group["rules"]]
        assert {rule["health"] for rule in rules} == {"ok"}
        assert "ApraNovaDown" not in {rule["name"] for rule in rules if rule["state"] != "inactive"}
