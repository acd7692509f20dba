from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from backend.accounts.models import Invitation
from backend.accounts.roles import Role
from backend.accounts.services import create_user
from backend.audit.models import Record

PAGES = (
    "/api/admin/",
    "/api/admin/accounts/user/",
    "/api/admin/accounts/invitation/",
    "/api/admin/accounts/invitation/add/",
    "/api/admin/workspaces/workspace/",
    "/api/admin/audit/record/",
)


def test_an_anonymous_visitor_is_sent_to_the_portal(browser):
    answer = browser().get("/api/admin/")
    assert answer.status_code == 302
    answer = browser().get(answer.headers["location"])
    assert answer.status_code == 302
    assert answer.headers["location"].startswith("http://localhost:8080/signin?next=")


@pytest.mark.parametrize("role", ["student", "instructor"])
def test_only_admins_enter(signed_in, role):
    one = signed_in(role)
    assert one.get("/api/admin/", follow_redirects=True).status_code == 403
    assert one.get("/api/admin/audit/record/", follow_redirects=True).status_code == 403


def test_an_admin_sees_every_page_and_its_static_files(signed_in, manager):
    one = signed_in("admin")
    workspace = signed_in().post("/api/workspace/create/").json()["id"]
    for page in (*PAGES, f"/api/admin/workspaces/workspace/{workspace}/change/"):
        answer = one.get(page)
        assert answer.status_code == 200, page
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "VS Code is ready" in answer.text
    style = one.get("/api/static/unfold/css/styles.css")
    assert style.status_code == 200
    assert style.headers["content-type"].startswith("text/css")
    assert one.get("/api/static/nothing.css").status_code == 404


def test_a_role_change_is_made_and_recorded(signed_in, person):
    one, user = signed_in("admin"), person("student", "FSD")
    path = f"/api/admin/accounts/user/{user.pk}/change/"
    one.get(path)
    token = {"csrfmiddlewaretoken": one.cookies["apranova_csrf"]}
    wrong = one.post(path, data={**token, "name": "New Name", "role": "instructor", "track": "FSD", "is_active": "on"})
    assert wrong.status_code == 200
    assert "nobody else has one" in wrong.text
    done = one.post(path, data={**token, "name": "New Name", "role": "instructor", "track": "", "is_active": "on"})
    assert done.status_code == 302
    user.refresh_from_db()
    assert (user.name, user.role, user.track) == ("New Name", "instructor", None)
    change = Record.objects.get(action="user.role_change")
    assert change.actor == one.user.email
    assert change.details["changes"]["role"] == ["student", "instructor"]


def test_an_admin_invites_and_replaces_an_invitation(signed_in):
    one = signed_in("admin")
    path = "/api/admin/accounts/invitation/add/"
    one.get(path)
    for _ in range(2):
        form = {"csrfmiddlewaretoken": one.cookies["apranova_csrf"], "email": "X@school.example", "role": "student"}
        answer = one.post(path, data={**form, "track": "DP"}, follow_redirects=True)
        assert "signup?invitation=" in answer.text
    assert Invitation.objects.filter(email="x@school.example", revoked_at=None).count() == 1


def test_nothing_is_added_or_removed_past_the_services(signed_in, person):
    one, user = signed_in("admin"), person()
    record = Record.objects.first()
    for path in (
        "/api/admin/accounts/user/add/",
        f"/api/admin/accounts/user/{user.pk}/delete/",
        "/api/admin/audit/record/add/",
        f"/api/admin/audit/record/{record.pk}/delete/",
        "/api/admin/workspaces/workspace/add/",
    ):
        assert one.get(path).status_code == 403, path


def test_two_people_cannot_share_an_address(person):
    user = person()
    for email in (user.email, user.email.upper()):
        with pytest.raises(IntegrityError), transaction.atomic():
            create_user(email, name="", password=None, role=Role.ADMIN, acting_user=None)


def test_a_change_that_is_refused_is_said_on_the_page(signed_in):
    one = signed_in("admin")
    path = f"/api/admin/accounts/user/{one.user.pk}/change/"
    one.get(path)
    token = {"csrfmiddlewaretoken": one.cookies["apranova_csrf"]}
    refused = one.post(path, data={**token, "name": "Me", "role": "admin", "track": ""}, follow_redirects=True)
    assert refused.status_code == 200
    assert "last active admin" in refused.text
    one.user.refresh_from_db()
    assert one.user.is_active
