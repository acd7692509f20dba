"""A Dockerfile as the tests read it."""

from __future__ import annotations

import json

from dockerfile_parse import DockerfileParser

from containers.catalogue import SOURCE, Image


class Dockerfile:
    def __init__(self, text: str) -> None:
        parser = DockerfileParser(fileobj=_InMemory(text))
        self.text = text
        self.instructions: list[tuple[str, str]] = [
            (it["instruction"], it["value"]) for it in parser.structure if it["instruction"] != "COMMENT"
        ]

    def values(self, instruction: str) -> list[str]:
        return [value for name, value in self.instructions if name == instruction]

    @property
    def last_stage(self) -> list[tuple[str, str]]:
        starts = [number for number, (name, _) in enumerate(self.instructions) if name == "FROM"]
        return self.instructions[starts[-1] :]

    def last(self, instruction: str) -> str:
        found = [value for name, value in self.last_stage if name == instruction]
        assert found, f"the last stage has no {instruction}"
        return found[-1]

    @property
    def command(self) -> list[str]:
        return json.loads(self.last("CMD"))

    @property
    def health_check(self) -> list[str]:
        return json.loads(self.last("HEALTHCHECK").partition("CMD")[2])

    @property
    def volumes(self) -> set[str]:
        return set(json.loads(self.last("VOLUME")))


class _InMemory:
    """dockerfile_parse wants a file that it can read from its beginning."""

    def __init__(self, text: str) -> None:
        self._text = text.encode()

    def seek(self, _position: int) -> None: ...

    def readlines(self) -> list[bytes]:
        return self._text.splitlines(keepends=True)

    def read(self) -> bytes:
        return self._text


def read(image: Image) -> Dockerfile:
    return Dockerfile((SOURCE / image.dockerfile).read_text())
