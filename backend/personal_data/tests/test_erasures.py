from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.db.utils import ProgrammingError
from django.utils import timezone

from backend.accounts import invitations
from backend.accounts.models import Invitation, User
from backend.accounts.roles import Role, Track
from backend.assignments.collecting import collect_due
from backend.assignments.models import Assignment, Bundle, Submission
from backend.assignments.tests.test_assignments import create
from backend.assignments.tests.test_collecting import copy_of
from backend.audit.models import Record
from backend.audit.record import record
from backend.cohorts.models import Announcement, Cohort, Membership, Message
from backend.costs.models import Session
from backend.lti.models import Course, CourseMember
from backend.personal_data import erasing, erasures
from backend.personal_data.erasures import erase_due
from backend.personal_data.models import Erasure, Export
from backend.tests.served import PASSWORD
from backend.workspaces import services
from backend.workspaces.models import Workspace
from contract.names import WorkspaceState

PEOPLE = "/api/console/people/"
REAUTHENTICATE = "/api/auth/browser/v1/auth/reauthenticate"
COHORT = {"name": "One", "track": "FSD", "time_zone": "Europe/Berlin"}


@pytest.fixture
def admin(signed_in):
    one = signed_in("admin")
    assert one.post(REAUTHENTICATE, json={"password": PASSWORD}).status_code == 200
    return one


def ask(admin, person, name=None):
    return admin.post(f"{PEOPLE}{person.pk}/erase/", json={"name": name or person.display_name})


def grace_is_over():
    now = timezone.now()
    Erasure.objects.filter(finished_at=None).update(due_at=now, next_try_at=now)


def erased(times=3):
    for _ in range(times):
        grace_is_over()
        erase_due()
    return Erasure.objects.get().finished_at is not None


def everything():
    """Every text of every row of the database, but for sign-in sessions, which are signed."""
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            cursor.execute(f'SELECT t::text FROM "{model._meta.db_table}" t')  # noqa: S608
            for (row,) in cursor.fetchall():
                yield model._meta.label, row


def found(*words):
    return [(label, row[:300]) for label, row in everything() if any(it.lower() in row.lower() for it in words)]


@pytest.fixture
def school(admin, signed_in, manager):
    """A cohort with two students, of whom one has done everything that leaves a trace."""
    instructor, student, other = signed_in("instructor"), signed_in(), signed_in()
    for one, name in ((student, "Ana López"), (other, "Ben Kiel"), (instructor, "Dana Ortiz")):
        User.objects.filter(pk=one.user.pk).update(name=name)
        one.user.refresh_from_db()
    cohort = instructor.post("/api/cohorts/", json=COHORT).json()["id"]
    assignment = create((instructor, cohort)).json()["id"]
    for one in (student, other):
        instructor.put(f"/api/cohorts/{cohort}/members/{one.user.pk}/")
        workspace = one.post("/api/workspace/create/").json()["id"]
        manager.homes[workspace] = copy_of({f"{one.user.pk}.py": b"print(1)"})
    submissions = f"/api/cohorts/{cohort}/assignments/{assignment}/submissions/"
    instructor.post(f"{submissions}collect/", json={})
    collect_due()
    for one in (student, other):
        assert instructor.patch(f"{submissions}{one.user.pk}/", json={"mark": "17/20"}).status_code == 204
    assert Submission.objects.filter(copies__isnull=False).count() == 2
    instructor.post(f"/api/cohorts/{cohort}/messages/", json={"text": "Ana López, well done", "student_id": None})
    student.post("/api/help/")
    return {"instructor": instructor, "student": student, "other": other, "cohort": cohort, "assignment": assignment}


