"""The generator of mutants: what it changes, and that it takes each change back."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from infrastructure.mutants.acknowledged import ACKNOWLEDGED
from infrastructure.mutants.generate import all_mutants
from infrastructure.tests.templates import Assembly

SUBNETS = [{"Ref": "Private1"}, {"Ref": "Private2"}]
TEMPLATES: dict[str, Any] = {
    "one": {
        "Resources": {
            "Service": {
                "Type": "AWS::ECS::Service",
                "DependsOn": ["Rule"],
                "Properties": {"Description": "for people", "Subnets": SUBNETS, "Days": 7, "On": True},
            },
            "Private1": {"Type": "AWS::EC2::Subnet", "Properties": {"Cidr": "10.0.0.0/24"}},
            "Private2": {"Type": "AWS::EC2::Subnet", "DeletionPolicy": "Retain"},
        }
    }
}


def test_each_property_is_dropped_weakened_or_swapped() -> None:
    changes = {f"{m.resource}.{'.'.join(map(str, m.path))}: {m.change}" for m in all_mutants(TEMPLATES)}
    assert changes >= {
        "Service.DependsOn.0: dropped",
        "Service.Properties.Subnets: dropped",
        "Service.Properties.Subnets.0: {'Ref': 'Private1'} → {'Ref': 'Private2'}",
        "Service.Properties.Days: 7 → 71",
        "Service.Properties.On: True → False",
        "Private2.DeletionPolicy: Retain → Delete",
    }
    assert not any("Description" in change for change in changes)


@pytest.mark.parametrize("templates", [TEMPLATES, None], ids=["small", "hundred"])
def test_every_mutant_changes_the_template_and_takes_it_back(templates: Any, hundred: Assembly) -> None:
    templates = copy.deepcopy(templates or hundred.templates)
    before = {stack: json.dumps(template) for stack, template in templates.items()}
    mutants = list(all_mutants(templates))[:: 1 if len(templates) == 1 else 40]
    assert len(mutants) > 10
    for mutant in mutants:
        back = mutant.apply(templates)
        assert json.dumps(templates[mutant.stack]) != before[mutant.stack], str(mutant)
        back()
        assert json.dumps(templates[mutant.stack]) == before[mutant.stack], str(mutant)


def test_every_acknowledged_mutant_has_a_reason() -> None:
    assert [entry for entry in ACKNOWLEDGED if len(entry.reason) < 20] == []
