"""What each resource says beyond the rules of the other tests, by kind, in exact.toml.

A value is written for every resource of a kind, or for one by its name, with references by the name
of what they lead to. The table is for what no rule explains: names, dimensions, orders, who belongs
to whom. No command writes it: whoever changes a template changes the value by hand, too.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infrastructure.tests.templates import Assembly, Resource

TABLE: dict[str, dict[str, Any]] = tomllib.loads(Path(__file__).with_name("exact.toml").read_text())
ONE, MISSING = "one", "(missing)"
_GENERATED = re.compile(r"([0-9a-f]{12})?[0-9A-F]{8}$")


def name_of(resource: Resource) -> str:
    """Its stack, and its logical id without what CDK appends."""
    return f"{resource.stack} {_GENERATED.sub('', resource.id)}"


class Plain:
    """Values of one stack as plain text: references by stack and name of what they lead to."""

    def __init__(self, assembly: Assembly, stack: str) -> None:
        self.assembly, self.stack = assembly, stack

    def value(self, given: Any) -> Any:
        match given:
            case {"Ref": str(name)} if name.startswith("AWS::"):
                return f"<{name}>"
            case {"Ref": _} | {"Fn::GetAtt": _} | {"Fn::ImportValue": _}:
                return self._reference(given)
            case {"Fn::Join": ["", parts]}:
                return "".join(str(self.value(part)) for part in parts)
            case {"Fn::Select": [index, {"Fn::Split": [mark, text]}]}:
                return f"<{index} of {self.value(text)} at {mark}>"
            case {**entries} if entries:
                return {name: self.value(inner) for name, inner in entries.items()}
            case list():
                return [self.value(inner) for inner in given]
        return given

    def _reference(self, given: Any) -> str:
        found = self.assembly.target(given, self.stack)
        return f"<{name_of(found)}>"


def values_at(given: Any, steps: list[str]) -> Iterator[Any]:
    """`#` is each element of a list."""
    if not steps:
        yield given
    elif steps[0] == "#":
        for inner in given if isinstance(given, list) else []:
            yield from values_at(inner, steps[1:])
    else:
        yield from values_at(given.get(steps[0], MISSING) if isinstance(given, dict) else MISSING, steps[1:])


def value_of(assembly: Assembly, resource: Resource, path: str) -> Any:
    """With `#` in the path, a list of all."""
    if path == "DependsOn":
        after = resource.whole.get("DependsOn", [])
        there = [{"Ref": id} for id in ([after] if isinstance(after, str) else after)]
        return sorted(Plain(assembly, resource.stack).value(there))
    start = resource.whole if path in ("DeletionPolicy", "UpdateReplacePolicy") else resource.properties
    found = [Plain(assembly, resource.stack).value(it) for it in values_at(start, path.split("."))]
    return found if "#" in path else found[0]


@pytest.mark.parametrize("kind", sorted(TABLE))
def test_each_resource_says_exactly_what_the_table_wants(kind: str, hundred: Assembly) -> None:
    resources = {name_of(resource): resource for resource in hundred.all(kind)}
    of_every = {path: wanted for path, wanted in TABLE[kind].items() if path != ONE}
    of_one = TABLE[kind].get(ONE, {})
    assert set(of_one) <= set(resources)
    for name, resource in resources.items():
        for path, wanted in (of_every | of_one.get(name, {})).items():
            found = value_of(hundred, resource, path)
            assert found == wanted, f"{kind} {name} {path}: {json.dumps(found)}"
