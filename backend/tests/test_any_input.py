"""Schemathesis sends whatever the documents allow, and more, to the served process: never a 5xx.

The API by our own document, sign-in and accounts by allauth's, the door by any path.
"""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path
from urllib.parse import quote_from_bytes

import hypothesis
import pytest
import schemathesis
import yaml
from allauth.headless import spec as allauth_spec
from django.urls import Resolver404, resolve
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from backend.config.management.commands.export_openapi import PATH

EXAMPLES_PER_OPERATION = 20
EXAMPLES_PER_OPERATION_OF_ALLAUTH = 8
EXAMPLES_OF_THE_DOOR = 150
SETTINGS = {
    "deadline": None,
    "database": None,
    "derandomize": True,
    "suppress_health_check": list(HealthCheck),
    "phases": [Phase.generate],  # the first failing case is told as it is; making it smaller costs minutes
}
CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)


def _operations(document):
    schema = schemathesis.openapi.from_dict(document)
    schema.config.generation.update(modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
    return [result.ok() for result in schema.get_all_operations()]


def _allauths_document():
    """Its own document, with what it serves here below our address."""
    document = yaml.safe_load((Path(allauth_spec.__file__).parent / "doc/openapi.yaml").read_text())
    paths = {path.replace("/_allauth/", "/api/auth/"): what for path, what in document["paths"].items()}
    document["paths"] = {path: what for path, what in paths.items() if _is_served(path.replace("{client}", "browser"))}
    return document


def _is_served(path):
    try:
        return resolve(path).func.__name__ != "_not_offered"
    except Resolver404:
        return False


OPERATIONS = _operations(json.loads(PATH.read_text()))
PARTS_OF_ALLAUTH = ("config", "auth/2fa", "auth/", "account/authenticators", "account/", "tokens/")
OPERATIONS_OF_ALLAUTH = _operations(_allauths_document())
STREAMS = ("/api/workspace/{workspace_id}/events/", "/api/cohorts/{cohort_id}/wall/events/")
"""Of one that exists the answer would not end."""
ENDLESS = ("/api/console/workspaces/events/", "/api/announcements/events/")
"""An admin's always exist."""


@pytest.mark.parametrize(
    "operation", [it for it in OPERATIONS if it.path not in ENDLESS], ids=lambda it: f"{it.method.upper()} {it.path}"
)
def test_no_input_breaks_an_operation(operation, signed_in, manager):
    one = signed_in("admin")
    workspace = one.post("/api/workspace/create/").json()
    cohort = one.post("/api/cohorts/", json={"name": "One", "track": "FSD", "time_zone": "Europe/Berlin"}).json()
    sent = count()

    @hypothesis.settings(max_examples=EXAMPLES_PER_OPERATION, **SETTINGS)
    @hypothesis.given(case=operation.as_strategy())
    def send(case):
        if next(sent) % 2 and operation.path not in STREAMS:
            for name, existing in (("workspace_id", workspace["id"]), ("cohort_id", cohort["id"])):
                if name in (case.path_parameters or {}):
                    case.path_parameters[name] = existing  # past the first refusal
        case.validate_response(send_case(one, case), checks=CHECKS)

    send()
    assert next(sent) > 0


@pytest.mark.parametrize("part", PARTS_OF_ALLAUTH)
def test_no_input_breaks_signing_in_or_an_account(part, signed_in, browser):
    """Each operation as a new signed-in person and as nobody, sometimes with their address."""
    operations = [it for it in OPERATIONS_OF_ALLAUTH if _part(it.path) == part]
    assert operations
    for operation in operations:
        _try(operation, signed_in(), browser())


def _try(operation, person, nobody):
    nobody.get("/api/auth/browser/v1/config")
    sent = count()

    @hypothesis.settings(max_examples=EXAMPLES_PER_OPERATION_OF_ALLAUTH, **SETTINGS)
    @hypothesis.given(case=operation.as_strategy())
    def send(case):
        number = next(sent)
        if number % 3 == 0 and isinstance(case.body, dict) and "email" in case.body:
            case.body["email"] = person.user.email
        case.validate_response(send_case(person if number % 2 else nobody, case), checks=(not_a_server_error,))

    send()
    assert next(sent) > 0


def _part(path):
    after_version = path.partition("/v1/")[2]
    return next(part for part in PARTS_OF_ALLAUTH if after_version.startswith(part))


def test_no_path_method_or_form_breaks_the_door(signed_in, browser):
    one, nobody = signed_in("instructor"), browser()
    workspace = one.post("/api/workspace/create/").json()["id"]
    rest = st.binary(max_size=80).map(quote_from_bytes) | st.sampled_from(
        [workspace, f"{workspace}/", "", "ws-zzzzzzzzzz"]
    )
    arrives = {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}

    @hypothesis.settings(max_examples=EXAMPLES_OF_THE_DOOR, **SETTINGS)
    @hypothesis.given(
        who=st.sampled_from([one, one, nobody]),
        method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PURGE"]),
        door=st.sampled_from(["/workspace", "/workspace/", "/api/door/"]),
        rest=rest,
        query=st.none() | st.just("wait") | st.binary(max_size=40).map(quote_from_bytes),
        headers=st.sampled_from([{}, arrives, {"X-CSRFToken": "wrong"}, {"Content-Type": "multipart/form-data"}]),
        content=st.none() | st.binary(max_size=200),
    )
    def send(who, method, door, rest, query, headers, content):
        target = f"{door}{rest}" if query is None else f"{door}{rest}?{query}"
        answer = who.request(method, target, headers=headers, content=content)
        assert answer.status_code < 500, (
            f"{method} {target} {headers} {content!r}: {answer.status_code} {answer.text[:500]}"
        )

    send()


def send_case(browser, case):
    """The case as the browser would send it, with its session and CSRF token."""
    values = case.as_transport_kwargs(base_url="http://localhost:8080")
    request = browser.build_request(
        values["method"],
        values["url"],
        params=values.get("params"),
        json=values.get("json"),
        content=values.get("data"),
        headers={name: value for name, value in values["headers"].items() if _may_be_sent(name, value)},
    )
    return browser.send(request)


def _may_be_sent(name, value):
    """Not the browser's own headers, nor what no client can put on the wire."""
    return name.lower() in ("content-type", "x-session-token") and value.isascii() and value.isprintable()
