from __future__ import annotations

import csv
import io
import json
import time
import zipfile
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.utils import timezone

from backend.assignments.collecting import collect_due
from backend.assignments.tests.test_assignments import create
from backend.assignments.tests.test_collecting import copy_of
from backend.audit.models import Record
from backend.audit.record import record
from backend.cohorts.models import Message
from backend.personal_data import exports
from backend.personal_data.exports import make_due
from backend.personal_data.member_names import MemberNames
from backend.personal_data.models import Export, ExportPiece
from backend.tests.served import PASSWORD
from contract.history import Cause, CheckpointView, LeftOut

OWN = "/api/me/export/"
REAUTHENTICATE = "/api/auth/browser/v1/auth/reauthenticate"
NEWEST = "1790000000000-0000000a"


@pytest.fixture
def admin(signed_in):
    one = signed_in("admin")
    assert one.post(REAUTHENTICATE, json={"password": PASSWORD}).status_code == 200
    return one


def of(person):
    return f"/api/console/people/{person.pk}/export/"


def past(manager, workspace, *left_out, **files):
    """The home's newest checkpoint."""
    view = CheckpointView(NEWEST, 1790000000.0, Cause.STOP, left_out=left_out, left_out_count=len(left_out))
    manager.checkpoints[workspace] = [view]
    for path, content in files.items():
        manager.past[workspace, NEWEST, path.replace("__", "/").replace("_DOT_", ".")] = content


def download(browser, address):
    export = browser.get(address).json()["export"]
    answer = browser.get(f"{address}{export['id']}/file/")
    assert answer.status_code == 200, answer.text
    assert len(answer.content) == export["size_bytes"] == int(answer.headers["content-length"])
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    return archive


def table(archive, name):
    rows = list(csv.DictReader(io.StringIO(archive.read(f"{name}.csv").decode("utf-8-sig"))))
    assert len(json.loads(archive.read(f"{name}.json"))) == len(rows)
    return rows


def test_a_person_takes_everything_about_them_away(signed_in, manager):
    instructor, student, other = signed_in("instructor"), signed_in(), signed_in()
    body = {"name": "One", "track": "FSD", "time_zone": "Europe/Berlin"}
    cohort = instructor.post("/api/cohorts/", json=body).json()["id"]
    for one in (student, other):
        instructor.put(f"/api/cohorts/{cohort}/members/{one.user.pk}/")
    workspace = student.post("/api/workspace/create/").json()["id"]
    assignment = create((instructor, cohort)).json()["id"]
    manager.homes[workspace] = copy_of()
    submissions = f"/api/cohorts/{cohort}/assignments/{assignment}/submissions/"
    instructor.post(f"{submissions}collect/", json={})
    collect_due()
    marked = {"mark": "B", "comment": "Settle it"}
    assert instructor.patch(f"{submissions}{student.user.pk}/", json=marked).status_code == 204
    past(manager, workspace, LeftOut("big.iso", "is too large"), main_DOT_py=b"print(1)")
    Message.objects.create(student=student.user, sender="Dana", text="Well done")

    assert student.get(OWN).json() == {"export": None}
    asked = student.post(OWN).json()["export"]
    assert asked["ready_at"] is None
    assert student.post(OWN).json()["export"]["id"] == asked["id"], "asking twice makes one"
    make_due()
    archive = download(student, OWN)

    assert archive.read(f"homes/{workspace}/main.py") == b"print(1)"
    assert {"what": "name", "value": student.user.name} in table(archive, "account")
    assert [it["cohort"] for it in table(archive, "cohorts")] == ["One"]
    assert [it["id"] for it in table(archive, "workspaces")] == [workspace]
    assert len(table(archive, "sessions")) == 1
    assert [it["text"] for it in table(archive, "messages")] == ["Well done"]
    assert [(it["path"], it["reason"]) for it in table(archive, "left out")] == [("big.iso", "is too large")]
    [handed_in] = table(archive, "submissions")
    assert (handed_in["assignment"], handed_in["mark"]) == ("Lesson 1", ""), "it was not returned yet"
    assert any(name.startswith("submissions/") and name.endswith("copy 1.zip") for name in archive.namelist())
    actions = [(it["by"], it["action"]) for it in table(archive, "audit log")]
    assert ("this person", "user.signed_in") in actions
    assert ("somebody else of the school", "submission.mark") in actions
    everything = b"".join(archive.read(name) for name in archive.namelist())
    for secret in (instructor.user.email, other.user.email, student.user.password, "Settle it"):
        assert secret.encode() not in everything
    assert other.get(OWN).json() == {"export": None}
    assert set(Record.objects.filter(action__startswith="user.export").values_list("action", "actor")) == {
        ("user.export_ask", student.user.email),
        ("user.export_download", student.user.email),
    }


