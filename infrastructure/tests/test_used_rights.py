"""Each role allows what its program asks of AWS, what AWS does with the role, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from infrastructure.elements import password_rotation
from infrastructure.tests.templates import Assembly, Resource, strings
from infrastructure.used_rights import BY_AWS, BY_CODE, OF_AWS, ON_INDEX
from tests.aws_rights import recorded

FUNCTIONS = {
    "workspace-manager": "manager",
    "apranova-backup-worker": "backup-worker",
    "apranova-mover": "mover",
    "apranova-password-rotation": "password-rotation",
}


def roles_of_programs(assembly: Assembly) -> dict[str, Resource]:
    """Program → the role whose credentials its code has."""
    found = {
        FUNCTIONS[name]: assembly.target(function["Role"], function.stack)
        for function in assembly.all("AWS::Lambda::Function")
        if (name := function.properties.get("FunctionName")) in FUNCTIONS
    }
    tasks = {"backend": "apranova-backend", "workspace": "apranova-workspace-vscode"}
    for program, family in tasks.items():
        task = assembly.task(family)
        found[program] = assembly.target(task["TaskRoleArn"], task.stack)
    return found


def allowed(assembly: Assembly, role: Resource) -> set[str]:
    return {
        f"{action}{ON_INDEX}" if any("/index/" in text for text in strings(statement["Resource"])) else action
        for statement in assembly.statements(role)
        if statement["Effect"] == "Allow"
        for action in strings(statement["Action"])
    }


def test_each_program_may_do_what_it_does_and_nothing_else(each: Assembly) -> None:
    """Requests of the code were recorded by the tests of manager, backup worker and backend."""
    roles = roles_of_programs(each)
    assert set(roles) == set(BY_CODE) == set(BY_AWS)
    for program, role in roles.items():
        rights, needed = allowed(each, role), BY_CODE[program] | set(BY_AWS[program])
        assert rights - needed == set(), f"{program} may do what nobody asks for"
        assert needed - rights == set(), f"{program} asks for what it may not do"


def test_no_other_role_is_a_program_s(each: Assembly) -> None:
    programs = {role.id for role in roles_of_programs(each).values()}
    others = [role.id for role in each.all("AWS::IAM::Role") if role.id not in programs]
    assert [id for id in others if not any(word in id for word in OF_AWS)] == []
    for word in OF_AWS:
        assert any(word in id for id in others), f"no role is called {word}"


def test_the_restart_after_a_rotation_asks_for_exactly_what_its_role_allows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in {
        "CLUSTER": "a-cluster", "SERVICE": "a-service", "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "111122223333", "AWS_SECRET_ACCESS_KEY": "x",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    handler: dict[str, Any] = {}
    code = compile(password_rotation.CODE, str(Path(password_rotation.__file__)), "exec")
    exec(code, handler)  # noqa: S102 (our own text, which Lambda runs)
    with recorded("infrastructure", answers={"UpdateService": lambda **_: {}}) as used:
        handler["handle"]({}, None)
    assert used == BY_CODE["password-rotation"]
