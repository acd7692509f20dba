"""The platform, synthesized once for each example and read by all tests."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import pytest

from infrastructure.node import use_locked_node

use_locked_node()

from infrastructure.app import build  # noqa: E402  (CDK starts its Node.js at import)
from infrastructure.checkov import PYTHON, run_checkov  # noqa: E402
from infrastructure.manager_package import copy_own_code  # noqa: E402
from infrastructure.nag import Finding, synthesize_with_nag  # noqa: E402
from infrastructure.settings_file import EXAMPLES, load_settings  # noqa: E402
from infrastructure.tests.templates import Assembly  # noqa: E402


@pytest.fixture(scope="session")
def manager_code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All of our own code, without packages, which the tests' environment has already."""
    folder = tmp_path_factory.mktemp("manager")
    copy_own_code(folder)
    return folder


@pytest.fixture(scope="session")
def synthesized(
    manager_code: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], tuple[Assembly, tuple[Finding, ...]]]:
    @cache
    def once(example: str) -> tuple[Assembly, tuple[Finding, ...]]:
        out = tmp_path_factory.mktemp(example)
        app = build(load_settings(EXAMPLES / f"{example}.toml"), manager_code=manager_code, out=out)
        findings = synthesize_with_nag(app, out)
        return Assembly(out), findings

    return once


@pytest.fixture(scope="session")
def school(synthesized) -> Callable[[str], Assembly]:
    """The platform of one of the examples."""
    return lambda example: synthesized(example)[0]


@pytest.fixture(scope="session")
def hundred(school) -> Assembly:
    """The document's school."""
    return school("hundred")


@pytest.fixture(scope="session", params=["small", "hundred", "thousand"])
def example(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="session")
def each(example: str, school) -> Assembly:
    return school(example)


@pytest.fixture(scope="session")
def findings(example: str, synthesized) -> tuple[Finding, ...]:
    """cdk-nag's."""
    return synthesized(example)[1]


ANYWHERE = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"}
PLANTED = {
    "Open": {
        "Type": "AWS::EC2::SecurityGroup",
        "Properties": {"GroupDescription": "SSH from anywhere", "SecurityGroupIngress": [ANYWHERE]},
    },
    "Wide": {
        "Type": "AWS::IAM::Policy",
        "Properties": {
            "PolicyName": "wide",
            "Roles": ["some"],
            "PolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {"Sid": "Narrow", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::one/*"},
                    {"Sid": "Wide", "Effect": "Allow", "Action": "ec2:CreateNetworkInterface", "Resource": "*"},
                ],
            },
        },
    },
}


@pytest.fixture(scope="session")
def of_checkov(school, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, tuple[Finding, ...]]:
    """checkov's findings by example, and in `planted`, a template with faults; all of one run."""
    python = os.environ.get(PYTHON)
    if not python:
        pytest.skip(f"{PYTHON} is not set: ./apranova check infrastructure makes checkov's environment and sets it")
    folders = {example: school(example).folder for example in ("small", "hundred", "thousand")}
    folders["planted"] = tmp_path_factory.mktemp("planted")
    template = folders["planted"] / "apranova-planted.template.json"
    template.write_text(json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": PLANTED}))
    found = run_checkov(python, list(folders.values()), work=tmp_path_factory.mktemp("checkov"))
    return {example: found[folder] for example, folder in folders.items()}
