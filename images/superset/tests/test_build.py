"""What Superset's build promises and needs no network for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from images.building import SOURCE_ROOT, BuildFailed
from images.superset import build, install


def test_the_lock_holds_superset_with_hashes_and_names_no_host() -> None:
    lock = install.LOCK.read_text()
    assert install.version() == "6.1.0"
    blocks = re.split(r"(?m)^(?=[A-Za-z0-9])", lock)[1:]
    assert len(blocks) > 150
    assert all("--hash=sha256:" in block for block in blocks)
    assert not re.search(r"--index-url|--find-links|https?:", lock)


def test_only_the_tools_are_taken_out_of_the_lock_to_build_with() -> None:
    names = re.findall(r"(?m)^([a-z-]+)==", install._excerpt(install.LOCK.read_text(), ("setuptools", "wheel")))
    assert names == ["setuptools", "wheel"]


def test_a_machine_without_a_fitting_python_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install, "PYTHONS", ((2, 7),))
    with pytest.raises(BuildFailed, match=r"needs Python 3\.11 or 3\.12.*Install one"):
        install.choose_interpreter()


def test_an_unreachable_index_is_said_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    environment = tmp_path / "environment"
    environment.mkdir()
    install.make_environment(install.choose_interpreter(), environment)
    with pytest.raises(BuildFailed, match="Python package index"):
        install.install_packages(environment, tmp_path / "scratch")


def test_telemetry_is_silenced_and_its_absence_would_be_noticed(tmp_path: Path) -> None:
    script = tmp_path / "a.js"
    script.write_text("x(`https://apachesuperset.gateway.scarf.sh/pixel/0d3461e1-abb1/${v}`)")
    assert install._silence_telemetry(tmp_path) is True
    assert "scarf" not in script.read_text()
    assert install._silence_telemetry(tmp_path) is False


def test_the_template_is_made_again_when_what_goes_into_it_changes() -> None:
    files = [build.HERE / name for name in build.TEMPLATE_SOURCES]
    assert all(file.is_file() for file in files)
    assert build._template_key("a") != build._template_key("b")


def test_nothing_outside_inside_needs_superset_packages() -> None:
    """The agent has the standard library only."""
    theirs = re.compile(
        r"(?m)^(from|import) (superset|flask|sqlalchemy|numpy|pandas|duckdb|jwt|waitress|cachelib|alembic)\b"
    )
    for file in (SOURCE_ROOT / "images/superset").glob("*.py"):
        assert not theirs.search(file.read_text()), file


def test_maps_show_our_own_tiles_and_their_absence_would_be_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setattr(install, "run", lambda *_arguments, **_named: None)
    (tmp_path / "assets").mkdir()
    script = tmp_path / "assets/a.js"
    script.write_text('new T({data:e,id:t,minZoom:0,maxZoom:19,tileSize:256,f});t.startsWith("tile://http")')
    install.use_base_map(tmp_path, tmp_path, "/_shared/x", tmp_path)
    tiles = 'data:"/_shared/x/static/map/{z}/{x}/{y}.png",id:t,minZoom:0,maxZoom:5,tileSize:256,'
    assert script.read_text() == f'new T({{{tiles}f}});t.startsWith("tile://")'
    with pytest.raises(BuildFailed, match="maps are not made as they were"):
        install.use_base_map(tmp_path, tmp_path, "/_shared/x", tmp_path)
