"""The manager's records are changed by `dataclasses.replace`, which sets thirty fields one by one: a third of a long run's time.

A shallow copy with the changed fields on top is the same for frozen classes without `__post_init__` and slots, which all
records are (a test compares the two), as long as what an old record has worked out and kept (`cached_property`) is left behind:
it was true of the old fields. Only inside planning runs and soaks, and only where a module of the manager has the name `replace`.
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
    for name in _worked_out(type(record)):
        content.pop(name, None)
    # The class is frozen; and this is half as dear as to fill the one that it has.
    object.__setattr__(copy, "__dict__", content)
    return copy


@functools.cache
def _worked_out(of: type) -> tuple[str, ...]:
    """The names under which records of a class keep what they have worked out."""
    return tuple(
        name for base in of.__mro__ for name, item in vars(base).items() if isinstance(item, functools.cached_property)
    )


@contextlib.contextmanager
def quick_records() -> Iterator[None]:
    """Restores what was there before, also for runs after this one in the same process."""
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
