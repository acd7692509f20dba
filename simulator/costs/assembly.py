"""What CDK has synthesized, as the cost model reads it: every resource of every stack, by type."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator.operator_input import BadInput


class BadAssembly(BadInput):
    """The text says what is missing, and where it was looked for."""


@dataclass(frozen=True)
class Resource:
    stack: str
    id: str
    type: str
    properties: dict[str, Any]


@dataclass(frozen=True)
class Assembly:
    resources: tuple[Resource, ...]

    def all(self, kind: str) -> list[Resource]:
        return [resource for resource in self.resources if resource.type == kind]

    def one(self, kind: str) -> Resource:
        found = self.all(kind)
        if len(found) != 1:
            raise BadAssembly(f"one {kind} is expected in the templates, {len(found)} are there")
        return found[0]

    def named(self, kind: str, name: str) -> Resource:
        """By its logical id, as a Ref of the same stack says it."""
        for resource in self.all(kind):
            if resource.id == name:
                return resource
        raise BadAssembly(f"there is no {kind} {name} in the templates")

    def count(self, kind: str) -> int:
        return len(self.all(kind))


def read_assembly(folder: Path) -> Assembly:
    """`folder`: what `./apranova infrastructure --out` wrote. Raises BadAssembly."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        files = {
            name: folder / artifact["properties"]["templateFile"]
            for name, artifact in manifest["artifacts"].items()
            if artifact["type"] == "aws:cloudformation:stack"
        }
        templates = {name: json.loads(file.read_text(encoding="utf-8")) for name, file in files.items()}
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as problem:
        raise BadAssembly(f"{folder} holds no templates ({problem}); ./apranova infrastructure writes them") from None
    return Assembly(
        tuple(
            Resource(stack, name, body["Type"], body.get("Properties", {}))
            for stack, template in templates.items()
            for name, body in template["Resources"].items()
        )
    )
