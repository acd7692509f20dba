from __future__ import annotations

import base64
import io
import stat
from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.utils import timezone

from backend.assignments import delivery
from backend.assignments.delivery import RETRY_FAILED, hand_out_before_opening, hand_out_due
from backend.assignments.models import Assignment, Bundle, HandOut
from backend.assignments.uploads import make_bundle
from backend.audit.models import Record
from backend.cohorts.models import Cohort, Membership
from backend.tests.zips import STARTER, zip_of
from backend.workspaces.models import Workspace
from contract.hand_out import BESIDE_MAX, Beside, HandOutAnswer, HandOutState
from contract.hand_out_files import FILES_MAX, UNPACKED_BYTES_MAX, read_files


def encoded(content):
    return base64.b64encode(content).decode()


@pytest.fixture
def cohort(signed_in):
    """A cohort with its instructor, as (browser, id)."""
    one = signed_in("instructor")
    answer = one.post("/api/cohorts/", json={"name": "Berlin-3", "track": "FSD", "time_zone": "Europe/Berlin"})
    return one, answer.json()["id"]


@pytest.fixture
def join(signed_in, cohort):
    """Students of the cohort with a workspace, which runs if they launch it."""

    def enter(*, running=False):
        one = signed_in()
        Membership.objects.create(student=one.user, cohort_id=cohort[1])
        one.workspace = one.post("/api/workspace/create/", json={}).json()["id"]
        if not running:
            one.post(f"/api/workspace/{one.workspace}/stop/")
        return one

    return enter


def create(cohort, files=None, **body):
    one, id_ = cohort
    file = encoded(files if isinstance(files, bytes) else zip_of(files))
    return one.post(f"/api/cohorts/{id_}/assignments/", json={"title": "Lesson 1", "file": file, **body})


def detail(cohort, assignment):
    one, id_ = cohort
    answer = one.get(f"/api/cohorts/{id_}/assignments/{assignment}/")
    assert answer.status_code == 200, answer.text
    return answer.json()


def listed(cohort):
    one, id_ = cohort
    return one.get(f"/api/cohorts/{id_}/assignments/").json()["items"]


def states(cohort, assignment):
    return sorted(it["state"] for it in detail(cohort, assignment)["students"])


def test_at_its_release_an_assignment_is_in_running_homes_and_waits_for_the_others(cohort, join, manager):
    awake, asleep = join(running=True), join()
    answer = create(cohort, due_at="2999-01-01T10:00")
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert (body["folder"], body["released"], body["files"], body["students"]) == ("lesson-1", True, 2, 2)
    assert body["due_at_local"] == "2999-01-01T10:00"
    hand_out_due()
    assert manager.handed_out == [(awake.workspace, 1)]
    assert states(cohort, body["id"]) == ["handed_out", "waiting"]
    hand_out_due()
    assert len(manager.handed_out) == 1, "nothing is given twice"

    asleep.post("/api/workspace/create/", json={})
    hand_out_before_opening(Workspace.objects.get(pk=asleep.workspace))
    assert manager.handed_out[1:] == [(asleep.workspace, 1)]
    assert states(cohort, body["id"]) == ["handed_out", "handed_out"]
    assert asleep.get("/api/assignments/").json()["items"][0]["path"] == "~/project/lesson-1"


def test_the_inner_door_hands_out_before_it_lets_the_student_in(cohort, join, manager):
    student = join(running=True)
    create(cohort)
    answer = student.get(f"/api/door/{student.workspace}/?browser={'0' * 64}")
    assert answer.status_code == 302, answer.text
    assert manager.handed_out == [(student.workspace, 1)]
    manager.hand_out_answers[student.workspace] = HandOutAnswer(HandOutState.FAILED, failure="The home is full.")
    create(cohort, title="Lesson 2")
    assert student.get(f"/api/door/{student.workspace}/?browser={'1' * 64}").status_code == 302
    manager.unreachable = True
    assert student.get(f"/api/door/{student.workspace}/?browser={'2' * 64}").status_code == 302


def test_a_mistake_in_handing_out_keeps_nobody_out(cohort, join, monkeypatch):
    student = join(running=True)
    create(cohort)

    def deleted_in_the_same_moment(_rows, **_):
        raise IntegrityError

    monkeypatch.setattr(HandOut.objects, "bulk_create", deleted_in_the_same_moment)
    assert student.get(f"/api/door/{student.workspace}/?browser={'0' * 64}").status_code == 302


