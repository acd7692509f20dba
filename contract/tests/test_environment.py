"""Environment variables: what is accepted, and one clear line for what is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contract.environment import BadSetting, Environment
from contract.names import WorkspaceKind

Read = Callable[[Environment], Any]
TEXT: Read = lambda environment: environment.text("X")  # noqa: E731
WHOLE: Read = lambda environment: environment.whole("X", None, 1, 65_535)  # noqa: E731
NUMBER: Read = lambda environment: environment.number("X", None, 0.1, 3_600)  # noqa: E731
FLAG: Read = lambda environment: environment.flag("X")  # noqa: E731
CHOICE: Read = lambda environment: environment.choice("X", ("red", "blue"), "red")  # noqa: E731
PATH: Read = lambda environment: environment.path("X")  # noqa: E731
URL: Read = lambda environment: environment.url("X", ("unix", "redis"))  # noqa: E731
ORIGIN: Read = lambda environment: environment.web_origin("X")  # noqa: E731


@pytest.mark.parametrize("empty", [{}, {"X": ""}, {"X": "  "}])
def test_unset_and_empty_are_the_same(empty: dict[str, str]) -> None:
    environment = Environment(empty)
    assert "X" not in environment
    for read in (TEXT, WHOLE, NUMBER, PATH, URL, ORIGIN):
        with pytest.raises(BadSetting, match=r"^X is not set; .*apranova up"):
            read(environment)
    assert environment.text("X", "default") == "default"
    assert environment.whole("X", -1, 1, 5) == -1  # a default may lie outside the bounds
    assert environment.path("X", Path("/d")) == Path("/d")
    assert not environment.flag("X")
    assert CHOICE(environment) == "red"
    assert environment.kinds("X") == tuple(WorkspaceKind)


@pytest.mark.parametrize(
    ("read", "value", "meant"),
    [
        (TEXT, " padded ", "padded"),
        (WHOLE, "1", 1),
        (WHOLE, "65535", 65_535),
        (NUMBER, "0.1", 0.1),
        (FLAG, "1", True),
        (FLAG, "Yes", True),
        (FLAG, "false", False),
        (CHOICE, "blue", "blue"),
        (PATH, "/a/b", Path("/a/b")),
        (URL, "redis://:secret@host:6379/0", "redis://:secret@host:6379/0"),
        (ORIGIN, "https://school.example:8443/", "https://school.example:8443"),
    ],
)
def test_a_good_value_is_understood(read: Read, value: str, meant: Any) -> None:
    assert read(Environment({"X": value})) == meant


@pytest.mark.parametrize(
    ("read", "value", "says"),
    [
        (WHOLE, "many", "X is 'many'; a whole number from 1 to 65535 is expected"),
        (WHOLE, "1.5", "X is '1.5'; a whole number from 1 to 65535 is expected"),
        (WHOLE, "0", "X is '0'; a whole number from 1 to 65535 is expected"),
        (WHOLE, "65536", "X is '65536'; a whole number from 1 to 65535 is expected"),
        (NUMBER, "soon", "X is 'soon'; a number from 0.1 to 3600 is expected"),
        (NUMBER, "nan", "X is 'nan'; a number from 0.1 to 3600 is expected"),
        (NUMBER, "inf", "X is 'inf'; a number from 0.1 to 3600 is expected"),
        (FLAG, "maybe", "X is 'maybe'; yes or no is expected"),
        (CHOICE, "green", "X is 'green'; one of red, blue is expected"),
        (PATH, "a/b", "X is 'a/b'; a full path, beginning with / is expected"),
        (URL, "http://:secret@host", "X must be a URL that begins with unix:// or redis://"),
        (URL, "redis://host:port", "X is not a URL: Port could not be cast to integer value as 'port'"),
        (ORIGIN, "localhost:8080", "X must be a URL that begins with http:// or https://"),
        (
            ORIGIN,
            "http://host/sub",
            "X is 'http://host/sub'; a scheme and a host, such as http://localhost:8080 is expected",
        ),
    ],
)
def test_a_bad_value_is_named_with_what_is_expected(read: Read, value: str, says: str) -> None:
    with pytest.raises(BadSetting) as refused:
        read(Environment({"X": value}))
    assert str(refused.value) == says


def test_kinds_come_in_their_own_order_and_a_mistake_is_named() -> None:
    assert Environment({"X": "superset vscode"}).kinds("X") == tuple(WorkspaceKind)
    with pytest.raises(BadSetting, match=r"^X is 'jupyter'; some of vscode superset"):
        Environment({"X": "jupyter"}).kinds("X")
