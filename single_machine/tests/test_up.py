"""Which processes a start starts, with nothing behind them."""

from __future__ import annotations

import dataclasses
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from gateway.tls import certificate_file, write_certificate
from single_machine import database_schema, up
from single_machine.certificate import CertificateFiles, CertificateWatch
from single_machine.image_builds import ImageBuilds
from single_machine.isolation_check import Isolation
from single_machine.preflight import free_port, make_folders
from single_machine.processes import Processes
from single_machine.running import starting
from single_machine.settings import Settings, Tls, read_settings
from single_machine.signals import Stop
from single_machine.spawning import ProcessSpec

SOURCE = Path(__file__).parents[2]


class Recorded(Processes):
    """Starts nothing; waiting for what was not started is a mistake."""

    def __init__(self, logs: Path) -> None:
        super().__init__(logs)
        self.specs: dict[str, ProcessSpec] = {}

    def start(self, spec: ProcessSpec) -> None:
        self.specs[spec.name] = spec

    def wait_ready(self, name: str) -> None:
        assert name in self.specs

    def pids(self) -> dict[str, int]:
        return dict.fromkeys(self.specs, 1)


class NoBuilds(ImageBuilds):
    def start(self) -> None:
        pass


class NoPortalBuild:
    def __init__(self, _: Settings) -> None:
        pass

    def start(self) -> None:
        pass

    def finish(self) -> None:
        pass


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    for name in ("prepare_database", "_publish_static_files"):
        monkeypatch.setattr(up, name, lambda *_, **__: None)
    monkeypatch.setattr(up, "prepare", lambda _: tmp_path / "envoy.yaml")
    monkeypatch.setattr(up, "check_disk", lambda *_, **__: None)
    monkeypatch.setattr(up, "_PortalBuild", NoPortalBuild)
    with tempfile.TemporaryDirectory(dir="/tmp") as run:  # a socket's path must be short
        environment = {
            "APRANOVA_HOME": str(tmp_path / "home"),
            "APRANOVA_RUN_DIR": run,
            "DATABASE_URL": "postgresql://elsewhere/school",
            "REDIS_URL": "redis://elsewhere",
        }
        found = dataclasses.replace(read_settings(environment, source=SOURCE, port=free_port()), sandbox_uid=None)
        make_folders(found)
        yield found


def started(settings: Settings, monkeypatch: pytest.MonkeyPatch, isolation: str) -> dict[str, ProcessSpec]:
    monkeypatch.setattr(up, "choose_isolation", lambda *_, **__: Isolation(isolation))
    processes = Recorded(settings.logs)
    images = NoBuilds(settings.images, settings.logs, settings.source, settings.kinds)
    product = up._start(settings, processes, images, None, demo=False)
    assert not product.starting
    assert list(product.pids) == ["supervisor", *processes.specs]
    return processes.specs


@pytest.mark.parametrize("isolation", ["bubblewrap", "none"])
def test_the_sandbox_engine_comes_before_the_manager(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, isolation: str
) -> None:
    specs = started(settings, monkeypatch, isolation)
    assert list(specs) == ["shim", "engine", "manager", "backend", "portal", "envoy"]


