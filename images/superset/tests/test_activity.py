from __future__ import annotations

import pytest

from images.superset import activity


@pytest.mark.parametrize(
    ("method", "target", "did"),
    [
        ("POST", "/api/v1/sqllab/execute/", "ran a query"),
        ("POST", "/api/v1/chart/data?form_data=%7B%22slice_id%22%3A1%7D&dashboard_id=1", "looked at a chart"),
        ("GET", "/superset/dashboard/sample-shop/", "opened a dashboard"),
        ("PUT", "/api/v1/dashboard/1", "edited a dashboard"),
        ("POST", "/api/v1/dashboard/1/filter_state?tab_id=1", "used a dashboard"),
        ("GET", "/explore/?slice_id=3", "edited a chart"),
        ("PUT", "/api/v1/chart/3", "edited a chart"),
        ("POST", "/api/v1/database/2/upload/", "uploaded a file"),
        ("POST", "/api/v1/database/upload_metadata/", "uploaded a file"),
        ("GET", "/sqllab/", "worked in SQL Lab"),
        ("PUT", "/tabstateview/4", "worked in SQL Lab"),
        ("GET", "/superset/welcome/", "used Superset"),
    ],
)
def test_what_a_person_causes_has_words(method: str, target: str, did: str) -> None:
    assert activity.reason(method, target) == did


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/health"),
        ("GET", "/static/assets/x.js"),
        ("GET", "/_shared/superset-6.1.0-abc/static/assets/x.js"),
        ("POST", "/superset/log/?explode=events"),
        ("GET", "/api/v1/query/updated_since?q=(last_updated_ms:1)"),
        ("POST", "/api/v1/chart/data?form_data=%7B%7D&force=true"),
        ("POST", "/api/v1/chart/data?force=true&dashboard_id=1"),
        ("GET", "/api/v1/security/csrf_token/"),
        ("HEAD", "/superset/welcome/"),
    ],
)
def test_what_a_page_does_by_itself_is_nobody(method: str, target: str) -> None:
    assert activity.reason(method, target) == ""
    assert activity.running(method, target) == ""


def test_only_what_may_take_long_keeps_the_workspace_up() -> None:
    assert activity.running("POST", "/api/v1/sqllab/execute/") == "a query is running"
    assert activity.running("POST", "/api/v1/database/2/upload/") == "a file is being uploaded"
    assert activity.running("GET", "/superset/welcome/") == ""


def test_a_word_that_looks_like_force_inside_the_form_is_no_auto_refresh() -> None:
    assert activity.reason("POST", "/api/v1/chart/data?form_data=%7B%22force%22%3Atrue%7D") == "looked at a chart"


def test_what_superset_saves_by_itself_does_not_hide_what_a_person_did() -> None:
    now = [0.0]
    words = activity.Words(lambda: now[0])
    assert words.of("POST", "/api/v1/sqllab/execute/") == "ran a query"
    assert words.of("PUT", "/tabstateview/4") == "ran a query"
    assert words.of("GET", "/explore/?slice_id=3") == "edited a chart"
    now[0] = activity.SPECIFIC_FOR_S + 1
    assert words.of("PUT", "/tabstateview/4") == "worked in SQL Lab"
    assert words.of("GET", "/health") == ""
