"""What the backend's task asks of AWS, and that agent, mover and gateway ask nothing."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from backend.gateway.key_publication import publish
from backend.platform.database_password import password_in_secret
from backend.workspaces.manager_client import build_manager_client
from infrastructure.used_rights import BY_CODE
from tests.aws_rights import SOURCE, recorded

REGION = "eu-central-1"
CLIENTS = {
    "backend/gateway/key_publication.py",
    "backend/platform/database_password.py",
    "backend/workspaces/manager_client.py",
}
"""All files that make a client of AWS; the test below calls each."""


def invoked(**_: Any) -> dict[str, Any]:
    return {"Payload": io.BytesIO(json.dumps({"ok": True, "workspaces": []}).encode())}


def test_the_backend_asks_for_exactly_what_its_role_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "111122223333")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    answers = {
        "Invoke": invoked,
        "GetSecretValue": lambda **_: {"SecretString": '{"password": "new"}'},
        "PutParameter": lambda **_: {},
    }
    with recorded("backend", answers=answers) as used:
        build_manager_client(settings.ENVIRONMENT).describe(["ws-aaaaaaaaaa"])
        assert password_in_secret("arn:aws:secretsmanager:a-secret", region=REGION)() == "new"
        publish(Ed25519PrivateKey.generate(), "/apranova/manager", region=REGION)
    assert used == BY_CODE["backend"]


def files_with_a_client(*folders: str) -> set[str]:
    return {
        str(file.relative_to(SOURCE))
        for folder in folders
        for file in (SOURCE / folder).rglob("*.py")
        if "tests" not in file.parts and re.search(r"(?m)^\s*(import|from) boto(3|core)\b", file.read_text())
    }


def test_no_other_file_of_the_backend_talks_to_aws() -> None:
    assert files_with_a_client("backend") == CLIENTS


def test_what_runs_next_to_students_and_the_mover_has_no_client_of_aws() -> None:
    assert files_with_a_client("agent", "images", "mover", "gateway", "contract") == set()
    assert BY_CODE["workspace"] == BY_CODE["mover"] == frozenset()
