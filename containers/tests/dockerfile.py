"""A Dockerfile, parsed for the tests."""

from __future__ import annotations

import json

from dockerfile_parse import DockerfileParser

from containers.catalogue import SHARED_DOCKERFILE, SHARED_STAGES, SOURCE, Image


class Dockerfile:
    def __init__(self, text: str) -> None:
        parser = DockerfileParser(fileobj=_InMemory(text))
        self.text = text
        self.instructions: list[tuple[str, str]] = [
            (it["instruction"], it["value"]) for it in parser.structure if it["instruction"] != "COMMENT"
        ]

    def values(self, instruction: str) -> list[str]:
        return [value for name, value in self.instructions if name == instruction]

    def stage(self, name: str) -> list[tuple[str, str]]:
        """Instructions of the stage with this name; the last stage when it is empty."""
        starts = [number for number, (word, _) in enumerate(self.instructions) if word == "FROM"]
        ends = [*starts[1:], len(self.instructions)]
        stages = [self.instructions[start:end] for start, end in zip(starts, ends, strict=True)]
        return next(stage for stage in reversed(stages) if not name or stage[0][1].endswith(f" AS {name}"))

    @property
    def last_stage(self) -> list[tuple[str, str]]:
        """With the instructions of its shared stage, whose metadata the engine keeps."""
        own = self.stage("")
        shared = own[0][1].removeprefix("${").removesuffix("}").lower()
        return [*(read_file(SHARED_DOCKERFILE).stage(shared) if shared in SHARED_STAGES else ()), *own]

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
    """A seekable file, which dockerfile_parse wants."""

    def __init__(self, text: str) -> None:
        self._text = text.encode()

    def seek(self, _position: int) -> None: ...

    def readlines(self) -> list[bytes]:
        return self._text.splitlines(keepends=True)

    def read(self) -> bytes:
        return self._text


def read_file(path: str) -> Dockerfile:
    return Dockerfile((SOURCE / path).read_text())


def read(image: Image) -> Dockerfile:
    return read_file(image.dockerfile)
