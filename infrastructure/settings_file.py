"""Reads `Settings` from TOML. A key that nobody knows is refused by name: a misspelt switch must not pass for its default."""

from __future__ import annotations

import difflib
import enum
import tomllib
import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from infrastructure.settings import BadSettings, Settings

_T = TypeVar("_T")

EXAMPLES = Path(__file__).parent / "examples"


def load_settings(path: Path) -> Settings:
    """Raises `BadSettings`; its text names the file and the setting."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadSettings(f"{path}: cannot be read ({error.strerror}); {EXAMPLES} has examples to copy") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings(f"{path}: is not TOML: {error}") from None
    try:
        return read_table(Settings, content)
    except BadSettings as error:
        raise BadSettings(f"{path.name}: {error}") from None


def read_table(kind: type[_T], table: Mapping[str, Any], path: str = "") -> _T:
    """A dataclass from a table of TOML, and its tables from the tables inside."""
    hints = get_type_hints(kind)
    known: dict[str, Field[Any]] = {item.name: item for item in fields(kind)}  # pyright: ignore[reportArgumentType]
    for key in table:
        if key not in known:
            close = difflib.get_close_matches(key, known, n=1)
            raise BadSettings(f"{path}{key} is not known{f'; {close[0]} is meant?' if close else ''}")
    for name, item in known.items():
        if name not in table and item.default is MISSING and item.default_factory is MISSING:
            raise BadSettings(f"{path}{name} is missing")
    values = {name: _read(hints[name], value, f"{path}{name}") for name, value in table.items()}
    try:
        return kind(**values)
    except BadSettings as error:
        # What a part cannot know is where it stands: backend.size, say.
        inside = path.rstrip(".")
        raise BadSettings(
            str(error) if not inside or str(error).startswith(inside.split(".")[0]) else f"{inside}: {error}"
        ) from None


def _read(hint: Any, value: object, path: str) -> Any:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):  # only `X | None`; TOML has no null, so what is given is an X
        return _read(next(kind for kind in get_args(hint) if kind is not type(None)), value, path)
    if origin is tuple:
        if not isinstance(value, list):
            raise BadSettings(f"{path}: a list is expected, not {value!r}")
        return tuple(_read(get_args(hint)[0], item, path) for item in value)
    if origin is Literal:
        return value
    if is_dataclass(hint):
        if not isinstance(value, Mapping):
            raise BadSettings(f"{path}: a table is expected, not {value!r}")
        return read_table(hint, value, f"{path}.")  # pyright: ignore[reportArgumentType]
    if isinstance(hint, type) and issubclass(hint, enum.StrEnum):
        if value not in list(hint):
            raise BadSettings(f"{path}: one of {', '.join(hint)} is expected, not {value!r}")
        return hint(value)
    if type(value) is not hint:
        raise BadSettings(f"{path}: {_WORDS[hint]} is expected, not {value!r}")
    return value


_WORDS = {str: "text in quotes", int: "a whole number", bool: "true or false"}