def test_nothing_is_left_of_a_person_who_is_erased_and_nothing_of_others_is_lost(admin, school, manager):
    student, other = school["student"].user, school["other"].user
    address, password = student.email, student.password
    EmailAddress.objects.create(user=student, email="ana@private.example", verified=True)
    Authenticator.objects.create(user=student, type="totp", data={"secret": "x"})
    invitations.invite("late@school.example", Role.STUDENT, Track.FSD, acting_user=admin.user)
    Invitation.objects.update(email="ana@private.example")
    record("user.sign_in_failed", actor=None, target_type="user", target_id="ANA@private.example")
    record("user.change", actor=admin.user, target_type="user", target_id=student.pk, changes={"name": ["Ann", "Ana"]})
    LogEntry.objects.create(
        user=admin.user, content_type=ContentType.objects.get_for_model(User), object_id=str(student.pk),
        object_repr=f"{student}", action_flag=2, change_message="",
    )  # fmt: skip
    admin.post(f"{PEOPLE}{student.pk}/export/")
    course = Course.objects.create(issuer="https://moodle.example", deployment_id="1", context_id="algebra")
    CourseMember.objects.create(course=course, user=student, subject="ana-there", role="learner")
    hours = Session.objects.count()
    kept = {label for label, row in everything() if str(other.pk) in row}
    mine = Workspace.objects.get(owner=student).pk

    answer = ask(admin, student)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["active"], answer.json()["erasure"]["begun_at"]) == (False, None)
    assert school["student"].get("/api/me/").status_code == 401
    erase_due()
    assert found("Ana López"), "nothing goes within the grace"
    assert erased()

    pseudonym = Erasure.objects.get().pseudonym
    assert found("Ana López", "Ann,", address, "ana@private.example", "ana-there", password) == []
    assert User.objects.get(pk=student.pk).display_name == f"erased person {pseudonym}"
    assert mine not in manager.workspaces
    assert not Submission.objects.filter(student=student).exists()
    assert not Membership.objects.filter(student=student).exists()
    assert not Export.objects.exists()
    assert Bundle.objects.filter(copies__submission__student=other).count() == 1
    assert Bundle.objects.count() == 2, "the assignment's files and the other's copy"
    assert Session.objects.count() == hours, "hours of the cohort stay"
    assert {label for label, row in everything() if str(other.pk) in row} == kept
    assert other.email in admin.get(PEOPLE).text
    assert str(student.pk) not in admin.get(PEOPLE).text, "they are nobody's business in the console"
    assert User.objects.get(pk=other.pk).membership.cohort.name == "One"


def test_the_audit_log_keeps_what_was_done_and_by_whom_under_the_pseudonym(admin, school):
    student = school["student"].user
    before = dict(Record.objects.values_list("pk", "action"))
    moments = dict(Record.objects.values_list("pk", "at"))
    ask(admin, student)
    assert erased()
    pseudonym = f"erased person {Erasure.objects.get().pseudonym}"
    assert before.items() <= dict(Record.objects.values_list("pk", "action")).items()
    assert moments.items() <= dict(Record.objects.values_list("pk", "at")).items()
    own = Record.objects.filter(actor_id=student.pk)
    assert set(own.values_list("actor", "ip")) == {(pseudonym, None)}
    marked = Record.objects.get(action="submission.mark", details__student=pseudonym)
    assert (marked.actor, marked.details["mark"]) == (school["instructor"].user.email, "removed")
    other = Record.objects.get(action="submission.mark", details__student=school["other"].user.email)
    assert other.details["mark"] == "17/20"
    written = Record.objects.get(action="message.send")
    assert written.details["text"] == f"{pseudonym}, well done"
    told = [it["sentence"] for it in admin.get("/api/console/audit/", params={"action": "user.erase"}).json()["items"]]
    assert told[0] == f"The platform erased a person, who is {pseudonym} now"
    assert told[1].startswith(f"{admin.user.name} asked to erase {pseudonym} after ")


def test_what_an_instructor_made_for_others_stays(admin, school):
    instructor = school["instructor"].user
    Announcement.objects.create(text="Holidays", sender="Dana Ortiz", ends_at=timezone.now() + timedelta(days=1))
    announced = Announcement.objects.get()
    record("announcement.create", actor=instructor, target_type="announcement", target_id=announced.pk, text="Holidays")
    ask(admin, instructor)
    assert erased()
    name = f"erased person {Erasure.objects.get().pseudonym}"
    assert Assignment.objects.get().created_by.display_name == name
    assert Submission.objects.filter(mark="17/20").count() == 2
    assert Announcement.objects.get().sender == name
    assert set(Message.objects.values_list("sender", flat=True)) == {name}
    assert found("Dana Ortiz", instructor.email) == []


def test_a_namesake_keeps_their_name(admin, school, person):
    student, namesake = school["student"].user, person()
    User.objects.filter(pk=namesake.pk).update(name=student.name)
    record(
        "message.send",
        actor=admin.user,
        target_type="cohort",
        target_id="c",
        text="To Ana López",
        student=str(namesake.pk),
    )
    Message.objects.create(student=school["other"].user, sender=student.name, text="Hello")
    ask(admin, student)
    assert erased()
    assert Record.objects.filter(details__text="To Ana López").exists()
    assert Message.objects.filter(sender="Ana López").exists()
    assert User.objects.get(pk=namesake.pk).name == "Ana López"


