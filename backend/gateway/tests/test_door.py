"""The door on the real backend: launching, waiting, letting in, and whom it does not serve."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, quote, urlsplit

import jwt
import pytest

from contract.errors import ApraNovaError, Reason

ON_PURPOSE = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
FROM_ELSEWHERE = {**ON_PURPOSE, "Sec-Fetch-Site": "cross-site"}


def _stopped(browser, manager) -> str:
    """A workspace of that person that is stopped; returns its id."""
    workspace_id = browser.post("/api/workspace/create/").json()["id"]
    browser.post(f"/api/workspace/{workspace_id}/stop/")
    manager.tasks_started.clear()
    return workspace_id


def _get_nonce(browser, location: str):
    """On the workspace's host; returns the nonce's cookie and the address where a ticket is."""
    url = urlsplit(location)
    assert url.path == "/_apranova/enter"
    assert "ticket" not in url.query
    answer = browser.get(f"{url.path}?{url.query}", headers={"Host": url.netloc})
    back = urlsplit(answer.headers["location"])
    assert back.netloc == "localhost:8080"
    return re.search(r"apranova_browser=[^;]+", answer.headers["set-cookie"])[0], f"{back.path}?{back.query}"


def _fetch_ticket(browser, location: str):
    """Returns the ticket's address and the cookie of the nonce that it is bound to."""
    nonce, path = _get_nonce(browser, location)
    return browser.get(path).headers["location"], nonce


def _trade(browser, location: str, nonce: str):
    """Open the ticket's address on the workspace's host; returns the answer and the cookie."""
    url = urlsplit(location)
    answer = browser.get(f"{url.path}?{url.query}", headers={"Host": url.netloc, "Cookie": nonce})
    found = re.search(r"apranova_workspace=([^;]+)", answer.headers.get("set-cookie", ""))
    return answer, found[1] if found else ""


def _enter(browser, location: str):
    return _trade(browser, *_fetch_ticket(browser, location))


def _authorized(browser, workspace_id: str, token: str):
    host = f"{workspace_id}.ws.localhost:8080"
    headers = {"Host": host, "Origin": f"http://{host}", "Cookie": f"apranova_workspace={token}"}
    return browser.get("/_authz", headers=headers)


def _csrf_token(answer) -> str:
    return re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', answer.text)[1]


def _post(browser, path: str, csrf_token: str):
    """Press the button of a page."""
    form = {"Content-Type": "application/x-www-form-urlencoded", "X-CSRFToken": "", "Origin": "http://localhost:8080"}
    return browser.request("POST", path, headers=form, content=f"csrfmiddlewaretoken={csrf_token}")


def test_the_door_of_a_running_workspace_leads_in(signed_in, manager):
    browser = signed_in()
    workspace_id = browser.post("/api/workspace/create/").json()["id"]
    answer = browser.get(f"/workspace/{workspace_id}/", headers=FROM_ELSEWHERE)
    assert answer.status_code == 302
    location = answer.headers["location"]
    assert location == f"http://{workspace_id}.ws.localhost:8080/_apranova/enter"
    entered, token = _enter(browser, location)
    assert (entered.status_code, entered.headers["location"]) == (302, "/")
    allowed = _authorized(browser, workspace_id, token)
    assert allowed.status_code == 200
    assert allowed.headers["x-apranova-launch-secret"] == "secret-of-the-launch"
    assert allowed.headers["x-user"] == str(browser.user.pk)


def test_a_ticket_url_opens_the_workspace_in_no_other_browser(signed_in, manager):
    """Login CSRF: the attacker sends their own ticket. Theft: somebody has seen the address."""
    browser, other = signed_in(), signed_in()
    workspace_id = browser.post("/api/workspace/create/").json()["id"]
    host = f"http://{workspace_id}.ws.localhost:8080"
    others_nonce, _ = _get_nonce(other, f"{host}/_apranova/enter")
    for nonce in (others_nonce, ""):
        ticket_url, own_nonce = _fetch_ticket(browser, f"{host}/_apranova/enter")
        answer, token = _trade(other, ticket_url, nonce)
        assert not token
        if nonce:
            back = urlsplit(answer.headers["location"])
            refused = other.get(f"{back.path}?{back.query}")
            assert (refused.status_code, "You have no such workspace" in refused.text) == (404, True)
        else:
            assert answer.status_code == 403
        assert _trade(browser, ticket_url, own_nonce)[0].status_code == 410


