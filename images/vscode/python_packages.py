"""Where the Python packages are whose files become part of the image."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from images.building import BuildFailed


def python_package(name: str) -> Path:
    """The folder of an installed package, without importing it: some write files at their start."""
    found = importlib.util.find_spec(name)
    if found is None or not found.submodule_search_locations:
        raise BuildFailed(
            f"The Python package {name} is missing",
            "Install requirements/product.txt into the virtual environment (./apranova up does)",
        )
    return Path(next(iter(found.submodule_search_locations)))