@pytest.mark.parametrize(
    ("called", "text", "left"),
    [
        ("Ana López", "Ask Ana López-Vega or Ana López", "Ask Ana López-Vega or {}"),
        ("Ana López", "ANA LÓPEZ and ana lópez", "{} and ana lópez"),
        ('Ana "Ani" López', 'Thanks, Ana "Ani" López!', "Thanks, {}!"),
        ("Ben Ki", "Ben Kiel and Ben Ki", "Ben Kiel and Ben Ki"),
        ("dana ortiz", "Dana Ortiz says", "Dana Ortiz says"),
        ("well done", "Well done. Very well done", "Well done. Very well done"),
        ("Track One", "Track One begins", "Track One begins"),
    ],
)
def test_a_name_that_means_something_else_destroys_nobodys_text(admin, school, called, text, left):
    """People choose their names when they sign up."""
    student = school["student"].user
    User.objects.filter(pk=student.pk).update(name=called)
    student.refresh_from_db()
    Submission.objects.filter(student=school["other"].user).update(comment=text)
    Cohort.objects.update(name="Track One, 2026")
    said = record("user.note", actor=admin.user, target_type="user", target_id=admin.user.pk, text=text)
    ask(admin, student)
    assert erased()
    expected = left.format(f"erased person {Erasure.objects.get().pseudonym}")
    assert Submission.objects.get(student=school["other"].user).comment == expected
    assert Record.objects.get(pk=said.pk).details == {"text": expected}


def test_a_name_of_before_that_is_somebody_elses_now_stays_theirs(admin, school):
    student = school["student"].user
    record(
        "user.change", actor=admin.user, target_type="user", target_id=student.pk, changes={"name": ["Ben Kiel", ""]}
    )
    said = record("user.note", actor=admin.user, target_type="user", target_id=admin.user.pk, text="Ben Kiel")
    ask(admin, student)
    assert erased()
    assert Record.objects.get(pk=said.pk).details == {"text": "Ben Kiel"}


def test_an_address_within_another_one_stays_somebody_elses(admin, school):
    student, other = school["student"].user, school["other"].user
    User.objects.filter(pk=student.pk).update(email="ana@uni.example")
    User.objects.filter(pk=other.pk).update(email="diana@uni.example.org")
    EmailAddress.objects.create(user=student, email="not-hers@uni.example", verified=False)
    Invitation.objects.all().delete()
    invitations.invite("not-hers@uni.example", Role.STUDENT, Track.FSD, acting_user=admin.user)
    student.refresh_from_db()
    other.refresh_from_db()
    texts = "ana@uni.example", "ana@uni.example.org", "diana@uni.example"
    said = record("user.note", actor=other, target_type="user", target_id=admin.user.pk, text=" ".join(texts))
    theirs = LogEntry.objects.create(
        user=admin.user, content_type=ContentType.objects.get_for_model(User), object_id=str(other.pk),
        object_repr="diana@uni.example.org (student)", action_flag=2, change_message="ana@uni.example left",
    )  # fmt: skip
    ask(admin, student)
    assert erased()
    name = f"erased person {Erasure.objects.get().pseudonym}"
    assert Record.objects.get(pk=said.pk).details == {"text": f"{name} ana@uni.example.org diana@uni.example"}
    theirs.refresh_from_db()
    assert (theirs.object_repr, theirs.change_message) == ("diana@uni.example.org (student)", f"{name} left")
    assert Invitation.objects.get().email == "not-hers@uni.example"


def test_the_records_of_who_has_the_address_now_keep_it(admin, school):
    student, other = school["student"].user, school["other"].user
    record("user.signed_in", actor=student, target_type="user", target_id=student.pk)
    address = student.email
    User.objects.filter(pk=student.pk).update(email="moved@school.example")
    User.objects.filter(pk=other.pk).update(email=address)
    other.refresh_from_db()
    theirs = record("user.signed_in", actor=other, target_type="user", target_id=other.pk)
    student.refresh_from_db()
    ask(admin, student)
    assert erased()
    assert Record.objects.get(pk=theirs.pk).actor == address