def test_an_admin_asks_for_it_after_they_have_proved_who_they_are(signed_in, person):
    admin, student = signed_in("admin"), person()
    refused = admin.post(of(student))
    assert (refused.status_code, refused.json()["reason"]) == (403, "reauthentication_required")
    admin.post(REAUTHENTICATE, json={"password": PASSWORD})
    assert admin.post(of(student)).status_code == 200
    make_due()
    assert "README.txt" in download(admin, of(student)).namelist()


def test_nobody_gets_the_copy_of_somebody_else(signed_in, admin, person):
    student, thief, instructor = person(), signed_in(), signed_in("instructor")
    export = admin.post(of(student)).json()["export"]["id"]
    make_due()
    assert thief.get(f"{OWN}{export}/file/").status_code == 404
    for one in (thief, instructor):
        assert one.get(f"{of(student)}{export}/file/").status_code == 403
    other = person()
    assert admin.get(f"{of(other)}{export}/file/").status_code == 404, "nor under another person's name"


def test_a_copy_ends_after_a_week_and_another_may_be_asked_for_after_an_hour(signed_in):
    student = signed_in()
    first = student.post(OWN).json()["export"]["id"]
    make_due()
    soon = student.post(OWN)
    assert (soon.status_code, soon.json()["reason"]) == (409, "export_is_new")
    Export.objects.update(ready_at=timezone.now() - timedelta(hours=2))
    assert student.post(OWN).json()["export"]["id"] != first
    make_due()
    Export.objects.update(ends_at=timezone.now())
    assert student.get(OWN).json() == {"export": None}
    make_due()
    assert not ExportPiece.objects.exists()


def test_a_manager_that_does_not_answer_brings_no_half_of_a_copy(signed_in, manager):
    student = signed_in()
    workspace = student.post("/api/workspace/create/").json()["id"]
    past(manager, workspace, main_DOT_py=b"print(1)")
    student.post(OWN)
    manager.unreachable = True
    make_due()
    waiting = student.get(OWN).json()["export"]
    assert (waiting["ready_at"], waiting["failures"]) == (None, 1)
    manager.unreachable = False
    Export.objects.update(next_try_at=timezone.now())
    make_due()
    assert download(student, OWN).read(f"homes/{workspace}/main.py") == b"print(1)"


def test_a_process_that_dies_leaves_nothing_that_spoils_the_next_attempt(signed_in):
    """Also if it was only slow: what it writes after another one began is not of the copy."""
    student = signed_in()
    student.post(OWN)
    slow = exports._take()
    assert exports._take() is None, "nobody else makes it meanwhile"
    pieces = exports._Pieces(slow)
    pieces.write(b"x" * exports.PIECE_BYTES)
    Export.objects.update(next_try_at=timezone.now())
    make_due()
    with pytest.raises(exports._Overtaken):
        pieces.write(b"x" * exports.PIECE_BYTES)
    with pytest.raises(exports._Overtaken):
        exports._make(slow)
    assert "README.txt" in download(student, OWN).namelist()


