"""How an assignment says how its app starts: `devcontainer.json`, as on GitHub Codespaces.

Read where the files are uploaded, for a hint and an early error, and in the home that gets them. Of
the format's fields only commands and ports are used; a workspace has its image already.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PLACES = (".devcontainer/devcontainer.json", ".devcontainer.json")
"""Where the file may be, in the folder that is handed out."""
BYTES_MAX = 16_000
COMMAND_MAX = 2_000
_PREPARE = ("onCreateCommand", "updateContentCommand", "postCreateCommand")
_START = ("postStartCommand", "postAttachCommand")
_SHOWN = ("openPreview", "openBrowser", "openBrowserOnce")
"""Nothing may open a tab of the browser by itself, so the last two are a preview, too."""
_SMALLEST_PORT, _LARGEST_PORT = 1024, 65535
_NOT_JSON = re.compile(r'"(?:\\.|[^"\\])*+(?:"|\\?\Z)|//[^\n]*|/\*.*?(?:\*/|\Z)|,(?=\s*[}\]])', re.DOTALL)
"""Strings, which stay, and what VS Code allows beside JSON: comments, a comma before the end. What
is not closed goes to the end of the text, so that no text is read again and again."""


class BadApp(ValueError):
    """The text says what is wrong with the file, in sentences."""


@dataclass(frozen=True)
class DeclaredApp:
    """Lines for bash, in the folder that was handed out."""

    prepare: str
    """Once, such as `npm ci`; may be empty."""
    start: str
    """Each time the workspace is opened after a launch, such as `npm run dev`; may be empty."""
    port: int
    """Where it is then shown beside the editor; 0: nowhere."""


def find_app(files: Mapping[str, bytes]) -> DeclaredApp | None:
    """What the files of an assignment declare, by path; None: nothing. Raises BadApp."""
    place = next((it for it in PLACES if it in files), None)
    if place is None:
        return None
    if len(files[place]) > BYTES_MAX:
        raise BadApp(f"{place} has more than {BYTES_MAX // 1000} kB. Shorten it.")
    fields = _read(place, files[place])
    prepare, start = (_line(place, fields, names) for names in (_PREPARE, _START))
    if not prepare and not start:
        return None
    return DeclaredApp(prepare, start, _port(fields.get("portsAttributes")) if start else 0)


def _read(place: str, content: bytes) -> dict[str, Any]:
    try:
        text = content.decode("utf-8-sig")
        without_comments = _NOT_JSON.sub(lambda it: it[0] if it[0].startswith('"') else " ", text)
        # A comma may be left before a comment that stood before the end.
        plain = _NOT_JSON.sub(lambda it: it[0] if it[0].startswith('"') else " ", without_comments)
        fields = json.loads(plain)
    except UnicodeDecodeError:
        raise BadApp(f"{place} is not UTF-8. Save it again as UTF-8.") from None
    except json.JSONDecodeError as problem:
        raise BadApp(f"{place} cannot be read, line {problem.lineno}: {problem.msg}.") from None
    except ValueError:
        raise BadApp(f"{place} cannot be read: a number in it is too long.") from None
    except RecursionError:
        raise BadApp(f"{place} cannot be read: it is nested too deep.") from None
    if not isinstance(fields, dict):
        raise BadApp(f"{place} has to be an object: {{ … }}.")
    return fields


def _line(place: str, fields: Mapping[str, Any], names: tuple[str, ...]) -> str:
    lines = [_command(place, name, fields[name]) for name in names if fields.get(name)]
    return " && ".join(lines)


def _command(place: str, name: str, value: Any) -> str:
    """Text is for the shell, a list is a program and its arguments, an object has several of both,
    which run together."""
    if isinstance(value, dict) and not any(isinstance(it, dict) for it in value.values()):
        together = [_command(place, name, one) for one in value.values()]
        line = together[0] if len(together) == 1 else f"together {shlex.join(together)}"
    elif isinstance(value, list) and all(isinstance(it, str) for it in value):
        line = shlex.join(value)
    elif isinstance(value, str):
        line = value.strip()
    else:
        raise BadApp(f"{place}: {name} has to be a command: a text, or a list of texts.")
    if len(line) > COMMAND_MAX:
        raise BadApp(f"{place}: {name} has more than {COMMAND_MAX:,} letters. Put it into a script.")
    if not line.isprintable():
        raise BadApp(f"{place}: {name} has to be one line. Put several into a script.")
    return line


def _port(attributes: Any) -> int:
    if not isinstance(attributes, dict):
        return 0
    for port, wishes in attributes.items():
        shown = isinstance(wishes, dict) and wishes.get("onAutoForward") in _SHOWN
        if shown and re.fullmatch(r"[0-9]{4,5}", port) and _SMALLEST_PORT <= int(port) <= _LARGEST_PORT:
            return int(port)
    return 0