def test_as_a_service_it_starts_only_what_a_restart_may_end(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shim, engine and Envoy are units of their own, and so are their isolation and the ports."""
    waited: list[str] = []
    monkeypatch.setattr(up, "wait_for_unit", lambda unit, _: waited.append(unit))
    monkeypatch.setattr(up, "check_port", lambda *_: pytest.fail("the gateway has this port"))
    monkeypatch.setattr(up.school_data, "record", lambda *_, **__: None)
    specs = started(dataclasses.replace(settings, service=True), monkeypatch, "none")
    assert list(specs) == ["manager", "backend", "portal"]
    assert waited == ["apranova-engine", "apranova-gateway"]
    assert specs["manager"].environment["APRANOVA_ISOLATION"] == "bubblewrap"
    again = started(dataclasses.replace(settings, service=True), monkeypatch, "none")
    assert again["portal"].environment["PORT"] == specs["portal"].environment["PORT"]  # Envoy knows it


def test_after_a_boot_the_gateway_is_configured_when_its_certificate_is_there(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Envoy ended at once, as the file was lost with /run, and nobody was answered for a minute."""
    variables = {"APRANOVA_DOMAIN": "learn.school.test", "APRANOVA_TLS": "acme", "APRANOVA_HOME": str(settings.home)}
    acme = read_settings({**variables, "APRANOVA_RUN_DIR": str(settings.run)}, source=SOURCE)
    service = dataclasses.replace(acme, service=True, sandbox_uid=None)
    envoy_dir, seen = settings.run / "envoy", []

    def obtain(*_: object) -> None:
        envoy_dir.mkdir(exist_ok=True)
        write_certificate(envoy_dir, chain="", key="")

    monkeypatch.setattr(up, "is_prepared", lambda _: True)
    monkeypatch.setattr(up, "_start_databases", lambda *_: None)
    monkeypatch.setattr(up, "_challenge_sockets", lambda _: ())
    monkeypatch.setattr(up, "_first_certificate", obtain)
    monkeypatch.setattr(up, "wait_for_unit", lambda *_: None)
    monkeypatch.setattr(up, "prepare", lambda _: seen.append(certificate_file(envoy_dir).exists()))
    monkeypatch.setattr(up.school_data, "record", lambda *_, **__: None)
    for times in (1, 2):  # a boot, and a restart, which configures it early
        images = NoBuilds(service.images, service.logs, service.source, service.kinds)
        watch = up._certificate_watch(service)
        up._start(service, Recorded(service.logs), images, watch, demo=False)
        assert seen == [True] * (2 * times - 1)


@pytest.mark.parametrize(
    ("number", "machine_ends", "workspaces_end"),
    [(signal.SIGTERM, False, False), (signal.SIGINT, False, True), (signal.SIGTERM, True, True)],
)
def test_a_restart_of_the_service_leaves_workspaces_running(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, number: int, machine_ends: bool, workspaces_end: bool
) -> None:
    stopped: list[str] = []

    def start(*_: object, **__: object) -> NoReturn:
        up.announce(settings, dataclasses.replace(starting(settings), starting=False))
        raise Stop(number)

    monkeypatch.setattr(up, "find_running", lambda _: None)
    monkeypatch.setattr(up, "_start", start)
    monkeypatch.setattr(up, "machine_goes_down", lambda: machine_ends)
    monkeypatch.setattr(up, "_save_and_stop", lambda _, product: stopped.append(product.url))
    up.run(dataclasses.replace(settings, service=True), demo=False)
    assert bool(stopped) == workspaces_end


@pytest.mark.parametrize(("domain", "with_demo"), [("", True), ("learn.school.test", False)])
def test_known_passwords_exist_on_localhost_alone(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, domain: str, with_demo: bool
) -> None:
    demos: list[bool] = []

    def start(*_: object, demo: bool) -> NoReturn:
        demos.append(demo)
        raise Stop(signal.SIGTERM)

    monkeypatch.setattr(up, "_start", start)
    up.run(dataclasses.replace(settings, domain=domain), demo=True)
    assert demos == [with_demo]


def test_a_school_that_runs_looks_for_a_new_certificate(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    looked: list[float] = []

    def end(*_: object) -> NoReturn:
        raise Stop(signal.SIGTERM)

    monkeypatch.setattr(up, "_start", lambda settings, *_, **__: starting(settings))
    monkeypatch.setattr(up, "_tell", lambda *_, **__: None)
    monkeypatch.setattr(up, "TICK_S", 0.0)
    monkeypatch.setattr(CertificateWatch, "look", lambda _, now: looked.append(now))
    monkeypatch.setattr(Processes, "tend", end)
    files = CertificateFiles(tmp_path / "chain.pem", tmp_path / "key.pem")
    up.run(dataclasses.replace(settings, tls=Tls.FILES, certificate=files), demo=False)
    assert len(looked) == 1


def test_a_restart_of_a_service_prepares_its_database_once_for_each_version(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Starting Django to find nothing to do is half of the time in which nobody is answered."""
    service = dataclasses.replace(settings, service=True, database_url="")
    (service.data / "postgres").mkdir(parents=True)
    monkeypatch.setattr(database_schema.subprocess, "call", lambda *_, **__: 0)
    assert not database_schema.is_prepared(service)
    database_schema.prepare_database(service, {}, demo=False)
    assert database_schema.is_prepared(service)
    assert not database_schema.is_prepared(dataclasses.replace(service, source=Path("/versions/another")))
    assert not database_schema.is_prepared(dataclasses.replace(service, service=False))
    shutil.rmtree(service.data / "postgres")  # as a restore does: another cluster, another schema
    assert not database_schema.is_prepared(service)