def test_a_manager_that_is_away_while_a_browser_enters_is_a_page_that_tries_again(signed_in, manager):
    browser = signed_in()
    workspace_id = browser.post("/api/workspace/create/").json()["id"]
    manager.fail_with = ApraNovaError(Reason.MANAGER_UNAVAILABLE, "The platform is restarting.")
    answer = browser.get(f"/api/door/{workspace_id}/", headers=ON_PURPOSE)
    assert answer.status_code == 503
    assert "One moment" in answer.text
    assert f'url=/api/door/{workspace_id}/"' in answer.text
    port = browser.get(f"/api/door/{workspace_id}/port/3000/?to=%2Fx", headers=ON_PURPOSE)
    assert f'url=/api/door/{workspace_id}/port/3000/?to=%2Fx"' in port.text
    # For the ticket itself, which follows at once, nobody asks the manager.
    for path in (f"/api/door/{workspace_id}/", f"/api/door/{workspace_id}/port/3000/"):
        assert "ticket=" in browser.get(f"{path}?browser={'a' * 64}").headers["location"]


def test_a_workspace_that_stops_while_a_browser_enters_leads_back_to_the_door(signed_in, manager):
    browser = signed_in()
    workspace_id = browser.post("/api/workspace/create/").json()["id"]
    ticket_url, nonce = _fetch_ticket(browser, f"http://{workspace_id}.ws.localhost:8080/_apranova/enter")
    browser.post(f"/api/workspace/{workspace_id}/stop/")
    entered, token = _trade(browser, ticket_url, nonce)
    assert entered.status_code == 302
    assert _authorized(browser, workspace_id, token).status_code == 409


@pytest.mark.parametrize("browser_digest", ["", "x", "A" * 64, "0" * 63])
def test_the_door_gives_no_ticket_without_a_browsers_digest(signed_in, manager, browser_digest):
    browser = signed_in()
    workspace_id = browser.post("/api/workspace/create/").json()["id"]
    answer = browser.get(f"/api/door/{workspace_id}/?browser={browser_digest}")
    assert answer.headers["location"].endswith("/_apranova/enter")


def test_the_door_of_a_port_leads_to_the_page_that_was_asked_for(signed_in, manager):
    browser = signed_in()
    workspace_id = browser.post("/api/workspace/create/").json()["id"]
    answer = browser.get(f"/api/door/{workspace_id}/port/3000/?to=%2Fadmin%2F%3Fx%3D1", headers=FROM_ELSEWHERE)
    assert answer.status_code == 302
    location = answer.headers["location"]
    assert location == f"http://p3000--{workspace_id}.ws.localhost:8080/_apranova/enter?to=%2Fadmin%2F%3Fx%3D1"
    entered, token = _enter(browser, location)
    assert (entered.status_code, entered.headers["location"]) == (302, "/admin/?x=1")
    allowed = _authorized(browser, f"p3000--{workspace_id}", token)
    assert (allowed.status_code, allowed.headers["x-apranova-port"]) == (200, "3000")
    assert "x-apranova-identity" not in allowed.headers
    for other in (workspace_id, f"p3001--{workspace_id}"):
        assert _authorized(browser, other, token).status_code == 401


def test_the_door_of_a_port_is_closed_to_another_student_and_to_a_stranger(signed_in, browser, manager):
    workspace_id = signed_in().post("/api/workspace/create/").json()["id"]
    path = f"/api/door/{workspace_id}/port/3000/?to=%2Fx"
    answer = signed_in().get(path)
    assert answer.status_code == 404
    assert "This app is not shared with you" in answer.text
    for asked in (path, f"{path}&browser={'a' * 64}"):  # once signed in, they need a nonce that is fresh
        stranger = browser().get(asked)
        assert stranger.status_code == 302
        assert stranger.headers["location"] == f"http://localhost:8080/signin?next={quote(path)}"


