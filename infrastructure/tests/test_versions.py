"""The alias that a person who waits is served by; before a class its instances are ready."""

from __future__ import annotations

import re

from infrastructure.elements.function import NOT_OF_A_VERSION, OF_A_VERSION
from infrastructure.tests.templates import Assembly, Resource, strings

PUBLISHED = {"workspace-manager", "apranova-mover"}


def aliases(each: Assembly) -> dict[str, Resource]:
    """By the name of the function."""
    found = each.all("AWS::Lambda::Alias")
    return {each.target(alias["FunctionName"], "application")["FunctionName"]: alias for alias in found}


def test_each_alias_leads_to_the_newest_version_of_its_function(each: Assembly) -> None:
    assert set(aliases(each)) == PUBLISHED
    assert len(each.all("AWS::Lambda::Version")) == len(PUBLISHED)
    for alias in aliases(each).values():
        version = each.target(alias["FunctionVersion"], "application")
        assert (version.type, alias["FunctionVersion"]["Fn::GetAtt"][1]) == ("AWS::Lambda::Version", "Version")
        assert version["FunctionName"] == alias["FunctionName"]
        assert (alias["Name"], set(alias.properties)) == ("live", {"Name", "FunctionName", "FunctionVersion"})


def test_everything_that_makes_a_new_version_is_in_its_logical_id(each: Assembly) -> None:
    """Otherwise CloudFormation would publish none, and callers would keep the old code."""
    known = {name.replace("_", "") for name in (*OF_A_VERSION, *NOT_OF_A_VERSION)}
    for function in each.all("AWS::Lambda::Function"):
        if function["FunctionName"] in PUBLISHED:
            assert {name.lower() for name in function.properties} <= known


def test_another_environment_makes_another_version(school) -> None:
    ids = {alias["FunctionVersion"]["Fn::GetAtt"][0] for name in ("small", "hundred", "thousand")
           for function, alias in aliases(school(name)).items() if function == "workspace-manager"}  # fmt: skip
    assert len(ids) == 3


def test_whoever_waits_for_an_answer_calls_the_alias(each: Assembly) -> None:
    """The backend, the load balancer's door, and the manager in a claim. Passes have time."""
    manager, mover = ({"Ref": aliases(each)[name].id} for name in ("workspace-manager", "apranova-mover"))
    (django,) = [c for c in each.task("apranova-backend")["ContainerDefinitions"] if c["Name"] == "backend"]
    told = {entry["Name"]: entry["Value"] for entry in django["Environment"]}
    assert told["APRANOVA_MANAGER_FUNCTION"] == manager
    (door,) = [g for g in each.all("AWS::ElasticLoadBalancingV2::TargetGroup") if g["TargetType"] == "lambda"]
    assert door["Targets"] == [{"Id": manager}]
    permission = [p for p in each.all("AWS::Lambda::Permission") if p["Principal"].startswith("elasticload")]
    assert [(p["FunctionName"], p["Action"]) for p in permission] == [(manager, "lambda:InvokeFunction")]
    roles = {role.id: role for role in each.all("AWS::IAM::Role")}
    for prefix, sid, live in (("BackendRole", "InvokeManager", manager), ("ManagerRole", "InvokeMover", mover)):
        (role,) = [role for id, role in roles.items() if re.fullmatch(rf"{prefix}[0-9A-F]+", id)]
        (invoke,) = each.statements(role, sid)
        alias, function = invoke["Resource"]  # during an upgrade the old tasks still call the function
        assert alias == live
        assert function == {"Fn::GetAtt": [each.target(live, "application")["FunctionName"]["Ref"], "Arn"]}
    (function,) = [f for f in each.all("AWS::Lambda::Function") if f["FunctionName"] == "workspace-manager"]
    assert function["Environment"]["Variables"]["APRANOVA_MOVER"] == "apranova-mover:live"


def test_the_manager_makes_instances_ready_of_these_two_aliases_and_of_nothing_else(each: Assembly) -> None:
    (function,) = [f for f in each.all("AWS::Lambda::Function") if f["FunctionName"] == "workspace-manager"]
    told = function["Environment"]["Variables"]["APRANOVA_READY_INSTANCES"]
    assert told == "workspace-manager:live=10 apranova-mover:live=10"
    (allowed,) = each.statements(each.target(function["Role"], "application"), "ReadyInstances")
    ends = {"".join(strings(arn)).partition(":function:")[2] for arn in allowed["Resource"]}
    assert ends == {"workspace-manager:live", "apranova-mover:live"}
