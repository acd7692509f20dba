"""Every small mistake in a template: a property dropped, weakened, or swapped for its neighbor's.

Pure: templates in, mutants out, always in the same order. A mutant changes one place and can take
the change back, so that thousands need no copies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Path = tuple[str | int, ...]
Template = dict[str, Any]

DESCRIBING = frozenset(
    {
        "Comment", "Description", "DashboardBody", "AlarmDescription", "DBSubnetGroupDescription", "GroupDescription",
        "ReplicationGroupDescription", "CacheSubnetGroupDescription", "Sid", "Tags", "FileSystemTags", "TagList",
        "AccessPointTags", "ResourceTags",
        "MessageBody", "PolicyName", "Code", "Version", "Id", "Metadata",
    }
)  # fmt: skip
"""People read these, or CDK generates them; the platform behaves the same without."""
OF_THE_RESOURCE = ("DeletionPolicy", "UpdateReplacePolicy", "DependsOn")
OPPOSITES = {
    "Allow": "Deny", "Deny": "Allow", "allow": "deny", "deny": "allow", "ENABLED": "DISABLED", "Enabled": "Disabled",
    "true": "false", "false": "true", "REJECT": "ACCEPT", "Retain": "Delete", "Snapshot": "Delete",
    "RetainExceptOnCreate": "Delete", "https-only": "match-viewer", "redirect-to-https": "allow-all",
    "GreaterThanThreshold": "LessThanThreshold", "LessThanThreshold": "GreaterThanThreshold",
    "4135ea2d-6df8-44a3-9df3-4b5a84be39ad": "658327ea-f89d-4fab-a63d-7e88639e58f6",
    "658327ea-f89d-4fab-a63d-7e88639e58f6": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    stack: str
    resource: str
    """Its logical id."""
    kind: str
    path: Path
    """From the resource's body to what changes."""
    change: str
    """dropped, or what the value becomes."""
    _apply: Callable[[Template], Callable[[], None]]

    def apply(self, templates: Mapping[str, Template]) -> Callable[[], None]:
        """Change the template; returns what takes the change back."""
        return self._apply(templates[self.stack])

    def __str__(self) -> str:
        place = ".".join(str(step) for step in self.path)
        return f"{self.stack} {self.resource} {self.kind} {place}: {self.change}"


def all_mutants(templates: Mapping[str, Template]) -> Iterator[Mutant]:
    types = _types_of_references(templates)
    for stack, template in templates.items():
        neighbors = _neighbors(template, types)
        for id, body in template["Resources"].items():
            for path, value in _places(body):
                yield from _mistakes(stack, id, body["Type"], path, value, neighbors)


def _places(body: Template) -> Iterator[tuple[Path, Any]]:
    for name in OF_THE_RESOURCE:
        if name in body:
            yield from _walk((name,), body[name])
    for name, value in body.get("Properties", {}).items():
        if name not in DESCRIBING:
            yield from _walk(("Properties", name), value)


def _walk(path: Path, value: Any) -> Iterator[tuple[Path, Any]]:
    yield path, value
    if _reference(value) or (isinstance(value, dict) and next(iter(value), "").startswith("Fn::")):
        return
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in items:
        if step not in DESCRIBING:
            yield from _walk((*path, step), inner)


def _mistakes(
    stack: str, id: str, kind: str, path: Path, value: Any, neighbors: Mapping[str, list[Any]]
) -> Iterator[Mutant]:
    yield Mutant(stack, id, kind, path, "dropped", lambda template: _drop(template, id, path))
    for other in _others(value, neighbors):
        yield Mutant(
            stack, id, kind, path, f"{_short(value)} → {_short(other)}",
            lambda template, other=other: _replace(template, id, path, other),
        )  # fmt: skip


def _others(value: Any, neighbors: Mapping[str, list[Any]]) -> list[Any]:
    """What a mistake would put in its place: at most one value."""
    if (name := _reference(value)) is not None:
        there = neighbors.get(name, [])
        return [there[(there.index(value) + 1) % len(there)]] if len(there) > 1 and value in there else []
    match value:
        case bool():
            return [not value]
        case int() | float():
            return [value * 10 + 1]
        case str() if value in OPPOSITES:
            return [OPPOSITES[value]]
        case str() if value.isdigit():
            return [str(int(value) * 10 + 1)]
        case str():
            return [f"{value}-mutant"]
    return []


def _reference(value: Any) -> str | None:
    """Of a Ref, GetAtt or import: its text, as a key."""
    if isinstance(value, dict) and len(value) == 1 and next(iter(value)) in ("Ref", "Fn::GetAtt", "Fn::ImportValue"):
        return str(value)
    return None


def _types_of_references(templates: Mapping[str, Template]) -> dict[str, str]:
    """Of each export: type and attribute of what it is."""
    found = {}
    for template in templates.values():
        for output in template.get("Outputs", {}).values():
            name = output.get("Export", {}).get("Name")
            if name:
                found[name] = _type_in(output["Value"], template)
    return found


def _type_in(reference: Any, template: Template) -> str:
    match reference:
        case {"Ref": id}:
            return str(template["Resources"].get(id, {}).get("Type", ""))
        case {"Fn::GetAtt": [id, attribute]}:
            return f"{template['Resources'][id]['Type']} {attribute}"
    return ""


def _neighbors(template: Template, exports: Mapping[str, str]) -> dict[str, list[Any]]:
    """Of each reference in a stack: all references there to the same attribute of the same type."""
    by_type: dict[str, dict[str, Any]] = {}
    for body in template["Resources"].values():
        for _, value in _places(body):
            name = _reference(value)
            if name is None:
                continue
            kind = exports.get(value.get("Fn::ImportValue", ""), "") or _type_in(value, template)
            if kind:
                by_type.setdefault(kind, {})[name] = value
    return {name: list(group.values()) for group in by_type.values() for name in group}


def _drop(template: Template, id: str, path: Path) -> Callable[[], None]:
    parent, last = _parent(template, id, path)
    if isinstance(parent, list):
        removed = parent.pop(last)
        return lambda: parent.insert(last, removed)
    before = dict(parent)
    del parent[last]

    def back() -> None:
        parent.clear()
        parent.update(before)  # in the same order as before

    return back


def _replace(template: Template, id: str, path: Path, other: Any) -> Callable[[], None]:
    parent, last = _parent(template, id, path)
    before, parent[last] = parent[last], other

    def back() -> None:
        parent[last] = before

    return back


def _parent(template: Template, id: str, path: Path) -> tuple[Any, Any]:
    here = template["Resources"][id]
    for step in path[:-1]:
        here = here[step]
    return here, path[-1]


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
