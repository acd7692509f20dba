from __future__ import annotations

import pytest

from backend.platform.problems import CONTENT_TYPE

pytestmark = pytest.mark.usefixtures("manager")


def assert_problem(answer, status, reason):
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == CONTENT_TYPE
    body = answer.json()
    assert body["status"] == status
    assert body["reason"] == reason
    assert body["type"] == f"urn:apranova:problem:{reason}"
    assert body["title"]
    assert body["detail"]
    return body


def test_an_unknown_address_is_a_404_problem(browser):
    assert_problem(browser().get("/api/nothing/"), 404, "not_found")
    assert_problem(browser().get("/api/"), 404, "not_found")


def test_a_wrong_method_is_a_405_problem_that_names_the_right_ones(browser):
    answer = browser().put("/api/me/")
    assert_problem(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "GET"


def test_without_a_session_it_is_a_401_problem(browser):
    answer = browser().get("/api/me/")
    assert_problem(answer, 401, "not_signed_in")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_wrong_token_is_a_401_problem(browser):
    for token in ("x", "a.b.c", "é".encode(), "Bearer"):
        answer = browser().get(
            "/api/me/", headers={"Authorization": b"Bearer " + (token if isinstance(token, bytes) else token.encode())}
        )
        assert_problem(answer, 401, "not_signed_in")


def test_bad_values_are_named_with_their_path(signed_in):
    body = assert_problem(
        signed_in("admin").post("/api/invitations/", json={"email": "x", "role": "king"}), 422, "invalid"
    )
    assert {error["field"] for error in body["errors"]} == {"body.email", "body.role"}


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[]", b'"x"', b"null", b'{"hours": NaN}', b'{"hours": 1e999}'])
def test_a_malformed_body_is_a_problem(signed_in, body):
    answer = signed_in().post(
        "/api/workspace/ws-aaaaaaaaaa/keep-running/", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code in (400, 404, 422)
    assert answer.headers["content-type"] == CONTENT_TYPE


@pytest.mark.parametrize("key", ["x", "a" * 5000, "%00" * 24, "..%2f" * 5, "%f0%28%8c%28" * 6, "' OR 1=1--" + "x" * 20])
def test_bad_invitation_keys_are_refused_calmly(browser, key):
    assert browser().get(f"/api/invitations/{key}/").status_code in (404, 422)


@pytest.mark.parametrize("path", ["ws-", "ws-AAAAAAAAAA", "ws-aaaaaaaaaa%00", "1", "%00", "ws-aaaaaaaaaaa"])
def test_bad_workspace_ids_are_refused_calmly(signed_in, path):
    assert signed_in().get(f"/api/workspace/{path}/").status_code in (404, 422)


def test_a_change_without_the_csrf_token_is_refused(signed_in):
    one = signed_in()
    answer = one.post("/api/workspace/create/", headers={"X-CSRFToken": "wrong" * 6})
    assert_problem(answer, 403, "csrf_failed")


def test_a_change_from_another_origin_is_refused(signed_in):
    one = signed_in()
    answer = one.post("/api/workspace/create/", headers={"Origin": "http://ws-aaaaaaaaaa.ws.localhost:8080"})
    assert_problem(answer, 403, "csrf_failed")


@pytest.mark.parametrize("path", ["/api/auth/browser/v1/auth/login", "/workspace/"])
def test_a_form_that_cannot_be_read_is_the_senders_mistake(browser, path):
    one = browser()
    one.get("/api/auth/browser/v1/config")
    answer = one.post(path, content=b"x", headers={"Content-Type": "multipart/form-data"})
    assert_problem(answer, 400, "bad_request")


@pytest.mark.parametrize("path", ["browser/v1/account/phone", "app/v1/account/phone", "browser/v1/auth/phone/verify"])
def test_nobody_has_a_phone_here(signed_in, path):
    one = signed_in()
    assert_problem(one.get(f"/api/auth/{path}"), 404, "not_found")
    assert_problem(one.post(f"/api/auth/{path}", json={"phone": "+491511234567"}), 404, "not_found")


def test_our_own_mistakes_are_500_problems_without_details(signed_in, monkeypatch):
    from backend.workspaces import services

    def broken(_user):
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(services, "list_workspaces", broken)
    answer = signed_in().get("/api/workspace/")
    assert_problem(answer, 500, "internal")
    assert "secret detail" not in answer.text


def test_answers_carry_a_request_id_and_safe_headers(browser):
    headers = browser().get("/api/me/", headers={"X-Request-Id": "abc-1"}).headers
    assert headers["x-request-id"] == "abc-1"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["content-security-policy"].startswith("default-src 'none'")


def test_an_invalid_request_id_is_replaced(browser):
    assert browser().get("/api/me/", headers={"X-Request-Id": 'a b"c'}).headers["x-request-id"] != 'a b"c'


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(
    "path",
    [
        "/api/workspace/create/",
        "/api/auth/browser/v1/auth/login",
        "/api/auth/app/v1/auth/login",
        "/api/auth/browser/v1/auth/signup",
        "/api/auth/browser/v1/nothing",
        "/api/admin/login/",
        "/api/door/nothing",
        "/workspace/open",
    ],
)
@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=x"])
def test_a_body_that_is_too_large_is_413_on_every_path(browser, path, chunked, kind):
    one = browser()
    one.get("/api/auth/browser/v1/config")
    body = [b"x" * 100_000] * 30
    answer = one.post(path, content=iter(body) if chunked else b"".join(body), headers={"Content-Type": kind})
    assert_problem(answer, 413, "too_large")
