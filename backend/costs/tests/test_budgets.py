from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.core import mail
from django.utils import timezone

from backend.audit.models import Record
from backend.cohorts.models import Cohort
from backend.costs import budgets, hours, prices
from backend.costs.budgets import State, standing_of, tell_due
from backend.costs.models import AtEnd, Budget, Session, Unit
from backend.workspaces.models import Workspace
from contract.manager import SizeView
from contract.names import WorkspaceSize

ALL = "/api/costs/budgets/"
COHORT = {"name": "One", "track": "FSD", "time_zone": "Europe/Berlin"}
BY_A_PERSON = {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
HOURS = {"unit": "hours", "amount": 10, "at_end": "no_launches"}


@pytest.fixture(autouse=True)
def _no_sizes_of_before():
    prices.forget_sizes()


@pytest.fixture
def admin(signed_in):
    return signed_in("admin")


@pytest.fixture
def school(admin, signed_in):
    """A cohort with an instructor and a student, who has a workspace that does not run."""
    instructor, student = signed_in("instructor"), signed_in()
    cohort = instructor.post("/api/cohorts/", json=COHORT).json()["id"]
    instructor.put(f"/api/cohorts/{cohort}/members/{student.user.pk}/")
    workspace = student.post("/api/workspace/create/").json()["id"]
    student.post(f"/api/workspace/{workspace}/stop/")
    Session.objects.all().delete()
    return {"instructor": instructor, "student": student, "cohort": cohort, "workspace": workspace}


def used(school, hours, *, size="small", cohort=None):
    """A session that is over now; in this month, unless the month has just begun."""
    now = timezone.now()
    Session.objects.create(
        workspace=Workspace.objects.get(pk=school["workspace"]), started_at=now - timedelta(hours=hours), ended_at=now,
        seen_at=now, cohort_id=cohort or school["cohort"], cohort_name="One", size=size,
    )  # fmt: skip


@pytest.fixture
def _mid_month(monkeypatch):
    """The month of a budget began long ago, whatever the day is."""
    monkeypatch.setattr(budgets, "month_of", lambda _cohort, now: (now - timedelta(days=15), now + timedelta(days=15)))


def put(admin, school, **changes):
    answer = admin.put(f"{ALL}{school['cohort']}/", json={**HOURS, **changes})
    assert answer.status_code == 200, answer.text
    return answer.json()["budget"]


@pytest.mark.usefixtures("_mid_month")
def test_a_budget_says_what_is_used_and_what_the_month_will_come_to(admin, school):
    used(school, 3)
    used(school, 4, cohort="00000000-0000-0000-0000-000000000000")
    made = put(admin, school)
    assert (made["used"], made["state"]) == (pytest.approx(3), "fine")
    assert made["forecast"] == pytest.approx(6, rel=0.01)
    assert [it["cohort"] for it in admin.get(ALL).json()["items"]] == ["One"]
    assert school["instructor"].get(f"{ALL}{school['cohort']}/").json()["budget"]["used"] == pytest.approx(3)
    used(school, 5)
    assert admin.get(ALL).json()["items"][0]["state"] == "near"
    assert admin.delete(f"{ALL}{school['cohort']}/").json() == {"budget": None}
    assert admin.get(ALL).json()["items"] == []


def test_a_month_is_the_cohorts_own():
    """Midnight in Berlin, also over a change of the clock."""
    cohort = Cohort(name="One", track="FSD", time_zone="Europe/Berlin")
    begin, end = budgets.month_of(cohort, datetime(2026, 9, 30, 22, 30, tzinfo=UTC))
    assert (begin.astimezone(UTC), end.astimezone(UTC)) == (
        datetime(2026, 9, 30, 22, tzinfo=UTC),
        datetime(2026, 10, 31, 23, tzinfo=UTC),
    )
    december = budgets.month_of(cohort, datetime(2026, 12, 31, 12, tzinfo=UTC))[1]
    assert december.astimezone(UTC) == datetime(2026, 12, 31, 23, tzinfo=UTC)


@pytest.mark.usefixtures("_mid_month")
def test_dollars_are_hours_times_memory_times_the_schools_price(admin, school, settings, manager):
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, price_per_gb_hour=0.5)
    gigabytes = {it.size.value: it.memory_mib / 1024 for it in prices.list_sizes()}
    used(school, 2, size="small")
    used(school, 1, size="large")
    expected = 0.5 * (2 * gigabytes["small"] + gigabytes["large"])
    assert put(admin, school, unit="dollars", amount=100)["used"] == pytest.approx(expected, rel=0.001)
    told = admin.get("/api/costs/").json()
    assert told["dollars"] == told["cohorts"][0]["dollars"] == pytest.approx(expected, rel=0.001)
    assert told["students"][0]["dollars"] == pytest.approx(expected, rel=0.001)
    manager.unreachable = True
    assert admin.get(ALL).status_code == 200, "the sizes are known from before"


