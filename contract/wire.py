"""Frozen dataclasses to JSON objects and back, with one clear error for bad input.

Only what the messages of this package need: str, int, float, bool, None, enums, tuples, nested dataclasses and
`dict[str, str]`. Unknown keys are ignored, so that a newer sender can talk to an older receiver.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import types
import typing
from typing import Any, TypeVar

Message = TypeVar("Message")


class BadMessage(ValueError):
    """A message does not have the shape its type asks for; the text names the field and what was expected."""


def to_json(value: Any) -> Any:
    """Turn a message (or a part of one) into plain JSON values."""
    if isinstance(value, enum.Enum):
        return value.value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_json(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    if isinstance(value, dict):
        return {key: to_json(item) for key, item in value.items()}
    return value


def from_json(message_type: type[Message], value: Any, *, where: str = "message") -> Message:
    """Build `message_type` from plain JSON values. Raises `BadMessage`."""
    return _build(message_type, value, where)  # type: ignore[no-any-return]


def _build(wanted: Any, value: Any, where: str) -> Any:
    origin = typing.get_origin(wanted)
    if origin in (typing.Union, types.UnionType):
        options = typing.get_args(wanted)
        if value is None and type(None) in options:
            return None
        (option,) = [option for option in options if option is not type(None)]
        return _build(option, value, where)
    if origin is tuple:
        if not isinstance(value, (list, tuple)):
            raise BadMessage(f"{where}: a list is expected, got {type(value).__name__}")
        item_type = typing.get_args(wanted)[0]
        return tuple(_build(item_type, item, f"{where}[{index}]") for index, item in enumerate(value))
    if origin is dict:
        if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
            raise BadMessage(f"{where}: an object is expected, got {type(value).__name__}")
        item_type = typing.get_args(wanted)[1]
        return {key: _build(item_type, item, f"{where}.{key}") for key, item in value.items()}
    if dataclasses.is_dataclass(wanted):
        return _build_dataclass(wanted, value, where)
    if isinstance(wanted, type) and issubclass(wanted, enum.Enum):
        try:
            return wanted(value)
        except ValueError:
            options = ", ".join(str(member.value) for member in wanted)
            raise BadMessage(f"{where}: one of {options} is expected, got {value!r}") from None
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, wanted) or (wanted is not bool and isinstance(value, bool)):
        raise BadMessage(f"{where}: {wanted.__name__} is expected, got {type(value).__name__}")
    return value


def _build_dataclass(wanted: Any, value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise BadMessage(f"{where}: an object is expected, got {type(value).__name__}")
    types_by_name = _type_hints(wanted)
    arguments = {}
    for field in dataclasses.fields(wanted):
        if field.name in value:
            arguments[field.name] = _build(types_by_name[field.name], value[field.name], f"{where}.{field.name}")
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise BadMessage(f"{where}.{field.name}: is missing")
    return wanted(**arguments)


@functools.cache
def _type_hints(wanted: type) -> dict[str, Any]:
    """Evaluating the annotations costs more than everything else here, and they never change."""
    return typing.get_type_hints(wanted)
