"""/opt/node-versions: Node.js 20 and 22 beside the image's own, for schools that ask for them.

Which one a project runs on it says itself, by `.nvmrc` or `.node-version`, as it does outside. So a
cohort's choice is a file of its exercises. Without the setting nothing is fetched, and `node` is
the image's own.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from contract.image_choices import NODE_VERSIONS as OFFERED
from images.building import BuildFailed
from images.vscode.npm import NodeRuntime

VARIABLE = "APRANOVA_NODE_VERSIONS"
PACKAGES = Path(__file__).parent / "install/node-versions"
SHIM = Path(__file__).with_name("node_of_project.sh")
_OWN = "24"


def chosen(text: str) -> tuple[str, ...]:
    """The versions beside the image's own that the setting names. Raises BuildFailed."""
    versions = set(text.replace(",", " ").split()) - {_OWN}
    if unknown := sorted(versions - {*OFFERED}):
        raise BuildFailed(
            f"{VARIABLE} names Node.js {', '.join(unknown)}, which cannot be had",
            f"Choose from {', '.join((*OFFERED, _OWN))}",
        )
    return tuple(sorted(versions))


def key() -> str:
    """Another one for other versions in the lock file: it makes the layer again."""
    packages = json.loads((PACKAGES / "package-lock.json").read_text())["packages"]
    return " ".join(str(package.get("version", "")) for package in packages.values())


def fill(into: Path, *, versions: tuple[str, ...], node: NodeRuntime, own: str) -> None:
    """Make `into`/bin/node and `into`/<version>. `own`: the image's Node.js, as tasks see it."""
    scratch = into.with_name(f"{into.name}-packages")
    node.install(PACKAGES, scratch)
    for version in versions:
        # Of the processors in the lock file npm installs this one's, and goes on without it.
        package = next(scratch.glob(f"node_modules/node-{version}-*"), None)
        if package is None:
            raise BuildFailed(
                f"The npm registry did not give Node.js {version} for this machine",
                f"Try again, or leave it out of {VARIABLE}",
            )
        (into / version).mkdir()
        for name in ("bin", "include"):  # headers, for modules that are compiled
            shutil.move(package / name, into / version / name)
    shutil.rmtree(scratch)
    (into / _OWN).symlink_to(own)
    (into / "bin").mkdir()
    shutil.copyfile(SHIM, into / "bin/node")
    (into / "bin/node").chmod(0o755)