def test_without_a_price_there_are_no_dollars(admin, school):
    used(school, 1)
    told = admin.get("/api/costs/").json()
    assert (told["dollars"], told["cohorts"][0]["dollars"], told["students"][0]["dollars"]) == (None, None, None)
    refused = admin.put(f"{ALL}{school['cohort']}/", json={**HOURS, "unit": "dollars"})
    assert refused.status_code == 422
    assert "no price" in refused.text
    assert admin.get(ALL).json()["has_price"] is False


def test_a_month_ends_on_the_cohorts_first_wherever_one_looks_from(admin, school):
    assert put(admin, school)["month_ends_at"][8:19] == "01T00:00:00"


@pytest.mark.parametrize("amount", [0, -1, 1e9, "NaN", None])
def test_a_budget_of_nothing_is_refused(admin, school, amount):
    assert admin.put(f"{ALL}{school['cohort']}/", json={**HOURS, "amount": amount}).status_code == 422


@pytest.mark.usefixtures("_mid_month")
def test_at_its_end_nothing_new_is_launched_and_the_student_reads_why(admin, school, signed_in):
    student, workspace = school["student"], school["workspace"]
    put(admin, school)
    used(school, 10)
    refused = student.post("/api/workspace/create/")
    assert (refused.status_code, refused.json()["reason"]) == (409, "budget_spent")
    assert "One has used up its workspace time for this month" in refused.json()["detail"]
    assert student.post(f"/api/workspace/{workspace}/restart/").status_code == 409
    for address in (f"/workspace/{workspace}/", f"/api/door/{workspace}/"):
        page = student.get(address, headers=BY_A_PERSON)
        assert page.status_code == 409, address
        assert "No new launches this month" in page.text
        assert "set-cookie" not in {it.lower() for it in page.headers} or "door" not in page.headers["set-cookie"]
    assert not Session.objects.filter(ended_at=None).exists()
    answer = school["instructor"].post(f"/api/cohorts/{school['cohort']}/workspaces/start/")
    assert answer.status_code != 200 or "used up" in answer.text
    other = signed_in()
    assert other.post("/api/workspace/create/").status_code == 201, "another cohort's students launch"
    assert school["instructor"].post("/api/workspace/create/").status_code == 201, "and so does staff"


def test_a_session_of_before_sizes_counts_as_medium(school, settings, monkeypatch):
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, price_per_gb_hour=1.0)
    sizes = [SizeView(it, 1024 * number, is_default=False) for number, it in enumerate(WorkspaceSize, 1)]
    monkeypatch.setattr(prices, "list_sizes", lambda: sizes)
    used(school, 3, size="")
    now = timezone.now()
    spent = hours.used_by_cohort(UUID(school["cohort"]), now - timedelta(hours=9), now, in_dollars=True)
    assert spent == pytest.approx(6, rel=0.001)


@pytest.mark.usefixtures("_mid_month")
def test_a_student_without_a_workspace_gets_none_made(admin, school, signed_in):
    newcomer = signed_in()
    school["instructor"].put(f"/api/cohorts/{school['cohort']}/members/{newcomer.user.pk}/")
    put(admin, school)
    used(school, 10)
    assert newcomer.post("/api/workspace/create/").status_code == 409
    assert not Workspace.objects.filter(owner=newcomer.user).exists()


