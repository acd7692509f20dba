"""Frozen dataclasses to JSON objects and back, with one clear error for bad input.

Only what the messages of this package need: str, int, float, bool, None, enums, tuples, nested
dataclasses and `dict[str, str]`. Unknown keys are ignored, so that a newer sender can talk to an
older receiver.
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
    """A message has not the shape of its type. The text names the field and what was expected."""


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
        return _build_optional(wanted, value, where)
    if origin is tuple:
        (item_type, _) = typing.get_args(wanted)
        items = _expect((list, tuple), "a list", value, where)
        return tuple(_build(item_type, item, f"{where}[{index}]") for index, item in enumerate(items))
    if origin is dict:
        (_, item_type) = typing.get_args(wanted)
        entries = _expect(dict, "an object", value, where)
        return {key: _build(item_type, item, f"{where}.{key}") for key, item in entries.items()}
    if dataclasses.is_dataclass(wanted):
        return _build_dataclass(wanted, _expect(dict, "an object", value, where), where)
    if issubclass(wanted, enum.Enum):
        return _build_enum(wanted, value, where)
    return _build_scalar(wanted, value, where)


def _expect(kinds: Any, expected: str, value: Any, where: str) -> Any:
    if not isinstance(value, kinds):
        raise BadMessage(f"{where}: {expected} is expected, got {type(value).__name__}")
    return value


def _build_optional(wanted: Any, value: Any, where: str) -> Any:
    (option,) = [option for option in typing.get_args(wanted) if option is not types.NoneType]
    return None if value is None else _build(option, value, where)


def _build_enum(wanted: type[enum.Enum], value: Any, where: str) -> enum.Enum:
    try:
        return wanted(value)
    except ValueError:
        options = ", ".join(str(member.value) for member in wanted)
        raise BadMessage(f"{where}: one of {options} is expected, got {value!r}") from None


def _build_scalar(wanted: type, value: Any, where: str) -> Any:
    """A whole number may stand for a float. A bool is an int to Python, but not to us."""
    if wanted is float and type(value) is int:
        try:
            return float(value)
        except OverflowError:
            raise BadMessage(f"{where}: the number is too large") from None
    if isinstance(value, bool) and wanted is not bool:
        raise BadMessage(f"{where}: {wanted.__name__} is expected, got bool")
    return _expect(wanted, wanted.__name__, value, where)


def _build_dataclass(wanted: Any, value: dict[str, Any], where: str) -> Any:
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
