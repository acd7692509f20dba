"""A faster `dataclasses.replace` for the manager's records: it took a third of a long run's time.

A shallow copy is the same for frozen classes without `__post_init__` and slots, which all records
are (a test compares the two), if it leaves out cached properties of the old record. It is used only
inside planning runs and soaks, where a module of the manager has the name `replace`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import sys
from collections.abc import Iterator
from typing import Any


def quick_replace(record: Any, /, **changes: Any) -> Any:
    copy = object.__new__(type(record))
    content = record.__dict__ | changes
    for name in _cached(type(record)):
        content.pop(name, None)
    # The class is frozen; and this costs half as much as filling its own dict.
    object.__setattr__(copy, "__dict__", content)
    return copy


@functools.cache
def _cached(of: type) -> tuple[str, ...]:
    """The cached properties of a class."""
    return tuple(
        name for base in of.__mro__ for name, item in vars(base).items() if isinstance(item, functools.cached_property)
    )


@contextlib.contextmanager
def quick_records() -> Iterator[None]:
    """Restores `dataclasses.replace` afterwards."""
    modules = [
        module
        for name, module in sys.modules.items()
        if name.startswith("manager.") and getattr(module, "replace", None) is dataclasses.replace
    ]
    for module in modules:
        module.replace = quick_replace  # type: ignore[attr-defined]
    try:
        yield
    finally:
        for module in modules:
            module.replace = dataclasses.replace  # type: ignore[attr-defined]
