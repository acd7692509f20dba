"""What a devcontainer.json says of an app, and what of it is refused in words."""

from __future__ import annotations

import json

import pytest

from contract.declared_app import BYTES_MAX, BadApp, DeclaredApp, find_app

PLACE = ".devcontainer/devcontainer.json"


def app(text: str | dict[str, object], place: str = PLACE) -> DeclaredApp | None:
    return find_app({"README.md": b"#", place: (text if isinstance(text, str) else json.dumps(text)).encode()})


def test_commands_and_the_port_to_show_are_taken_as_codespaces_takes_them() -> None:
    assert app(
        """
        // A lesson's template, with all that VS Code allows beside JSON.
        {
            "image": "mcr.microsoft.com/devcontainers/javascript-node", /* not used
                here */
            "postCreateCommand": "npm ci", // not "npm install"
            "postAttachCommand": ["npm", "run", "dev", "--", "--title", "a // b, }"],
            "forwardPorts": [3000, 5173],
            "portsAttributes": {
                "3000": { "label": "API" },
                "5173": { "label": "App", "onAutoForward": "openPreview", }, // the app
            }, // and no more
        }
        """
    ) == DeclaredApp("npm ci", "npm run dev -- --title 'a // b, }'", 5173)


def test_each_time_of_the_format_has_its_place_and_several_commands_run_together() -> None:
    found = app(
        {
            "onCreateCommand": "createdb shop",
            "updateContentCommand": {"packages": ["npm", "ci"]},
            "postCreateCommand": "",
            "postStartCommand": "redis-cli ping",
            "postAttachCommand": {"api": "node api.js", "web": "npm run dev"},
        }
    )
    expected = "redis-cli ping && together 'node api.js' 'npm run dev'"
    assert found == DeclaredApp("createdb shop && npm ci", expected, 0)


@pytest.mark.parametrize(
    ("attributes", "port"),
    [
        ({"3000": {"onAutoForward": "openBrowserOnce"}}, 3000),
        ({"80": {"onAutoForward": "openPreview"}, "8000": {"onAutoForward": "openPreview"}}, 8000),
        ({"99999": {"onAutoForward": "openPreview"}}, 0),
        ({"3000-3010": {"onAutoForward": "openPreview"}}, 0),
        ({"3000": {"onAutoForward": "notify"}}, 0),
        ({"3000": "openPreview"}, 0),
        ([3000], 0),
        (None, 0),
    ],
)
def test_a_port_is_shown_only_where_that_is_asked_for(attributes: object, port: int) -> None:
    assert app({"postAttachCommand": "npm start", "portsAttributes": attributes}) == DeclaredApp("", "npm start", port)


def test_a_project_without_the_file_or_without_commands_declares_nothing() -> None:
    assert find_app({"package.json": b"{}"}) is None
    assert app({"image": "x", "forwardPorts": [3000]}) is None
    assert app({"postAttachCommand": "npm start"}, "sub/.devcontainer.json") is None
    assert app({"postAttachCommand": "npm start"}, ".devcontainer.json") == DeclaredApp("", "npm start", 0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"postAttachCommand": npm}', "cannot be read, line 1"),
        ('{"postAttachCommand": "npm start"', "cannot be read, line 1"),
        ("[]", "has to be an object"),
        ("[" * 8_000, "nested too deep"),
        ('{"postCreateCommand": ' + '{"a":' * 900 + "1" + "}" * 901, "postCreateCommand has to be a command"),
        ('{"portsAttributes": ' + "1" * 5_000 + "}", "a number in it is too long"),
        ('{"postAttachCommand": 3}', "postAttachCommand has to be a command"),
        ('{"postCreateCommand": ["npm", 3]}', "postCreateCommand has to be a command"),
        ('{"postCreateCommand": "npm ci\\nnpm run seed"}', "has to be one line"),
        ('{"postCreateCommand": {"a": "x\\u001b[2J"}}', "has to be one line"),
        (json.dumps({"postAttachCommand": "x" * 2_001}), "more than 2,000 letters"),
        (" " * (BYTES_MAX + 1), "more than 16 kB"),
    ],
)
def test_what_cannot_be_used_is_said_in_words(text: str, words: str) -> None:
    with pytest.raises(BadApp, match=words):
        app(text)


def test_a_file_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(BadApp, match="not UTF-8"):
        find_app({PLACE: b'{"postAttachCommand": "caf\xe9"}'})


@pytest.mark.parametrize("bad", ["/*" * 8_000, "," * 16_000, ", " * 8_000, '"' * 15_999, '"\\' * 8_000, "/" * 16_000])
def test_no_text_takes_long_to_read(bad: str) -> None:
    with pytest.raises(BadApp):
        app(bad)
