"""Lays a built image out as a container's root: `container_root IMAGE --root DIR --static DIR`.

On one machine an engine mounts the layers that image.json names and starts its command with its
environment. A container has no engine that reads image.json, so the same layers are copied to where
they would be mounted, and command and environment become one script, /opt/apranova/start.
image.json is the only source.
"""

from __future__ import annotations

import argparse
import json
import shlex
import shutil
from pathlib import Path
from typing import Any

START = "opt/apranova/start"
GATEWAY_IMAGES = Path("/opt/images")
"""Where the gateway's container has them; static/image.json names its folders by that path."""


def lay_out(image: Path, root: Path) -> None:
    """Copy every layer of `image` below the new folder `root` and write the start script."""
    description = _read(image)
    for target, source in description["mounts"].items():
        shutil.copytree(source, root / target.lstrip("/"), symlinks=True, dirs_exist_ok=True)
    start = root / START
    start.write_text(_start_script(description))
    start.chmod(0o755)


def lay_out_static(image: Path, static: Path) -> None:
    """Copy what browsers ask for below `static`, with an image.json as `gateway.static` reads it.

    The compressed tree says which files those are: VS Code's folder has its server's modules too.
    """
    description = _read(image)
    folder = GATEWAY_IMAGES / image.name
    entries = []
    for number, entry in enumerate(description["static"]):
        plain, compressed = Path(entry["directory"]), Path(entry["gzip_directory"])
        names = {"directory": f"plain-{number}", "gzip_directory": f"gzip-{number}"}
        target = static / str(folder).lstrip("/")
        shutil.copytree(compressed, target / names["gzip_directory"], symlinks=True)
        for file in compressed.rglob("*"):
            if file.is_file():
                copy = target / names["directory"] / file.relative_to(compressed)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(plain / file.relative_to(compressed), copy)
        entries.append({"prefix": entry["prefix"], **{key: str(folder / name) for key, name in names.items()}})
        (target / "image.json").write_text(json.dumps({"static": entries}, indent=2) + "\n")


def _start_script(description: dict[str, Any]) -> str:
    """`exec`, so that the agent is the process that the engine signals."""
    lines = [f"export {name}={shlex.quote(value)}" for name, value in sorted(description["environment"].items())]
    return "\n".join(["#!/bin/sh", *lines, f"exec {shlex.join(description['command'])}", ""])


def _read(image: Path) -> dict[str, Any]:
    return json.loads((image / "image.json").read_text())


def main() -> None:
    parser = argparse.ArgumentParser(description="Lay a built image out as the root of a container.")
    parser.add_argument("image", type=Path, help="the image's folder, as a kind's build prints it")
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--static", type=Path, required=True)
    arguments = parser.parse_args()
    lay_out(arguments.image, arguments.root)
    lay_out_static(arguments.image, arguments.static)


if __name__ == "__main__":
    main()
