"""Builds and starts one image where Docker or Podman works and the base is available.

APRANOVA_TEST_IMAGES=all builds and starts all of them. APRANOVA_TEST_BASE names a base for machines
that do not reach the public registry.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from containers import __main__ as command
from containers.building import LOCAL, Builder
from containers.catalogue import BY_NAME, SHARED_DOCKERFILE
from containers.engine import Engine, NoEngine, find_engine
from containers.smoke import smoke
from containers.tests.dockerfile import read_file

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
        value.partition("=")[2] for value in read_file(SHARED_DOCKERFILE).values("ARG") if value.startswith("BASE=")
    )
    for arguments in (("image", "inspect", wanted), ("pull", "--quiet", wanted)):
        try:
            done = subprocess.run([*engine.words, *arguments], capture_output=True, timeout=PULL_TIMEOUT_S, check=False)
        except subprocess.TimeoutExpired:
            break
        if done.returncode == 0:
            return wanted
    pytest.skip(f"the base image {wanted} is not available here")


@pytest.mark.timeout(900)
def test_the_gateway_starts_as_the_platform_starts_it(engine: Engine, base: str, tmp_path: Path) -> None:
    """Without static files, so that it takes a minute and not twenty."""
    builder = Builder(engine, RELEASE, tmp_path, base=base)
    dockerfile, tag = BY_NAME["gateway"].dockerfile, f"{LOCAL}/gateway:{RELEASE}"
    nothing = builder.stage(dockerfile, "nothing", "nothing", dict.fromkeys(STATIC, base))
    builder.build(dockerfile, tag, more=dict.fromkeys(STATIC, nothing))
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