def test_what_somebody_writes_at_that_moment_is_not_overwritten(admin, school, monkeypatch):
    Submission.objects.filter(student=school["other"].user).update(comment="As Ana López")
    without = erasing.Words.without

    def slow(self, value, *, about):
        Submission.objects.filter(comment=value).update(comment="New words")
        return without(self, value, about=about)

    ask(admin, school["student"].user)
    monkeypatch.setattr(erasing.Words, "without", slow)
    assert erased()
    assert Submission.objects.get(student=school["other"].user).comment == "New words"


def test_a_copy_that_was_asked_for_while_workspaces_went_goes_too(admin, person):
    student = person()
    ask(admin, student)
    Export.objects.create(person=student)
    Erasure.objects.update(begun_at=timezone.now())
    assert erasing.erase(Erasure.objects.get())
    assert not Export.objects.exists()


def test_a_request_that_was_on_its_way_makes_no_workspace_for_who_is_gone(admin, person):
    student = person()
    ask(admin, student)
    with pytest.raises(Exception, match="account is deactivated"):
        services.create_and_launch(student, None, acting_user=student)
    assert not Workspace.objects.exists()


def test_within_the_grace_it_is_taken_back_and_everything_is_as_it_was(admin, school):
    student = school["student"].user
    ask(admin, student)
    assert admin.delete(f"{PEOPLE}{student.pk}/erase/").json()["erasure"] is None
    grace_is_over()
    erase_due()
    assert school["student"].sign_in(student.email, PASSWORD).status_code == 200
    assert school["student"].get("/api/workspace/").json()["items"]
    assert Submission.objects.filter(student=student).exists()


def test_who_was_deactivated_before_stays_so_when_it_is_taken_back(admin, person):
    student = person()
    admin.post(f"{PEOPLE}{student.pk}/deactivate/")
    ask(admin, student)
    assert admin.delete(f"{PEOPLE}{student.pk}/erase/").json()["active"] is False


def test_after_the_grace_nobody_takes_it_back(admin, school, manager):
    student = school["student"].user
    manager.unreachable = True
    ask(admin, student)
    grace_is_over()
    erase_due()
    row = admin.get(PEOPLE, params={"q": student.email}).json()["items"][0]["erasure"]
    assert row["begun_at"] is not None
    assert "manager does not answer" in row["problem"]
    late = admin.delete(f"{PEOPLE}{student.pk}/erase/")
    assert (late.status_code, late.json()["reason"]) == (409, "erasing")
    manager.unreachable = False
    assert erased()


@pytest.mark.parametrize("what", ["reactivate", "deactivate"])
def test_another_admin_brings_nobody_back_meanwhile(admin, signed_in, person, what):
    student = person()
    ask(admin, student)
    answer = signed_in("admin").post(f"{PEOPLE}{student.pk}/{what}/")
    if what == "reactivate":
        assert (answer.status_code, answer.json()["reason"]) == (409, "erasing")
    assert not User.objects.get(pk=student.pk).is_active
    assert ask(admin, student).status_code == 200, "asking again changes nothing"
    assert Erasure.objects.count() == 1
    assert erased()
    assert ask(admin, student).status_code == 404
    assert admin.post(f"{PEOPLE}{student.pk}/reactivate/").status_code == 404


def test_an_erasure_that_sql_wakes_up_still_ends_with_nobody_active(admin, person):
    student = person()
    ask(admin, student)
    User.objects.filter(pk=student.pk).update(is_active=True)
    assert erased()
    assert not User.objects.get(pk=student.pk).is_active


@pytest.mark.parametrize("role", ["student", "instructor", "assistant"])
def test_only_admins_erase(signed_in, person, role):
    one, student = signed_in(role), person()
    one.post(REAUTHENTICATE, json={"password": PASSWORD})
    assert ask(one, student).status_code == 403
    assert one.delete(f"{PEOPLE}{student.pk}/erase/").status_code == 403
    assert not Erasure.objects.exists()


def test_an_admin_proves_who_they_are_and_types_the_name(signed_in, person):
    admin, student = signed_in("admin"), person()
    refused = ask(admin, student)
    assert (refused.status_code, refused.json()["reason"]) == (403, "reauthentication_required")
    admin.post(REAUTHENTICATE, json={"password": PASSWORD})
    wrong = ask(admin, student, "Somebody else")
    assert (wrong.status_code, wrong.json()["reason"]) == (422, "name_differs")
    assert student.display_name in wrong.json()["remedy"]
    assert User.objects.get(pk=student.pk).is_active


