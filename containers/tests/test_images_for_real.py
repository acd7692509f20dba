"""One image really built and started, where Docker or Podman works and the base can be had; all of them when
APRANOVA_TEST_IMAGES=all. APRANOVA_TEST_BASE names another base, where the public registry cannot be reached."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from containers import __main__ as command
from containers.catalogue import BY_NAME, SOURCE
from containers.engine import Build, Engine, NoEngine, find_engine
from containers.smoke import smoke
from containers.tests.dockerfile import read

RELEASE = "test"
PULL_TIMEOUT_S = 90


@pytest.fixture(scope="module")
def engine() -> Engine:
    try:
        return find_engine()
    except NoEngine as problem:
        pytest.skip(str(problem))


@pytest.fixture(scope="module")
def base(engine: Engine) -> str:
    wanted = os.environ.get("APRANOVA_TEST_BASE") or next(
        value.partition("=")[2] for value in read(BY_NAME["gateway"]).values("ARG") if value.startswith("BASE=")
    )
    for arguments in (("image", "inspect", wanted), ("pull", "--quiet", wanted)):
        try:
            done = subprocess.run([*engine.words, *arguments], capture_output=True, timeout=PULL_TIMEOUT_S, check=False)
        except subprocess.TimeoutExpired:
            break
        if done.returncode == 0:
            return wanted
    pytest.skip(f"the base image {wanted} cannot be had here")


@pytest.mark.timeout(900)
def test_the_gateway_starts_as_the_platform_starts_it(engine: Engine, base: str, tmp_path: Path) -> None:
    """Without static files, so that it takes a minute and not twenty."""
    secrets = command._registry_settings(os.environ)
    secrets = {name: file for name, file in secrets.items() if name in ("pip", "ca")}
    dockerfile = SOURCE / "gateway/Dockerfile"
    nothing, tag = "localhost/apranova/nothing:test", "localhost/apranova/gateway:test"
    engine.build(
        Build(dockerfile, nothing, "nothing", {"BASE": base, **dict.fromkeys(STATIC, base)}), SOURCE, tmp_path / "log"
    )
    engine.build(
        Build(dockerfile, tag, arguments={"BASE": base, **dict.fromkeys(STATIC, nothing)}, secrets=secrets),
        SOURCE,
        tmp_path / "log",
    )
    seen = smoke(engine, BY_NAME["gateway"], tag)
    assert seen.uid == 10001


STATIC = ("VSCODE_STATIC", "SUPERSET_STATIC", "EARLIER")


@pytest.mark.timeout(5400)
@pytest.mark.skipif(os.environ.get("APRANOVA_TEST_IMAGES") != "all", reason="takes long: APRANOVA_TEST_IMAGES=all")
def test_every_image_is_built_and_well(engine: Engine, base: str, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(
        "sys.argv",
        [
            "apranova", "images", "--release", RELEASE, "--smoke", "--out", str(tmp_path), "--base", base,
            "--engine", " ".join(engine.words),
        ],
    )  # fmt: skip
    assert command.main() == 0