def test_a_student_whom_many_assignments_wait_for_is_not_kept_out_by_them(cohort, join, manager, monkeypatch):
    student = join()
    for number in range(3):
        create(cohort, title=f"Lesson {number}")
    student.post("/api/workspace/create/", json={})
    monkeypatch.setattr(delivery, "BEFORE_OPENING_MAX_S", 0.0)
    hand_out_before_opening(Workspace.objects.get(pk=student.workspace))
    assert len(manager.handed_out) == 1, "one request had begun when the time was over"
    hand_out_due()
    assert len(manager.handed_out) == 3, "the others come while they work"


def test_before_its_release_nobody_gets_it_and_no_student_sees_it(cohort, join, manager):
    student = join(running=True)
    id_ = create(cohort, releases_at="2999-01-01T09:00").json()["id"]
    hand_out_due()
    hand_out_before_opening(Workspace.objects.get(pk=student.workspace))
    assert manager.handed_out == []
    assert student.get("/api/assignments/").json()["items"] == []
    assert [it["text"] for it in detail(cohort, id_)["students"]] == ["Not released yet."]
    Assignment.objects.update(releases_at=timezone.now())
    hand_out_due()
    assert manager.handed_out == [(student.workspace, 1)]


def test_times_are_those_of_the_cohorts_clocks(cohort):
    body = create(cohort, releases_at="2999-07-01T09:00", due_at="2999-12-01T09:00").json()
    assert (body["releases_at"], body["due_at"]) == ("2999-07-01T07:00:00Z", "2999-12-01T08:00:00Z")
    assert body["releases_at_local"] == "2999-07-01T09:00"
    for wrong in ("2999-02-30T09:00", "tomorrow", "2999-01-01T09:00Z", "0001-01-01T00:00"):
        assert create(cohort, releases_at=wrong).status_code == 422
    assert create(cohort, releases_at="2999-07-01T09:00", due_at="2999-07-01T09:00").status_code == 422


def test_an_update_goes_to_everybody_and_says_what_lies_beside(cohort, join, manager):
    student = join(running=True)
    one, cohort_id = cohort
    id_ = create(cohort).json()["id"]
    hand_out_due()
    manager.hand_out_answers[student.workspace] = HandOutAnswer(
        HandOutState.DONE, (Beside("lesson-1/main.py", "lesson-1/main.update-2.py", True),), 1
    )
    address = f"/api/cohorts/{cohort_id}/assignments/{id_}/files/"
    same = one.put(address, json={"file": encoded(zip_of())})
    assert (same.status_code, same.json()["version"]) == (200, 1)
    update = one.put(address, json={"file": encoded(zip_of({"main.py": "print(2)\n"}))})
    assert (update.json()["version"], update.json()["handed_out"]) == (2, 0)
    assert Bundle.objects.count() == 1, "files that nobody has any more are not kept"
    hand_out_due()
    assert manager.handed_out == [(student.workspace, 1), (student.workspace, 2)]
    beside = {"path": "lesson-1/main.py", "new_path": "lesson-1/main.update-2.py", "changed_by_student": True}
    assert detail(cohort, id_)["students"][0]["beside"] == [beside]
    assert student.get("/api/assignments/").json()["items"][0]["beside"] == [beside]


def test_a_full_home_is_told_to_both_and_tried_again(cohort, join, manager):
    student = join(running=True)
    id_ = create(cohort).json()["id"]
    manager.hand_out_answers[student.workspace] = HandOutAnswer(HandOutState.FAILED, failure="The home is full.")
    hand_out_due()
    told = detail(cohort, id_)
    assert (told["assignment"]["failed"], told["students"][0]["state"]) == (1, "failed")
    assert told["students"][0]["text"].startswith("The home is full.")
    assert student.get("/api/assignments/").json()["items"][0]["state"] == "failed"
    hand_out_due()
    assert len(manager.handed_out) == 1, "not in every pass"
    manager.hand_out_answers.clear()
    HandOut.objects.update(next_try_at=timezone.now() - RETRY_FAILED)
    hand_out_due()
    assert states(cohort, id_) == ["handed_out"]


