"""Reads `Settings` from TOML. An unknown key is an error: misspelled ones must not be ignored."""

from __future__ import annotations

import difflib
import json
from dataclasses import fields
from pathlib import Path
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

from contract.operator_files import BadFile, read_toml
from infrastructure.settings import Settings

EXAMPLES = Path(__file__).parent / "examples"


class BadSettings(ValueError):
    """The text names the file and the settings, their values and what is expected."""


def load_settings(path: Path) -> Settings:
    """Raises BadSettings."""
    try:
        content = read_toml(path)
    except BadFile as problem:
        raise BadSettings(f"{problem}; {EXAMPLES} has examples to copy") from None
    try:
        # As JSON, whose lists may become tuples and whose texts may become enums.
        return TypeAdapter(Settings).validate_json(json.dumps(content, default=str))
    except ValidationError as error:
        problems = [f"{path.name}: {_describe(it)}" for it in error.errors()]
        raise BadSettings("\n".join(problems)) from None


def _describe(problem: Any) -> str:
    where, message = ".".join(map(str, problem["loc"])), problem["msg"]
    match problem["type"]:
        case "missing":
            return f"{where} is missing"
        case "unexpected_keyword_argument":
            return f"{where} is not known{_meant(problem['loc'])}"
        case "value_error":
            message = message.removeprefix("Value error, ")
            return f"{where}: {message}" if where else message
    return f"{where} {message.removeprefix('Input ')}, not {problem['input']!r}"


def _meant(where: tuple[str, ...]) -> str:
    table: Any = Settings
    for word in where[:-1]:
        table = get_type_hints(table)[word]
    close = difflib.get_close_matches(where[-1], [field.name for field in fields(table)], n=1)
    return f"; do you mean {close[0]}?" if close else ""