def test_the_door_of_a_port_waits_for_a_workspace_that_does_not_run_and_starts_none(signed_in, manager):
    browser = signed_in()
    workspace_id = _stopped(browser, manager)
    path = f"/api/door/{workspace_id}/port/3000/?to=%2Fx"
    answer = browser.get(path, headers=ON_PURPOSE)
    assert answer.status_code == 409
    assert f'content="3;url={path}"' in answer.text
    assert f"/workspace/{workspace_id}/" in answer.text
    assert not manager.tasks_started
    assert browser.get(f"/api/door/{workspace_id}/port/99999/").status_code == 404


def test_signing_out_of_the_portal_closes_the_workspace(signed_in, manager):
    browser = signed_in()
    workspace_id = browser.post("/api/workspace/create/").json()["id"]
    _, token = _enter(browser, browser.get(f"/workspace/{workspace_id}/").headers["location"])
    assert _authorized(browser, workspace_id, token).status_code == 200
    browser.delete("/api/auth/browser/v1/auth/session")
    assert _authorized(browser, workspace_id, token).status_code == 401


@pytest.mark.parametrize("change", ["deactivate", "new password"])
def test_losing_access_to_the_portal_closes_the_workspace(signed_in, manager, change):
    browser = signed_in()
    workspace_id = browser.post("/api/workspace/create/").json()["id"]
    _, token = _enter(browser, browser.get(f"/workspace/{workspace_id}/").headers["location"])
    if change == "deactivate":
        browser.user.is_active = False
        browser.user.save()
    else:
        from allauth.account.signals import password_changed

        password_changed.send(sender=type(browser.user), request=None, user=browser.user)
    assert _authorized(browser, workspace_id, token).status_code == 401


def test_a_person_who_opens_the_door_of_a_stopped_workspace_launches_it(signed_in, manager):
    browser = signed_in()
    workspace_id = _stopped(browser, manager)
    answer = browser.get(f"/workspace/{workspace_id}/", headers=ON_PURPOSE)
    assert answer.status_code == 302
    assert answer.headers["location"].endswith("/_apranova/enter")
    assert manager.tasks_started == {workspace_id: 1}


def test_another_site_gets_a_button_that_needs_a_csrf_token(signed_in, manager):
    browser = signed_in()
    workspace_id = _stopped(browser, manager)
    path = f"/workspace/{workspace_id}/"
    answer = browser.get(path, headers=FROM_ELSEWHERE)
    assert answer.status_code == 200
    assert manager.tasks_started == {}
    assert _post(browser, path, "guess").status_code == 403
    assert manager.tasks_started == {}
    pressed = _post(browser, path, _csrf_token(answer))
    assert (pressed.status_code, pressed.headers["location"]) == (303, f"{path}?wait")
    assert manager.tasks_started == {workspace_id: 1}


def test_the_waiting_page_shows_the_steps_and_follows_by_itself(signed_in, manager):
    browser = signed_in()
    workspace_id = _stopped(browser, manager)
    manager.finish_launches = False
    answer = browser.get(f"/workspace/{workspace_id}/", headers=ON_PURPOSE)
    assert answer.headers["location"] == f"/workspace/{workspace_id}/?wait"
    manager.step(workspace_id, "task_claimed", "Found <b>one</b> that was ready")
    page = browser.get(answer.headers["location"], headers=ON_PURPOSE)
    assert page.status_code == 200
    assert "Asked for your workspace" in page.text
    assert "Found &lt;b&gt;one&lt;/b&gt; that was ready" in page.text
    assert f'http-equiv="refresh" content="0.5;url=/workspace/{workspace_id}/?wait"' in page.text
    assert "<script" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "no-store" in page.headers["cache-control"]
    manager.finish(workspace_id)
    assert browser.get(answer.headers["location"], headers=ON_PURPOSE).headers["location"].endswith("/_apranova/enter")
    assert manager.tasks_started == {workspace_id: 1}


def test_a_manager_that_refuses_is_a_friendly_page(signed_in, manager):
    browser = signed_in()
    workspace_id = _stopped(browser, manager)
    manager.fail_with = ApraNovaError(Reason.NO_CAPACITY, "It is <full> now.")
    answer = browser.get(f"/workspace/{workspace_id}/", headers=ON_PURPOSE)
    assert answer.status_code == 409
    assert answer.headers["content-type"].startswith("text/html")
    assert "It is &lt;full&gt; now." in answer.text