@pytest.mark.parametrize(
    "forged",
    [
        HandOutAnswer(HandOutState.DONE, beside_count=10**15),
        HandOutAnswer(HandOutState.DONE, beside_count=-1),
        HandOutAnswer(HandOutState.DONE, (Beside("a\0", "\ud800", True),) * 60, 60),
        HandOutAnswer(HandOutState.FAILED, failure="\0\ud800" * 1000),
    ],
    ids=["a huge count", "a negative count", "names that no database keeps", "such a failure"],
)
def test_what_a_student_lets_their_home_answer_keeps_nobody_else_waiting(cohort, join, manager, forged):
    forger, other = join(running=True), join(running=True)
    manager.hand_out_answers[forger.workspace] = forged
    id_ = create(cohort).json()["id"]
    hand_out_due()
    told = {it["id"]: it for it in detail(cohort, id_)["students"]}
    assert told[str(other.user.pk)]["state"] == "handed_out"
    assert len(told[str(forger.user.pk)]["beside"]) <= BESIDE_MAX
    assert len(forger.get("/api/assignments/").json()["items"]) == 1


def test_a_home_that_takes_long_is_asked_again(cohort, join, manager):
    student = join(running=True)
    id_ = create(cohort).json()["id"]
    manager.hand_out_answers[student.workspace] = HandOutAnswer(HandOutState.WORKING)
    hand_out_due()
    assert states(cohort, id_) == ["waiting"]
    assert HandOut.objects.get().next_try_at < timezone.now() + timedelta(seconds=3)


def test_thirty_of_a_hundred_get_it_in_messages_of_eight(cohort, join, manager, person):
    first = join(running=True)
    view = manager.workspaces[first.workspace]
    for number in range(99):
        student = person()
        Membership.objects.create(student=student, cohort_id=cohort[1])
        workspace = Workspace.objects.create(owner=student, kind="vscode", name=f"w{number}")
        if number < 29:
            manager.workspaces[workspace.pk] = view.__class__(**{**view.__dict__, "workspace_id": workspace.pk})
    create(cohort)
    hand_out_due()
    assert len(set(manager.handed_out)) == len(manager.handed_out) == 30
    assert manager.calls["hand_out"] == 4
    assert HandOut.objects.count() == 100


def test_students_without_a_workspace_or_with_a_deleted_one_do_not_stand_in_the_way(cohort, join, manager, person):
    for deleted in (None, timezone.now()):
        student = person()
        Membership.objects.create(student=student, cohort_id=cohort[1])
        if deleted:
            Workspace.objects.create(owner=student, kind="vscode", name="old", deleted_at=deleted)
    awake = join(running=True)
    Workspace.objects.create(owner=awake.user, kind="superset", name="another kind")
    Workspace.objects.create(owner=awake.user, kind="vscode", name="old", deleted_at=timezone.now())
    id_ = create(cohort).json()["id"]
    for _ in range(2):
        hand_out_due()
    assert manager.handed_out == [(awake.workspace, 1)]
    assert HandOut.objects.count() == 1
    assert states(cohort, id_) == ["handed_out", "waiting", "waiting"]


def test_who_leaves_the_cohort_gets_nothing_and_who_comes_gets_what_is_there(cohort, join, manager):
    gone, stays = join(running=True), join(running=True)
    create(cohort)
    Membership.objects.filter(student=gone.user).delete()
    Workspace.objects.filter(pk=stays.workspace).update(deleted_at=timezone.now())
    hand_out_due()
    assert manager.handed_out == []
    late = join(running=True)
    hand_out_due()
    assert manager.handed_out == [(late.workspace, 1)]
    assert gone.get("/api/assignments/").json()["items"] == []


def test_an_inactive_cohort_hands_nothing_out(cohort, join, manager):
    join(running=True)
    create(cohort)
    Cohort.objects.update(active=False)
    hand_out_due()
    assert manager.handed_out == []


