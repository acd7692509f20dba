"""Launches as browsers make them: what the tests of the learning platform share."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from backend.tests.served import PUBLIC_URL
from tests.lti_platform import Platform, fields_of


def begun(one: httpx.Client, address: str) -> str:
    """From the click to the platform's own page: the address there."""
    answer = one.get(address)
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


def message_at(address: str) -> dict[str, str]:
    """What the platform's page makes the browser post to us."""
    page = httpx.get(address)
    assert page.status_code == 200, page.text
    assert f'action="{PUBLIC_URL}/api/auth/lti/launch/"' in page.text
    return fields_of(page.text)


def post(one: httpx.Client, message: dict[str, str]) -> httpx.Response:
    """As a browser does from another site: without our cookies."""
    with httpx.Client(transport=one._transport, base_url=PUBLIC_URL) as other:
        headers = {"Origin": "http://127.0.0.1:9", "X-Forwarded-For": "203.0.113.7"}
        return other.post("/api/auth/lti/launch/", data=message, headers=headers)


def launch(one: httpx.Client, platform: Platform, login: str, course: str = "algebra", **more: Any) -> str:
    """The portal's page to which the launch leads, `error …` with the code from the sign-in page,
    or what the page of a launch that failed says."""
    address = platform.click(login, course, **more)
    return finished(one, post(one, message_at(begun(one, address))))


def finished(one: httpx.Client, answer: httpx.Response) -> str:
    if answer.status_code == 302:
        answer = one.get(answer.headers["location"])
    if answer.status_code != 302:
        assert "frame-ancestors http://127.0.0.1:" in answer.headers["content-security-policy"]
        return answer.text
    there = urlsplit(answer.headers["location"])
    assert f"{there.scheme}://{there.netloc}" == PUBLIC_URL
    query = {name: values[0] for name, values in parse_qs(there.query).items()}
    if there.path != "/signin":
        return there.path
    return f"error {query['error']}" if "error" in query else query["next"]
