"""Settings on one machine and on AWS: defaults, Parameter Store, and every bad value."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from contract.environment import BadSetting
from contract.names import WorkspaceKind, WorkspaceSize
from contract.sizes import FARGATE_MEMORY_MIB, SizeLimits, on_fargate
from manager.aws_settings import ON_AWS, AwsSettings, read_aws_settings, variables_of
from manager.domain.policy import Policy, PoolPolicy
from manager.settings import read_settings

GIVEN = {
    "AWS_REGION": "eu-central-1",
    "APRANOVA_TABLE": "apranova-workspaces",
    "APRANOVA_CLUSTER": "apranova-cluster",
    "APRANOVA_SUBNETS": "subnet-1,subnet-2,subnet-3",
    "APRANOVA_WORKSPACE_SECURITY_GROUP": "sg-1",
    "APRANOVA_WORKSPACE_IMAGES": "vscode=registry/vscode:1 superset=registry/superset:1",
    "APRANOVA_EXECUTION_ROLE": "arn:aws:iam::111122223333:role/execution",
    "APRANOVA_TASK_ROLE": "arn:aws:iam::111122223333:role/task",
    "APRANOVA_FILE_SYSTEM": "fs-1",
    "APRANOVA_KINDS": "vscode superset",
    "APRANOVA_POOL": "base=3 peak=5 off=1 weekend=2",
    "APRANOVA_TIME_ZONE": "Europe/Berlin",
    "APRANOVA_PUBLIC_URL": "https://school.example/",
    "APRANOVA_WORKSPACES_DOMAIN": "ws.school.example",
}


def read(**changes: str) -> AwsSettings:
    return read_aws_settings({**GIVEN, **changes})


def test_tasks_on_aws_have_other_limits_than_on_one_machine() -> None:
    settings = read()
    assert settings.policy.memory_max_mib is None
    assert settings.policy.start_lead_s == 60.0
    assert settings.public_url == "https://school.example"
    assert settings.ecs.images[WorkspaceKind.SUPERSET] == "registry/superset:1"
    assert settings.ecs.subnets == ("subnet-1", "subnet-2", "subnet-3")


def test_a_warning_is_shown_for_five_minutes_although_the_pass_may_be_five_minutes_late() -> None:
    policy = read().policy
    assert policy.idle_warning_s - policy.pass_interval_s >= 300.0


def test_functions_are_called_after_the_installation() -> None:
    settings = read(APRANOVA_FAMILY_PREFIX="school-2", APRANOVA_MOVER="moves")
    assert (settings.mover, settings.backup_worker) == ("moves", "school-2-backup-worker")


def test_parameters_are_variables_under_other_names() -> None:
    found = {"/apranova/manager/idle-timeout-s": "900", "/apranova/manager/deep/er": "x", "/apranova/manager/BAD": "x"}
    assert variables_of(found, "/apranova/manager") == {"APRANOVA_IDLE_TIMEOUT_S": "900"}


def test_everything_that_the_platform_gives_the_function_is_read() -> None:
    source = Path(__file__).parents[2]
    given = re.findall(r'"(APRANOVA_\w+)":', (source / "infrastructure/elements/manager_function.py").read_text())
    read_in = [source / "manager" / name for name in ("settings.py", "aws_settings.py", "entrypoints/function.py")]
    known = "".join(path.read_text() for path in (*read_in, source / "contract/network.py"))
    of_others = {"APRANOVA_SNAPSHOTS_BUCKET"}
    assert len(given) > 20
    assert [name for name in given if f'"{name}"' not in known and name not in of_others] == []


def test_tasks_get_the_schools_mirrors_and_its_application_at_github() -> None:
    assert read().ecs.of_the_school == {}
    github = {"APRANOVA_GITHUB_CLIENT_ID": "Ov23li"}
    at_github = {**github, "APRANOVA_GITHUB_URL": "https://github.com"}
    assert read(**github).ecs.of_the_school == at_github
    own = read(**github, APRANOVA_GITHUB_URL="https://github.school.example/").ecs.of_the_school
    assert own["APRANOVA_GITHUB_URL"] == "https://github.school.example"
    mirrors = read(
        APRANOVA_NPM_REGISTRY="https://packages.school.example/npm/",
        APRANOVA_PIP_INDEX="http://packages.school.example/simple/",
        APRANOVA_EXTENSIONS_GALLERY="https://open-vsx.school.example",
    ).ecs.of_the_school
    assert set(mirrors) == {"NPM_CONFIG_REGISTRY", "PIP_INDEX_URL", "PIP_TRUSTED_HOST", "EXTENSIONS_GALLERY"}
    assert mirrors["NPM_CONFIG_REGISTRY"] == "https://packages.school.example/npm/"


@pytest.mark.parametrize(
    "name", [name for name in GIVEN if name not in {"APRANOVA_KINDS", "APRANOVA_POOL", "APRANOVA_TIME_ZONE"}]
)
def test_what_is_missing_is_named(name: str) -> None:
    with pytest.raises(BadSetting, match=name):
        read(**{name: ""})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("APRANOVA_WORKSPACE_IMAGES", "vscode=registry/vscode:1"),
        ("APRANOVA_WORKSPACE_IMAGES", "vscode=a superset=b jupyter=c"),
        ("APRANOVA_WORKSPACE_IMAGES", "vscode"),
        ("APRANOVA_SPOT_PERCENT", "101"),
        ("APRANOVA_TASK_CPU_UNITS", "one"),
        ("APRANOVA_TASK_CPU_UNITS", "1000"),
        ("APRANOVA_TASK_MEMORY_MIB", "-2048"),
        ("APRANOVA_TASK_MEMORY_MIB", "2560"),
        ("APRANOVA_TASK_MEMORY_MIB", "1024"),
        ("APRANOVA_SIZES", "large=4096:3072"),
        ("APRANOVA_SIZES", "small=1536"),
        ("APRANOVA_TASK_ARCHITECTURE", "arm"),
        ("APRANOVA_SLOTS_AHEAD", "0"),
        ("APRANOVA_WAKE_QUEUE", "not a queue"),
        ("APRANOVA_TIME_ZONE", "Middle/Earth"),
        ("APRANOVA_IDLE_TIMEOUT_S", "soon"),
        ("APRANOVA_POOL", "base=101"),
        ("APRANOVA_POOL_POLICY", "guess"),
        ("APRANOVA_COLD_START_WORTH_H", "0"),
        ("APRANOVA_START_LEAD_S", "soon"),
        ("APRANOVA_WARMING_MAX", "0"),
        ("APRANOVA_POOL_SPARE_PART", "1.1"),
        ("APRANOVA_NPM_REGISTRY", "https://user:password@packages.school.example/"),
    ],
)
def test_a_bad_value_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=name):
        read(**{name: value})


def on_one_machine(**changes: str) -> Policy:
    places = dict.fromkeys(("APRANOVA_RUN_DIR", "APRANOVA_STORE", "APRANOVA_HOMES_DIR"), "/x")
    keys = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "k")
    return read_settings({**places, **keys, "APRANOVA_MANAGER_PORT": "0", **changes}).policy


def test_half_and_twice_of_every_task_are_sizes_that_fargate_offers() -> None:
    """Half of 1,024 units with 3,072 MiB is none: each start of a small workspace failed."""
    for cpu, memories in FARGATE_MEMORY_MIB.items():
        for memory in memories:
            sizes = on_fargate(SizeLimits(memory, cpu))
            assert all(limits.memory_mib in FARGATE_MEMORY_MIB[limits.cpu_units] for limits in sizes.values())
            in_order = [sizes[size] for size in WorkspaceSize]
            assert in_order == sorted(in_order, key=lambda limits: (limits.memory_mib, limits.cpu_units))
    assert on_fargate(SizeLimits(3_072, 1_024))[WorkspaceSize.SMALL] == SizeLimits(2_048, 512)
    with pytest.raises(BadSetting, match="offers with 1024 CPU units, 2048 to 8192 in steps of 1024 MiB"):
        read(APRANOVA_TASK_MEMORY_MIB="2560")


def test_one_machine_has_memory_for_the_largest_size_at_least() -> None:
    """Otherwise its launches would be refused for ever, with "please try again"."""
    terabyte = str(1 << 10)
    assert on_one_machine(APRANOVA_MEMORY_GB=terabyte).memory_max_mib == 1 << 20
    assert (on_one_machine(APRANOVA_SIZES="large=122880").memory_max_mib or 0) >= 122_880
    assert on_one_machine(APRANOVA_SIZES="medium=768 large=768", APRANOVA_MEMORY_GB="0.75").memory_max_mib == 768
    with pytest.raises(BadSetting, match=r"APRANOVA_MEMORY_GB is '2'; the 3 GB of the largest of APRANOVA_SIZES"):
        on_one_machine(APRANOVA_MEMORY_GB="2")


def test_one_machine_predicts_by_default() -> None:
    policy = on_one_machine()
    assert (policy.pool_policy, policy.warming_max) == (PoolPolicy.PREDICTED, 2)
    changed = on_one_machine(APRANOVA_POOL_POLICY="schedule", APRANOVA_WARMING_MAX="100")
    assert (changed.pool_policy, changed.warming_max) == (PoolPolicy.SCHEDULE, 100)


def test_one_machine_starts_a_few_tasks_for_each_of_its_cores_at_a_time_and_aws_all_at_once() -> None:
    cores = len(os.sched_getaffinity(0))
    assert on_one_machine().starts_max == 2 * cores
    assert ON_AWS.starts_max is None
