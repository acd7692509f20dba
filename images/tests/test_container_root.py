"""A container gets exactly what image.json names, where it names it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from gateway.static import publish
from images import container_root
from images.container_root import lay_out, lay_out_static


def made_image(tmp_path: Path) -> Path:
    image, layer = tmp_path / "images/vscode-1", tmp_path / "images/layers/code-1"
    for file in ("out/a.js", "out/server.sh", "node_modules/only-the-server.js"):
        (layer / "code" / file).parent.mkdir(parents=True, exist_ok=True)
        (layer / "code" / file).write_text(file)
    (layer / "code/link").symlink_to("out/a.js")
    (layer / "gzip/out").mkdir(parents=True)
    (layer / "gzip/out/a.js").write_text("compressed")
    (image / "apranova").mkdir(parents=True)
    (image / "apranova/task.py").write_text("")
    description = {
        "kind": "vscode",
        "mounts": {"/opt/code": f"{layer}/code", "/opt/apranova": f"{image}/apranova"},
        "command": ["/bin/sh", "-c", 'echo $LANG "$TWO"'],
        "environment": {"LANG": "C.UTF-8", "TWO": "two words & a 'quote'"},
        "static": [{"prefix": "/stable-abc/static/", "directory": f"{layer}/code", "gzip_directory": f"{layer}/gzip"}],
    }
    (image / "image.json").write_text(json.dumps(description))
    return image


def test_layers_lie_where_they_would_be_mounted(tmp_path: Path) -> None:
    root = tmp_path / "root"
    lay_out(made_image(tmp_path), root)
    assert (root / "opt/code/out/a.js").read_text() == "out/a.js"
    assert (root / "opt/code/link").readlink() == Path("out/a.js")
    assert (root / "opt/apranova/task.py").exists()


def test_the_start_script_runs_the_images_command_with_its_environment(tmp_path: Path) -> None:
    lay_out(made_image(tmp_path), tmp_path / "root")
    done = subprocess.run([tmp_path / "root/opt/apranova/start"], capture_output=True, text=True, check=True)
    assert done.stdout == "C.UTF-8 two words & a 'quote'\n"


def test_the_gateway_publishes_what_browsers_ask_for_and_nothing_of_the_server(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(container_root, "GATEWAY_IMAGES", tmp_path / "opt/images")
    lay_out_static(made_image(tmp_path), Path("/"))
    static = tmp_path / "static"
    assert publish(tmp_path / "opt/images", static) == ["/stable-abc/static/"]
    assert (static / "plain/stable-abc/static/out/a.js").read_text() == "out/a.js"
    assert (static / "gzip/stable-abc/static/out/a.js").read_text() == "compressed"
    assert not (static / "plain/stable-abc/static/node_modules").exists()
