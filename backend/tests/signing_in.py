"""Signing in at a school's provider, as browsers do: what the tests of all providers share."""

from __future__ import annotations

import dataclasses
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from backend.accounts.provider_settings import allauth_providers
from backend.tests.served import PUBLIC_URL
from contract.sign_in import read_sign_in


def use_sign_in(settings: Any, variables: dict[str, str]) -> None:
    """Let the backend use what these variables name."""
    sign_in = read_sign_in(variables)
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, sign_in=sign_in)
    settings.SOCIALACCOUNT_PROVIDERS = allauth_providers(sign_in)


def begin(one: httpx.Client, provider: str, wanted: str = "/dashboard") -> str:
    """The address of the provider to which the sign-in page leads."""
    one.get("/api/auth/browser/v1/config")
    answer = one.post(f"/api/sign-in/{provider}/", json={"next": wanted})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["url"])


def come_back(one: httpx.Client, url: str) -> str:
    """The error's code, or empty; the portal's page is what it leads to."""
    answer = one.get(url)
    assert answer.status_code == 302, answer.text
    there = urlsplit(answer.headers["location"])
    assert f"{there.scheme}://{there.netloc}{there.path}" == f"{PUBLIC_URL}/signin"
    return parse_qs(there.query).get("error", [""])[0]


def me(one: httpx.Client) -> dict[str, Any] | None:
    answer = one.get("/api/me/")
    return answer.json() if answer.status_code == 200 else None
