"""VS Code's static files, compressed once: code-server would compress 19 MB of workbench.js for every request."""

from __future__ import annotations

import gzip
from pathlib import Path

LEVEL = 9
"""zopfli saves 4 % more and takes a minute of CPU on every new installation; not worth it."""

SERVER_ONLY = (".node", ".sh", ".cmd", ".py", ".pyi")
SERVER_ONLY_PATHS = ("bin/", "extensions/apranova-python/server/", "node_modules/@vscode/ripgrep-universal/bin/")


def compress(vscode: Path, into: Path) -> None:
    """Write `into`/<path> = gzip(vscode/<path>) for every file that a browser may ask for.

    Every one, also images: the edge serves one whole tree or the other and has no second choice. The modification time
    inside is 0, so the same image has the same bytes everywhere.
    """
    for source in sorted(vscode.rglob("*")):
        relative = source.relative_to(vscode).as_posix()
        if not source.is_file() or source.suffix in SERVER_ONLY or relative.startswith(SERVER_ONLY_PATHS):
            continue
        target = into / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(gzip.compress(source.read_bytes(), LEVEL, mtime=0))