@pytest.mark.parametrize("path", ["/workspace/", "/workspace/ws-aaaaaaaaaa/"])
def test_an_anonymous_visitor_signs_in_first_and_comes_back(browser, path):
    answer = browser().get(path, headers=ON_PURPOSE)
    assert answer.status_code == 302
    target = urlsplit(answer.headers["location"])
    assert target.path == "/signin"
    assert parse_qs(target.query) == {"next": [path]}


@pytest.mark.parametrize(
    ("role", "status", "words"),
    [("student", 404, "You have no such workspace"), ("instructor", 403, "You are not in this workspace")],
)
def test_the_door_of_somebody_else_and_of_nobody_look_the_same(signed_in, manager, role, status, words):
    owner, other = signed_in(), signed_in(role)
    workspace_id = owner.post("/api/workspace/create/").json()["id"]
    foreign = other.get(f"/workspace/{workspace_id}/", headers=ON_PURPOSE)
    nobodys = other.get("/workspace/ws-aaaaaaaaaa/", headers=ON_PURPOSE)
    assert foreign.status_code == nobodys.status_code == status
    assert foreign.text == nobodys.text
    assert words in foreign.text


@pytest.mark.parametrize("name", ["x", "<b>", "ws-%00", "ws-aaaaaaaaaa'--", "a" * 64])
def test_an_invalid_name_gets_a_page_too(signed_in, manager, name):
    answer = signed_in().get(f"/workspace/{name}/", headers=ON_PURPOSE)
    assert answer.status_code == 404
    assert "<b>" not in answer.text


def test_the_short_address_leads_to_your_workspace_or_offers_to_create_it(signed_in, manager):
    browser = signed_in()
    offered = browser.get("/workspace/", headers=ON_PURPOSE)
    assert "Create my workspace" in offered.text
    assert _post(browser, "/workspace/", _csrf_token(offered)).status_code == 303
    workspace_id = browser.get("/api/workspace/").json()["items"][0]["id"]
    assert browser.get("/workspace/").headers["location"] == f"/workspace/{workspace_id}/"


def _pass_of(answer) -> str:
    found = re.search(r"apranova_door=([^;]+)", answer.headers.get("set-cookie", ""))
    return found[1] if found else ""


def test_the_backends_side_of_the_door_gives_a_pass_to_its_person_and_launches_nothing(signed_in, manager, settings):
    browser = signed_in()
    workspace_id = _stopped(browser, manager)
    answer = browser.get(f"/api/door/{workspace_id}/", headers=ON_PURPOSE)
    assert (answer.status_code, answer.headers["location"]) == (302, f"/workspace/{workspace_id}/?tried")
    key = settings.ENVIRONMENT.identity_private_key.public_key()
    claims = jwt.decode(_pass_of(answer), key, algorithms=["EdDSA"], audience="door", issuer="apranova")
    assert claims["sub"] == str(browser.user.pk)
    assert claims["exp"] - claims["iat"] == 300
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert not manager.tasks_started


def test_the_backends_side_of_the_door_leads_into_a_running_workspace(signed_in, manager):
    browser = signed_in()
    workspace_id = browser.post("/api/workspace/create/").json()["id"]
    answer = browser.get(f"/api/door/{workspace_id}/")
    assert answer.status_code == 302
    entered, token = _enter(browser, answer.headers["location"])
    assert entered.status_code == 302
    assert token


def test_the_backends_side_of_the_door_knows_its_own(signed_in, manager):
    workspace_id = signed_in().post("/api/workspace/create/").json()["id"]
    stranger = signed_in()
    answer = stranger.get(f"/api/door/{workspace_id}/")
    assert answer.status_code == 404
    assert not _pass_of(answer)


def test_an_anonymous_visitor_comes_back_to_the_managers_door(browser, manager):
    answer = browser().get("/api/door/ws-aaaaaaaaaa/")
    assert answer.status_code == 302
    assert answer.headers["location"].endswith("/signin?next=/workspace/ws-aaaaaaaaaa/")
