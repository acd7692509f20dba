"""Environment variables as typed settings. Every process reads them once, at its entry point.

An empty variable counts as unset. The first value that cannot work raises BadSetting.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from contract.names import WorkspaceKind

_Number = TypeVar("_Number", int, float)
_Word = TypeVar("_Word", bound=str)
_BOOLEANS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


class BadSetting(ValueError):
    """One line for the operator: which variable, what is wrong with it, what is expected."""


class Environment:
    """Every method raises BadSetting. Without a default, the variable must be set."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def __contains__(self, name: str) -> bool:
        return bool(self.text(name, ""))

    def text(self, name: str, default: str | None = None) -> str:
        value = self._variables.get(name, "").strip() or default
        if value is None:
            raise BadSetting(f"{name} is not set; `./apranova up` sets it on one machine, and the deployment on AWS")
        return value

    def whole(self, name: str, default: int | None, least: int, most: int) -> int:
        return self._number(int, "a whole number", name, default, least, most)

    def number(self, name: str, default: float | None, least: float, most: float) -> float:
        return self._number(float, "a number", name, default, least, most)

    def flag(self, name: str) -> bool:
        """Whether a feature is switched on; unset means no."""
        text = self.text(name, "no").lower()
        if text not in _BOOLEANS:
            raise self.refused(name, "yes or no")
        return _BOOLEANS[text]

    def choice(self, name: str, allowed: Collection[_Word], default: _Word) -> _Word:
        text = self.text(name, default)
        for word in allowed:
            if word == text:
                return word
        raise self.refused(name, f"one of {', '.join(allowed)}")

    def path(self, name: str, default: Path | None = None) -> Path:
        """The full path of a file or folder, which need not exist."""
        path = Path(self.text(name, None if default is None else str(default)))
        if not path.is_absolute():
            raise self.refused(name, "a full path, beginning with /")
        return path

    def url(self, name: str, schemes: Collection[str], default: str | None = None) -> str:
        """Any URL of these schemes. It may hold a password, so an error does not repeat it."""
        url = self.text(name, default)
        try:
            parts = urlsplit(url)
            _ = parts.port  # parsed only on access
        except ValueError as error:
            raise BadSetting(f"{name} is not a URL: {error}") from None
        if parts.scheme not in schemes:
            begin = " or ".join(f"{scheme}://" for scheme in schemes)
            raise BadSetting(f"{name} must be a URL that begins with {begin}")
        return url

    def web_origin(self, name: str, default: str | None = None) -> str:
        """Scheme and host, perhaps a port; no slash at the end."""
        url = self.url(name, ("http", "https"), default)
        parts = urlsplit(url)
        if not parts.hostname or parts.path not in ("", "/") or parts.query:
            raise self.refused(name, "a scheme and a host, such as http://localhost:8080")
        return url.rstrip("/")

    def kinds(self, name: str) -> tuple[WorkspaceKind, ...]:
        """The kinds that it names, with spaces between; all kinds when it is unset."""
        words = self.text(name, " ".join(WorkspaceKind)).split()
        if not set(words) <= set(WorkspaceKind):
            raise self.refused(name, f"some of {' '.join(WorkspaceKind)}, with spaces between")
        return tuple(kind for kind in WorkspaceKind if kind in words)

    def refused(self, name: str, expected: str) -> BadSetting:
        """The error for a value that fails the caller's own check. It shows the value."""
        return BadSetting(f"{name} is {self.text(name, '')!r}; {expected} is expected")

    def _number(
        self,
        parse: Callable[[str], _Number],
        what: str,
        name: str,
        default: _Number | None,
        least: _Number,
        most: _Number,
    ) -> _Number:
        if default is not None and name not in self:
            return default
        text = self.text(name)
        try:
            value = parse(text)
        except ValueError:
            value = None
        if value is None or not least <= value <= most:  # NaN lies between no two numbers
            raise self.refused(name, f"{what} from {least:.12g} to {most:.12g}")
        return value