def test_only_its_teachers_reach_an_assignment(signed_in, cohort):
    id_ = create(cohort).json()["id"]
    address = f"/api/cohorts/{cohort[1]}/assignments/"
    body = {"title": "x", "file": encoded(zip_of({"a": "x"}))}
    other = signed_in("instructor")
    elsewhere = other.post("/api/cohorts/", json={"name": "B", "track": "FSD", "time_zone": "UTC"}).json()["id"]
    for one, refused in ((other, 404), (signed_in("student"), 403)):
        assert one.get(address).status_code == refused
        assert one.post(address, json=body).status_code == refused
        assert one.get(f"{address}{id_}/").status_code == refused
        assert one.patch(f"{address}{id_}/", json={"title": "x"}).status_code == refused
        assert one.put(f"{address}{id_}/files/", json=body).status_code == refused
        assert one.delete(f"{address}{id_}/").status_code == refused
    assert other.delete(f"/api/cohorts/{elsewhere}/assignments/{id_}/").status_code == 404
    assert Assignment.objects.get().title == "Lesson 1"


def test_every_change_is_in_the_audit_log(cohort):
    one, cohort_id = cohort
    id_ = create(cohort, releases_at="2999-01-01T09:00").json()["id"]
    address = f"/api/cohorts/{cohort_id}/assignments/{id_}/"
    changed = one.patch(address, json={"title": "Loops", "due_at": "2999-02-01T09:00"})
    assert (changed.json()["title"], changed.json()["folder"]) == ("Loops", "lesson-1")
    assert one.patch(address, json={"due_at": None}).json()["due_at"] is None
    assert one.patch(address, json={"releases_at": "2000-01-01T09:00"}).json()["released"]
    again = one.patch(address, json={"releases_at": "2999-01-01T09:00"})
    assert (again.status_code, again.json()["reason"]) == (409, "released")
    one.put(f"{address}files/", json={"file": encoded(zip_of({"a": "x"}))})
    assert one.delete(address).status_code == 204
    assert (Assignment.objects.count(), Bundle.objects.count(), HandOut.objects.count()) == (0, 0, 0)
    records = Record.objects.filter(action__startswith="assignment.").order_by("id")
    assert [it.action.partition(".")[2] for it in records] == [
        "create", "change", "change", "change", "update_files", "delete",
    ]  # fmt: skip
    assert {it.actor for it in records} == {one.user.email}


def test_folders_come_from_titles_and_are_never_the_same(cohort):
    titles = ("Übung 1: Schleifen!", "übung 1 schleifen", "循环", "../../etc", "A" * 90)
    folders = [create(cohort, title=title).json()["folder"] for title in titles]
    assert folders == ["ubung-1-schleifen", "ubung-1-schleifen-2", "assignment", "etc", "a" * 40]


def test_superset_cohorts_are_told_that_they_have_no_files(signed_in):
    one = signed_in("instructor")
    id_ = one.post("/api/cohorts/", json={"name": "Lisbon", "track": "DP", "time_zone": "UTC"}).json()["id"]
    answer = create((one, id_))
    assert (answer.status_code, "Superset" in answer.json()["detail"]) == (409, True)


def test_the_same_files_are_stored_once_and_a_folder_that_holds_all_is_left_out(cohort):
    create(cohort, zip_of(STARTER))
    create(cohort, zip_of({f"top/{name}": content for name, content in STARTER.items()} | {"__MACOSX/top/._x": "x"}))
    junk = {".DS_Store": "x", ".git/config": "x", "Thumbs.db": "x"}
    create(cohort, zip_of({**STARTER, **junk}))
    bundle = Bundle.objects.get()
    files = read_files(io.BytesIO(bytes(bundle.content)))
    assert {it.path: it.content.decode() for it in files} == STARTER


def test_an_app_that_the_files_declare_is_named_and_one_that_cannot_be_read_is_refused(cohort):
    declared = '{"postAttachCommand": "npm run dev", "portsAttributes": {"5173": {"onAutoForward": "openPreview"}}}'
    place = ".devcontainer/devcontainer.json"
    body = create(cohort, {"main.js": "1", place: declared}).json()
    assert (body["app_start"], body["app_port"]) == ("npm run dev", 5173)
    assert [(it["app_start"], it["app_port"]) for it in listed(cohort)] == [("npm run dev", 5173)]
    plain = create(cohort, title="Plain").json()
    assert (plain["app_start"], plain["app_port"]) == ("", 0)
    refused = create(cohort, {"main.js": "1", place: '{"postAttachCommand": npm}'}, title="Broken")
    assert refused.status_code == 422
    assert "devcontainer.json cannot be read, line 1" in refused.text
    assert len(listed(cohort)) == 2