def test_nobody_erases_themselves_or_the_last_admin(admin, signed_in, monkeypatch):
    own = ask(admin, admin.user)
    assert (own.status_code, own.json()["reason"]) == (409, "own_account")
    other = signed_in("admin")
    assert ask(admin, other.user).status_code == 200
    # The other one asked at the same moment, and is served only now.
    with pytest.raises(Exception, match="last active admin"):
        erasures.ask(admin.user, admin.user.display_name, acting_user=other.user)
    with pytest.raises(Exception, match="last active admin"):
        erasures._set_active(admin.user, active=False, acting_user=other.user)
    assert User.objects.get(pk=admin.user.pk).is_active


@pytest.mark.parametrize(
    "step",
    [
        "_remove_work",
        "_leave_shared_things",
        "_replace_in_texts",
        "_forget_sign_ins",
        "replace_names",
        "_forget_addresses",
        "_make_nobody",
    ],
)
def test_a_process_that_dies_between_two_steps_leaves_all_or_nothing(admin, school, monkeypatch, step):
    student = school["student"].user
    ask(admin, student)
    whole = getattr(erasing, step)

    def dies(*args):
        whole(*args)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(erasing, step, dies)
        with pytest.raises(KeyboardInterrupt):
            erased()
    assert User.objects.get(pk=student.pk).name == "Ana López"
    assert Submission.objects.filter(student=student).exists()
    assert Erasure.objects.get().finished_at is None
    assert erased()
    assert found("Ana López") == []


@pytest.mark.parametrize("dies_before", [True, False])
def test_a_process_that_dies_while_workspaces_go_is_followed_by_one_that_goes_on(
    admin, school, manager, monkeypatch, dies_before
):
    student = school["student"].user
    mine, theirs = (Workspace.objects.get(owner=school[it].user).pk for it in ("student", "other"))
    ask(admin, student)
    real = erasures.workspaces.remove_for_good

    def dies(workspace):
        if not dies_before:
            real(workspace)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(erasures.workspaces, "remove_for_good", dies)
        with pytest.raises(KeyboardInterrupt):
            erased()
    assert Workspace.objects.get(pk=theirs).deleted_at is None
    assert erased()
    assert mine not in manager.workspaces
    assert manager.workspaces[theirs].state is WorkspaceState.RUNNING
    assert Record.objects.filter(action="workspace.delete", target_id=mine).count() == 1, "repeats are not recorded"


def test_it_waits_until_the_files_are_gone_as_on_aws(admin, school, manager):
    manager.purges_wait = True
    ask(admin, school["student"].user)
    assert not erased()
    assert Erasure.objects.get().problem == "Workspaces are being removed."
    assert User.objects.get(pk=school["student"].user.pk).name == "Ana López"
    manager.purges_wait = False
    assert erased()


def test_two_processes_do_not_erase_the_same_person_at_once(admin, person):
    ask(admin, person())
    grace_is_over()
    assert erasures._take(set()) is not None
    assert erasures._take(set()) is None


def test_the_grace_is_a_setting(admin, person, settings):
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, erase_grace_days=30)
    made = erasures.ask(student := person(), student.display_name, acting_user=admin.user)
    assert made.due_at - made.asked_at == timedelta(days=30)


def test_the_audit_log_is_changed_by_nothing_but_an_erasure_that_has_begun(admin, person):
    """Nor does an erasure change what was done, when, or by whom."""
    ask(admin, person())
    erasure = Erasure.objects.get()
    last = Record.objects.order_by("-id")[0]

    def change(setting, **fields):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('apranova.erasure', %s, true)", [setting])
            Record.objects.filter(pk=last.pk).update(**fields)

    for setting in ("", "x", str(erasure.pk)):
        with pytest.raises(ProgrammingError, match="append-only"):
            change(setting, actor="nobody")
    Erasure.objects.update(begun_at=timezone.now())
    change(str(erasure.pk), actor="nobody")
    for fields in ({"action": "x"}, {"at": timezone.now()}, {"actor_id": None}, {"request_id": "x"}):
        with pytest.raises(ProgrammingError, match="append-only"):
            change(str(erasure.pk), **fields)
    Erasure.objects.update(finished_at=timezone.now())
    with pytest.raises(ProgrammingError, match="append-only"):
        change(str(erasure.pk), actor="somebody")
    with pytest.raises(ProgrammingError, match="append-only"):
        Record.objects.all().delete()
