"""Files that are in the way are renamed, never removed."""

from __future__ import annotations

import datetime as dt
from pathlib import Path


def set_aside(path: Path) -> Path:
    """Give a file or folder a dated name, so that someone can look at it and put it back."""
    stamp = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H%M%SZ")
    aside = path.with_name(f"{path.name}.set-aside-{stamp}")
    path.rename(aside)
    return aside
