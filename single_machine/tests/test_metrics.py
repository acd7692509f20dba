"""One address shows the figures of all parts, also while some of them are down."""

from __future__ import annotations

import re
import socketserver
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from contract.backup import BackupRecord
from single_machine.backup.record import write_record
from single_machine.metrics.school import SchoolMetrics
from single_machine.metrics.server import serving_metrics
from single_machine.processes import Processes
from single_machine.settings import METRICS_PORT, Settings, read_settings
from tests.certificates import make_certificate
from tests.ports import free_port, listens
from tests.waiting import until

SOURCE = Path(__file__).parents[2]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    chain, key = make_certificate(tmp_path, ["learn.school.test", "*.ws-learn.school.test"], days=10)
    home = tmp_path / "home"
    (home / "run" / "envoy").mkdir(parents=True)
    password = home / "password"
    password.write_text("secret\n")
    return read_settings(
        {
            "APRANOVA_HOME": str(home),
            "APRANOVA_RUN_DIR": str(home / "run"),
            "APRANOVA_DOMAIN": "learn.school.test",
            "APRANOVA_TLS": "files",
            "APRANOVA_TLS_CERTIFICATE": str(chain),
            "APRANOVA_TLS_KEY": str(key),
            "APRANOVA_BACKUP_TARGET": str(tmp_path / "backups"),
            "APRANOVA_BACKUP_PASSWORD_FILE": str(password),
        },
        source=SOURCE,
    )


def figures(settings: Settings, *, manager_endpoint: str = "") -> dict[str, float]:
    endpoint = manager_endpoint or f"http://127.0.0.1:{free_port()}"
    processes = Processes(settings.logs)
    metrics = SchoolMetrics(settings, processes, manager_endpoint=endpoint, admin_mail_failures=lambda: 3)
    lines = re.findall(r"^([a-z]\S+) (\S+)$", metrics.text().decode(), re.MULTILINE)
    return {series: float(value) for series, value in lines}


def test_parts_that_are_down_are_a_finding_and_no_error(settings: Settings) -> None:
    found = figures(settings)
    parts = ("manager", "backend", "gateway", "postgresql", "redis")
    assert {part: found[f'apranova_part_up{{part="{part}"}}'] for part in parts} == dict.fromkeys(parts, 0)
    assert "apranova_gateway_connections" not in found, "a gateway that is down has no figures, and not zero"
    assert found["apranova_admin_mail_failures_total"] == 3


def test_the_certificate_and_the_newest_backup(settings: Settings) -> None:
    assert figures(settings)["apranova_backup_success_timestamp_seconds"] == 0
    record = BackupRecord().succeeded(target="", snapshot="s", size=5_000, began=1e9, now=1e9 + 60, lacking="")
    write_record(settings, record)
    found = figures(settings)
    assert found["apranova_backup_success_timestamp_seconds"] == record.succeeded_at
    assert found["apranova_backup_healthy"] == 1
    assert found["apranova_backup_size_bytes"] == 5_000
    assert found["apranova_certificate_needs_a_person"] == 1, "it ends within 14 days"
    assert found["apranova_certificate_end_timestamp_seconds"] > 1.7e9
    write_record(settings, record.failed("the disk is full", began=2e9, now=2e9))
    assert figures(settings)["apranova_backup_healthy"] == 0


def test_a_certificate_that_nobody_would_accept_has_ended(settings: Settings) -> None:
    assert settings.certificate is not None
    settings.certificate.chain.write_text("no certificate\n")
    found = figures(settings)
    assert found["apranova_certificate_end_timestamp_seconds"] == 0
    assert found["apranova_certificate_needs_a_person"] == 1


class _Unwell(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(500)
        self.end_headers()
        self.wfile.write(b"apranova_wrong 1\n")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class names it so)
        pass


@pytest.fixture
def unwell() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Unwell) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_an_error_of_a_part_is_not_taken_for_its_figures(settings: Settings, unwell: str) -> None:
    found = figures(settings, manager_endpoint=unwell)
    assert found['apranova_part_up{part="manager"}'] == 0
    assert "apranova_wrong" not in found


def test_it_is_served_at_one_path_on_loopback() -> None:
    port = free_port()
    with serving_metrics(port, lambda: b"apranova_x 1\n", pytest.fail):
        assert urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics").read() == b"apranova_x 1\n"
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/")
    until(lambda: not listens(port), "it goes on", within_s=10)


def test_a_port_that_is_taken_does_not_keep_the_school_from_starting() -> None:
    said: list[str] = []
    with socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as other:
        port = other.server_address[1]
        with serving_metrics(port, lambda: b"", said.append):
            pass
    assert said == [
        f"No metrics at port {port}: Address already in use. Choose another one: metrics.port in school.toml"
    ]


def test_a_service_has_metrics_and_a_trial_none_unless_asked(tmp_path: Path) -> None:
    trial = {"APRANOVA_HOME": str(tmp_path)}
    assert read_settings(trial, source=SOURCE).metrics_port == 0
    assert read_settings({**trial, "APRANOVA_METRICS_PORT": "9000"}, source=SOURCE).metrics_port == 9000
    service = {**trial, "APRANOVA_SERVICE": "yes"}
    assert read_settings(service, source=SOURCE).metrics_port == METRICS_PORT
