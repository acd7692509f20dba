"""Reads `Settings` from TOML. An unknown key is an error: misspelled ones must not be ignored."""

from __future__ import annotations

import difflib
import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

from contract.environment import BadSetting
from contract.image_choices import ImageChoices, read_choices
from contract.operator_files import BadFile, read_toml
from infrastructure.school_keys import WAYS, on_aws
from infrastructure.settings import School, Settings

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
        settings = TypeAdapter(Settings).validate_json(json.dumps(content, default=str))
        return _with_choices(settings, path)
    except BadSetting as problem:
        raise BadSettings(f"{path.name}: school.{problem}") from None
    except ValidationError as error:
        problems = [f"{path.name}: {_describe(it)}" for it in error.errors()]
        raise BadSettings("\n".join(problems)) from None


def image_choices(school: School, base: Path = Path()) -> ImageChoices:
    """What the school's VS Code image holds. Raises BadSetting."""
    return read_choices(school.node_versions, school.extensions, school.packages, base=base)


def _with_choices(settings: Settings, path: Path) -> Settings:
    """With full paths, and with a release whose images hold what the school chose."""
    choices = image_choices(settings.school, path.absolute().parent)
    school = replace(
        settings.school,
        extensions=str(choices.extensions or ""),
        packages=tuple(str(folder) for folder in choices.packages),
    )
    return replace(settings, school=school, release=choices.tag(settings.release))


def _describe(problem: Any) -> str:
    where, message = ".".join(map(str, problem["loc"])), problem["msg"]
    match problem["type"]:
        case "missing":
            return f"{where} is missing"
        case "unexpected_keyword_argument" if problem["loc"][-1] == "client_secret":
            provider = problem["loc"][0]
            return f"{where}: this file is no place for a secret. {where_the_secret_goes(provider)}"
        case "unexpected_keyword_argument" if of_one_machine := _keys_of_one_machine(problem):
            found = "; ".join(f"{key}: {on_aws(key)}" for key in of_one_machine)
            return f"{found} (docs/guides/settings-on-aws.md)"
        case "unexpected_keyword_argument":
            return f"{where} is not known{_meant(problem['loc'])}"
        case "value_error":
            message = message.removeprefix("Value error, ")
            return f"{where}: {message}" if where else message
    return f"{where} {message.removeprefix('Input ')}, not {problem['input']!r}"


def _keys_of_one_machine(problem: Any) -> list[str]:
    """Keys of school.toml that somebody took along."""
    where, given = ".".join(map(str, problem["loc"])), problem["input"]
    keys = [f"{where}.{name}" for name in given] if isinstance(given, dict) else [where]
    return [key for key in keys if key in WAYS]


def where_the_secret_goes(*providers: str, name: str = "NAME") -> str:
    """Words for the operator. `name`: the installation's."""
    content = ", ".join(f'"{provider}": "…"' for provider in providers)
    return (
        "Write it into Secrets Manager, together with those of all other providers, which the command replaces: "
        f"aws secretsmanager put-secret-value --secret-id /{name}/sign-in --secret-string '{{{content}}}'"
    )


def _meant(where: tuple[str, ...]) -> str:
    table: Any = Settings
    for word in where[:-1]:
        table = get_type_hints(table)[word]
    close = difflib.get_close_matches(where[-1], [field.name for field in fields(table)], n=1)
    return f"; do you mean {close[0]}?" if close else ""
