"""Schemathesis: whatever the document allows (and what it does not) is sent to the served process; nothing is a 5xx."""

from __future__ import annotations

import json
from itertools import count

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from backend.config.management.commands.export_openapi import PATH

EXAMPLES_PER_OPERATION = 20
CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)

schema = schemathesis.openapi.from_dict(json.loads(PATH.read_text()))
schema.config.generation.update(modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
OPERATIONS = [result.ok() for result in schema.get_all_operations()]
STREAM = "/api/workspace/{workspace_id}/events/"


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda it: f"{it.method.upper()} {it.path}")
def test_no_input_breaks_an_operation(operation, signed_in, manager):
    one = signed_in("admin")
    workspace = one.post("/api/workspace/create/").json()
    cohort = one.post("/api/cohorts/", json={"name": "One", "track": "FSD", "time_zone": "Europe/Berlin"}).json()
    sent = count()

    @hypothesis.settings(
        max_examples=EXAMPLES_PER_OPERATION,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],  # the first failing case is told as it is; making it smaller costs minutes
    )
    @hypothesis.given(case=operation.as_strategy())
    def send(case):
        if next(sent) % 2 and operation.path != STREAM:
            for name, existing in (("workspace_id", workspace["id"]), ("cohort_id", cohort["id"])):
                if name in (case.path_parameters or {}):
                    case.path_parameters[name] = existing  # past the first refusal
        case.validate_response(_send(one, case), checks=CHECKS)

    send()
    assert next(sent) > 0


def _send(browser, case):
    """The case as the signed-in browser would send it, with its session and CSRF token."""
    values = case.as_transport_kwargs(base_url="http://localhost:8080")
    request = browser.build_request(
        values["method"],
        values["url"],
        params=values.get("params"),
        json=values.get("json"),
        content=values.get("data"),
        headers={name: value for name, value in values["headers"].items() if name.lower() == "content-type"},
    )
    return browser.send(request)
