"""A cloud assembly for tests: resources by type, references followed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

STACKS = ("network", "data", "application", "edge", "observability")


@dataclass(frozen=True)
class Resource:
    stack: str
    id: str
    type: str
    properties: dict[str, Any]
    whole: dict[str, Any] = field(repr=False)

    def __getitem__(self, name: str) -> Any:
        return self.properties[name]


class Assembly:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest = json.loads((folder / "manifest.json").read_text())
        self.templates = {stack: json.loads(self.template_file(stack).read_text()) for stack in STACKS}

    def template_file(self, stack: str) -> Path:
        return self.folder / f"apranova-{stack}.template.json"

    def template_files(self) -> list[Path]:
        return [self.template_file(stack) for stack in STACKS]

    def all(self, kind: str | None = None, stack: str | None = None) -> list[Resource]:
        return [
            resource for resource in self._all() if kind in (None, resource.type) and stack in (None, resource.stack)
        ]

    def one(self, kind: str, stack: str | None = None) -> Resource:
        found = self.all(kind, stack)
        assert len(found) == 1, f"one {kind} is expected, {len(found)} are there"
        return found[0]

    def region(self, stack: str) -> str:
        return self.manifest["artifacts"][f"apranova-{stack}"]["environment"].rsplit("/", 1)[1]

    def statements(self, role: Resource | None = None, sid: str | None = None) -> list[dict[str, Any]]:
        """What identities may do: all of them, or one role."""
        return [
            statement
            for policy in self.all("AWS::IAM::Policy", role.stack if role else None)
            if role is None or {"Ref": role.id} in policy["Roles"]
            for statement in policy["PolicyDocument"]["Statement"]
            if sid in (None, statement.get("Sid"))
        ]

    def task(self, family: str) -> Resource:
        (task,) = [task for task in self.all("AWS::ECS::TaskDefinition") if task["Family"] == family]
        return task

    def target(self, reference: Any, stack: str) -> Resource:
        """What a Ref, a GetAtt or an import from another stack points at."""
        if "Fn::ImportValue" in reference:
            name = reference["Fn::ImportValue"]
            other = next(word for word in STACKS if name.startswith(f"apranova-{word}:"))
            for output in self.templates[other]["Outputs"].values():
                if output.get("Export", {}).get("Name") == name:
                    return self.target(output["Value"], other)
        id = reference["Ref"] if "Ref" in reference else reference["Fn::GetAtt"][0]
        return next(resource for resource in self.all(stack=stack) if resource.id == id)

    def _all(self) -> Iterator[Resource]:
        for stack, template in self.templates.items():
            for id, body in template["Resources"].items():
                yield Resource(stack, id, body["Type"], body.get("Properties", {}), body)


def strings(value: Any) -> Iterator[str]:
    """All text inside a value."""
    match value:
        case str():
            yield value
        case dict():
            for key, inner in value.items():
                yield key
                yield from strings(inner)
        case list():
            for inner in value:
                yield from strings(inner)