def test_files_that_were_kept_before_another_way_name_their_app_when_they_are_handed_out(cohort):
    files = zip_of({"main.js": "1", ".devcontainer.json": '{"postAttachCommand": "npm start"}'})
    make_bundle(files, may_have_app=False).save()
    assert create(cohort, files).json()["app_start"] == "npm start"


def test_programs_stay_programs(cohort):
    create(cohort, zip_of(modes=(("run.sh", stat.S_IFREG | 0o755), ("plain", stat.S_IFREG | 0o4644))))
    files = read_files(io.BytesIO(bytes(Bundle.objects.get().content)))
    assert [it.path for it in files if it.is_program] == ["run.sh"]


def test_names_in_utf8_that_a_zip_does_not_call_so_are_read(cohort):
    content = zip_of({"übung.py": "x"})
    unmarked = bytearray(content)
    for mark, place in ((b"PK\x03\x04", 7), (b"PK\x01\x02", 9)):
        unmarked[unmarked.find(mark) + place] &= 0xF7
    create(cohort, bytes(unmarked))
    assert [it.path for it in read_files(io.BytesIO(bytes(Bundle.objects.get().content)))] == ["übung.py"]


def not_utf8():
    content = bytearray(zip_of({"abc.py": "x"}))
    return bytes(content.replace(b"abc.py", b"\xfc\xff\xfe.py"))


def bomb():
    return zip_of({f"{number}": b"\0" * 15_900_000 for number in range(1 + UNPACKED_BYTES_MAX // 15_900_000)})


def lying():
    """Says that its file is short, and unpacks to more."""
    content = bytearray(zip_of({"a": b"\0" * 1_000_000}))
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = content.find(mark) + place
        content[start : start + 4] = (10).to_bytes(4, "little")
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (zip_of({"../../.bashrc": "x", "b": "x"}), "leads out of the folder"),
        (zip_of({"/etc/cron.d/x": "x", "b": "x"}), "leads out of the folder"),
        (zip_of({"a/./b": "x", "b": "x"}), "leads out of the folder"),
        (zip_of({"a\\b": "x"}), "backslash"),
        (zip_of({"a\nb": "x"}), "line break"),
        (zip_of({"a\u202eyp.exe": "x"}), "invisible"),
        (zip_of({"A.txt": "x", "a.TXT": "y"}), "same name"),
        (zip_of({"a": "x", "A/b": "y"}), "a file and a folder"),
        (zip_of({"x" * 181: "x"}), "too long"),
        (zip_of(links=("link",)), "is a link"),
        (zip_of(modes=(("pipe", stat.S_IFIFO | 0o644),)), "not an ordinary file"),
        (zip_of(modes=(("disk", stat.S_IFBLK | 0o644),)), "not an ordinary file"),
        (zip_of(password=True), "password"),
        (zip_of({str(number): "" for number in range(FILES_MAX + 1)}), "The limit is 2,000"),
        (zip_of({".DS_Store": "x"}), "no files"),
        (not_utf8(), "not UTF-8"),
        (bomb(), "Unpacked, the files have"),
        (lying(), "damaged"),
        (zip_of({"odd": "x", "b": "x"}).replace(b"odd", b"\0dd"), "leads out of the folder"),
        (b"PK not a zip", "damaged"),
        (b"", "damaged"),
        (zip_of({"a": "x" * 16_000_001}), "The limit is 16 MB"),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else None,
)  # fmt: skip
def test_a_zip_that_no_home_could_take_is_refused_in_words(cohort, content, words):
    answer = create(cohort, content)
    assert answer.status_code == 422, answer.text
    error = answer.json()["errors"][0]
    assert (error["field"], words in error["message"]) == ("body.file", True), error
    assert (Assignment.objects.count(), Bundle.objects.count()) == (0, 0)


def test_a_large_upload_is_taken_here_and_nowhere_else(cohort):
    import os

    assert create(cohort, zip_of({"a": os.urandom(3_900_000)})).status_code == 201
    too_large = create(cohort, zip_of({"a": os.urandom(4_100_000)}))
    assert (too_large.status_code, "4 MB" in too_large.json()["errors"][0]["message"]) == (422, True)
    assert create(cohort, os.urandom(5_000_000)).status_code == 413
    one, cohort_id = cohort
    name = {"name": "x" * 2_000_000}
    assert one.patch(f"/api/cohorts/{cohort_id}/", json=name).status_code == 413