def test_a_large_copy_comes_in_pieces(signed_in, manager, monkeypatch):
    monkeypatch.setattr(exports, "PIECE_BYTES", 1000)
    student = signed_in()
    workspace = student.post("/api/workspace/create/").json()["id"]
    content = bytes(range(256)) * 100
    past(manager, workspace, data=content)
    student.post(OWN)
    make_due()
    assert ExportPiece.objects.count() > 3
    assert download(student, OWN).read(f"homes/{workspace}/data") == content


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("../../etc/passwd", "homes/etc/passwd"),
        ("/etc/passwd", "homes/etc/passwd"),
        ("..\\..\\boot.ini", "homes/.._.._boot.ini"),
        ("C:\\x", "homes/C__x"),
        ("a/./b//c", "homes/a/b/c"),
        ("con/aux.txt", "homes/_con/_aux.txt"),
        ("a\0b\n\u202etxt.exe", "homes/a_b__txt.exe"),
        ("ends. ", "homes/ends"),
        ("...", "homes/_"),
        ("x" * 300, "homes/" + "x" * 120),
    ],
)
def test_no_name_leads_out_of_the_folder_a_zip_is_unpacked_into(path, name):
    assert MemberNames().name_for("homes", path) == name


def test_no_cell_is_a_formula_where_a_semicolon_ends_it(signed_in):
    """As in the Excel of many countries, which knows no quotes within a line."""
    student = signed_in()
    text = 'a;=cmd|"/c calc"!A1\n=1+1\n\t@SUM(1)'
    Message.objects.create(student=student.user, sender=text[:40], text=text)
    record("user.note", actor=student.user, target_type="user", target_id=student.user.pk, text=text)
    student.post(OWN)
    make_due()
    archive = download(student, OWN)
    for name in ("messages", "audit log"):
        written = archive.read(f"{name}.csv").decode("utf-8-sig")
        assert "calc" in written
        cells = [cell.strip('"') for line in written.splitlines() for cell in line.split(";")]
        assert not [it for it in cells if it.startswith(("=", "@", "\t"))]
    assert json.loads(archive.read("messages.json"))[0]["text"] == text


def test_who_teaches_takes_no_data_of_their_students_away(signed_in):
    instructor, student = signed_in("instructor"), signed_in()
    about = {"student": student.user.email, "mark": "17/20"}
    record("submission.mark", actor=instructor.user, target_type="assignment", target_id="a", **about)
    record("user.change", actor=instructor.user, target_type="user", target_id=student.user.pk, name="Ana López")
    record("workspace.stop", actor=instructor.user, target_type="workspace", target_id="ws-1", because="own")
    instructor.post(OWN)
    make_due()
    archive = download(instructor, OWN)
    everything = b"".join(archive.read(name) for name in archive.namelist()).decode()
    assert not [it for it in (student.user.email, "17/20", "Ana López") if it in everything]
    assert "submission.mark" in everything
    assert '"because": "own"' in archive.read("audit log.json").decode()


def test_an_address_that_is_not_proved_shows_nothing_of_whose_it_is(signed_in, person):
    student, other = signed_in(), person("instructor")
    EmailAddress.objects.create(user=student.user, email=other.email, verified=False)
    record("user.sign_in_failed", actor=None, target_type="user", target_id=other.email, seen="here")
    student.post(OWN)
    make_due()
    assert "sign_in_failed" not in download(student, OWN).read("audit log.json").decode()


def test_a_class_that_asks_at_once_does_not_fill_the_disk(signed_in, person, manager, monkeypatch):
    student = signed_in()
    workspace = student.post("/api/workspace/create/").json()["id"]
    past(manager, workspace, main_DOT_py=b"print(1)")
    monkeypatch.setattr(exports, "KEPT_BYTES_MAX", 1000)
    Export.objects.create(person=person(), ready_at=timezone.now(), size_bytes=995)
    student.post(OWN)
    make_due()
    [left] = table(download(student, OWN), "left out")
    assert (left["path"], "too many copies" in left["reason"]) == ("main.py", True)


def test_a_folder_of_names_that_become_one_takes_no_minutes():
    names, began = MemberNames(), time.process_time()
    made = {names.name_for("homes", f"{'x' * 120}{it}") for it in range(10_000)}
    assert (len(made), time.process_time() - began < 5) == (10_000, True)


def test_no_file_takes_the_place_of_another():
    names = MemberNames()
    made = [names.name_for("homes", it) for it in ("a.txt", "A.txt", "a.txt", "a (2).txt", ".rc", ".RC", "b/../a.txt")]
    assert len({it.casefold() for it in made}) == len(made)
    assert made[:2] == ["homes/a.txt", "homes/A (2).txt"]