@pytest.mark.usefixtures("_mid_month")
def test_what_is_up_goes_on(admin, school):
    student, workspace = school["student"], school["workspace"]
    assert student.post("/api/workspace/create/").status_code == 200
    put(admin, school)
    used_before = Session.objects.get(ended_at=None)
    Session.objects.filter(pk=used_before.pk).update(started_at=timezone.now() - timedelta(hours=11))
    assert student.post("/api/workspace/create/").status_code == 200
    assert student.get(f"/workspace/{workspace}/").status_code in (200, 302)
    assert student.post(f"/api/workspace/{workspace}/restart/").status_code == 200


@pytest.mark.usefixtures("_mid_month")
@pytest.mark.parametrize("change", [{"at_end": "warn"}, {"amount": 11}])
def test_an_admin_opens_it_again_at_once(admin, school, change):
    put(admin, school)
    used(school, 10)
    assert school["student"].post("/api/workspace/create/").status_code == 409
    put(admin, school, **change)
    assert school["student"].post("/api/workspace/create/").status_code == 200


def test_the_next_month_begins_anew(school, person):
    cohort = Cohort.objects.get()
    budget = Budget.objects.create(cohort=cohort, unit=Unit.HOURS, amount=10, at_end=AtEnd.NO_LAUNCHES)
    used(school, 1)
    Session.objects.update(
        started_at=datetime(2026, 9, 10, 8, tzinfo=UTC), ended_at=datetime(2026, 9, 10, 20, tzinfo=UTC)
    )
    assert standing_of(budget, datetime(2026, 9, 20, tzinfo=UTC)).state is State.SPENT
    assert standing_of(budget, datetime(2026, 10, 2, tzinfo=UTC)).state is State.FINE
    assert standing_of(budget, datetime(2026, 9, 1, 1, tzinfo=UTC)).forecast is None


@pytest.mark.usefixtures("_mid_month")
def test_instructors_and_admins_are_told_once_at_80_percent_and_once_at_the_end(admin, school, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail.outbox = []
    put(admin, school)
    tell_due()
    assert mail.outbox == []
    used(school, 8)
    for _ in range(2):
        tell_due()
    people = {admin.user.email, school["instructor"].user.email}
    assert sorted(it.to[0] for it in mail.outbox) == sorted(people)
    assert "nearly used up" in mail.outbox[0].subject
    used(school, 2)
    for _ in range(2):
        tell_due()
    assert len(mail.outbox) == 4
    assert "No new workspaces are launched until" in mail.outbox[-1].body
    put(admin, school, amount=11)
    tell_due()
    assert len(mail.outbox) == 6, "a changed budget warns again"
    told = Record.objects.filter(action__startswith="cohort.budget").order_by("id").values_list("action", flat=True)
    assert list(told) == [
        "cohort.budget_set",
        "cohort.budget_near",
        "cohort.budget_spent",
        "cohort.budget_set",
        "cohort.budget_near",
    ]
    sentences = [
        it["sentence"] for it in admin.get("/api/console/audit/", params={"action": "cohort.budget"}).json()["items"]
    ]
    assert sentences[-2:] == [
        "The platform told that the cohort One has used 8 hours of 10 hours a month",
        f"{admin.user.name} set the budget of the cohort One to 10 hours a month, at its end: No new launches",
    ]


def test_instructors_see_their_cohorts_budget_and_change_none(admin, school, signed_in):
    put(admin, school)
    own = f"{ALL}{school['cohort']}/"
    instructor, other = school["instructor"], signed_in("instructor")
    assert instructor.get(own).status_code == 200
    assert instructor.put(own, json={**HOURS, "amount": 1000}).status_code == 403
    assert instructor.delete(own).status_code == 403
    assert instructor.get(ALL).status_code == 403
    assert other.get(own).status_code == 404
    assert school["student"].get(own).status_code == 403
    assert Budget.objects.get().amount == 10
