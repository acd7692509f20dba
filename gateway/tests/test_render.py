"""The configuration for other settings, the page's style, and the links to static files."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
from pathlib import Path

import pytest

from gateway.render import GatewaySettings, binary, command, prepare, render
from gateway.static import BadImage, publish

SETTINGS = GatewaySettings(
    run_dir=Path("/tmp/never"),  # noqa: S108
    public_url="http://localhost:8080",
    workspaces_domain="ws.localhost:8080",
    port=8080,
    portal_port=3000,
    images_dir=Path("/tmp/never/images"),  # noqa: S108
)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"public_url": "https://learn.example", "workspaces_domain": "ws.learn-work.example", "trusted_hops": 2},
        {"access_log": 'with "quotes" $x %y: {a}.log'},
    ],
)
def test_envoy_accepts_the_configuration(tmp_path: Path, changes: dict[str, object]) -> None:
    if "access_log" in changes:
        changes = {**changes, "access_log": tmp_path / str(changes["access_log"])}
    settings = dataclasses.replace(SETTINGS, run_dir=tmp_path / "r", images_dir=tmp_path / "images", **changes)  # type: ignore[arg-type]
    checked = subprocess.run(
        [*command(prepare(settings)), "--mode", "validate"], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr[-1500:]


def test_https_is_told_to_browsers(tmp_path: Path) -> None:
    assert "max-age=31536000" in render(dataclasses.replace(SETTINGS, public_url="https://a.example")).split("hsts")[0]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"public_url": "localhost:8080"}, "public_url"),
        ({"public_url": "http://localhost:8080/portal"}, "public_url"),
        ({"workspaces_domain": "ws .localhost"}, "workspaces_domain"),
        ({"workspaces_domain": "localhost"}, "workspaces_domain"),
        ({"public_url": "http://portal.ws.localhost", "workspaces_domain": "ws.localhost"}, "workspaces_domain"),
        ({"run_dir": Path("/" + "x" * 110)}, "run_dir"),
    ],
)
def test_settings_that_make_no_sense_are_refused_by_name(changes: dict[str, object], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        render(dataclasses.replace(SETTINGS, **changes))  # type: ignore[arg-type]


def test_the_engines_clusters_are_never_overwritten(tmp_path: Path) -> None:
    settings = dataclasses.replace(SETTINGS, run_dir=tmp_path, images_dir=tmp_path / "images")
    prepare(settings)
    assert json.loads(settings.clusters_file.read_text())["resources"] == []
    settings.clusters_file.write_text("the engine's")
    prepare(settings)
    assert settings.clusters_file.read_text() == "the engine's"


def test_the_envoy_of_the_wheel_is_there() -> None:
    assert os.access(binary(), os.X_OK)


def _image(images: Path, name: str, prefix: str) -> Path:
    folder = images / name
    for tree in ("plain", "gzip"):
        (folder / tree).mkdir(parents=True)
    static = [{"prefix": prefix, "directory": str(folder / "plain"), "gzip_directory": str(folder / "gzip")}]
    (folder / "image.json").write_text(json.dumps({"static": static}))
    return folder


def test_static_links_follow_the_images_that_exist(tmp_path: Path) -> None:
    images, static = tmp_path / "images", tmp_path / "static"
    old = _image(images, "vscode-1", "/stable-aaaa/static/")
    assert publish(images, static) == ["/stable-aaaa/static/"]
    _image(images, "vscode-2", "/stable-bbbb/static/")
    other = _image(images, "superset-1", "/_shared/superset-1.0-ab/static/")
    publish(images, static)
    assert (static / "plain/stable-aaaa/static").resolve() == old / "plain"
    assert (static / "gzip/stable-bbbb/static").resolve() == images / "vscode-2/gzip"
    assert (static / "plain/_shared/superset-1.0-ab/static").resolve() == other / "plain"
    (old / "image.json").unlink()
    (other / "image.json").unlink()
    assert publish(images, static) == publish(images, static) == ["/stable-bbbb/static/"]
    assert not (static / "plain/stable-aaaa").exists()
    assert not list((static / "plain/_shared").iterdir())


@pytest.mark.parametrize(
    "prefix",
    [
        "/",
        "/../static/",
        "/stable-aaaa/static/../..",
        "/_agent/",
        "/stable-zz/static/",
        "/_shared/../static/",
        "/_shared/static/",
    ],
)
def test_an_image_cannot_claim_another_address(tmp_path: Path, prefix: str) -> None:
    _image(tmp_path / "images", "bad", prefix)
    _image(tmp_path / "images", "good", "/stable-aaaa/static/")
    with pytest.raises(BadImage, match=r"bad/image\.json"):
        publish(tmp_path / "images", tmp_path / "static")
    assert [link.name for link in (tmp_path / "static/plain").iterdir()] == ["stable-aaaa"]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"static": [1]}', '{"static": [{"prefix": "/stable-a/static/"}]}'])
def test_a_broken_image_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "images/broken").mkdir(parents=True)
    (tmp_path / "images/broken/image.json").write_text(text)
    with pytest.raises(BadImage, match="broken"):
        publish(tmp_path / "images", tmp_path / "static")
