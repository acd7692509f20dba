from __future__ import annotations

import csv
import io
import json
import re
import time
from pathlib import Path

import pytest
from django.core.management import call_command

import backend
from backend.audit.models import Record
from backend.audit.record import record
from backend.console.sentences import DEEDS, sentence

ALL = "/api/console/audit/"


@pytest.fixture
def admin(signed_in):
    return signed_in("admin")


def _sentences(answer):
    assert answer.status_code == 200, answer.text
    return [it["sentence"] for it in answer.json()["items"]]


def test_records_are_sentences_with_names(admin, signed_in):
    student = signed_in()
    workspace = student.post("/api/workspace/create/").json()["id"]
    admin.post(f"/api/console/workspaces/{workspace}/stop/")
    admin.post(f"/api/console/people/{student.user.pk}/deactivate/")
    told = _sentences(admin.get(ALL, params={"person": admin.user.email}))
    name, whose = admin.user.name, student.user.name
    assert told[:2] == [
        f"{name} changed the account of {whose}: is active from yes to no",
        f"{name} stopped {whose}'s VS Code",
    ]
    assert f"{name} signed in" in told


def test_a_restore_on_the_server_names_who_ran_it(admin, signed_in):
    workspace = signed_in().post("/api/workspace/create/").json()["id"]
    call_command("record_restore", workspace, "3fa9", "2026-09-21T14:13+00:00", "olga")
    [told] = _sentences(admin.get(ALL, params={"action": "workspace.restore_on_server"}))
    assert told.startswith("The platform asked to bring all files of ")
    assert told.endswith(" back to the snapshot of 2026-09-21T14:13+00:00: olga, on the server")


def test_the_trail_is_filtered_by_person_action_and_time(admin, signed_in):
    student = signed_in()
    workspace = student.post("/api/workspace/create/").json()["id"]
    admin.post(f"/api/console/workspaces/{workspace}/restart/")
    of_student = _sentences(admin.get(ALL, params={"person": student.user.name}))
    assert f"{admin.user.name} restarted {student.user.name}'s VS Code" in of_student, "also what others did to them"
    assert f"{admin.user.name} signed in" not in of_student
    assert all("signed in" in it for it in _sentences(admin.get(ALL, params={"action": "user.signed_in"})))
    assert _sentences(admin.get(ALL, params={"since": "2099-01-01T00:00:00Z"})) == []
    assert _sentences(admin.get(ALL, params={"until": "2020-01-01T00:00:00"})) == []


@pytest.mark.parametrize(
    "moment", ["0019-04-02T07:11:45.61+20:41", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"]
)
def test_a_moment_of_an_odd_zone_is_a_moment(admin, moment):
    """PostgreSQL refuses offsets of 16 hours and more."""
    for field in ("since", "until"):
        assert admin.get(ALL, params={field: moment}).status_code == 200


def test_a_long_trail_comes_page_by_page(admin):
    for number in range(120):
        record("help.ask", actor=None, target_type="user", target_id=number)
    seen, before = [], None
    while True:
        answer = admin.get(ALL, params={"action": "help.ask"} | ({"before": before} if before else {})).json()
        seen += [it["target"] for it in answer["items"]]
        if (before := answer["more_before"]) is None:
            break
    assert seen == [f"user {number}" for number in reversed(range(120))]


def test_the_export_holds_everything_and_no_formula(admin, monkeypatch):
    monkeypatch.setattr("backend.console.audit_trail.EXPORTED_AT_ONCE", 7)
    for number in range(20):
        record("user.sign_in_failed", actor=None, target_type="user", target_id=f"=cmd|{number};=1+1")
    only = {"action": "user.sign_in_failed"}
    answer = admin.get(f"{ALL}export.csv", params=only)
    assert answer.headers["content-disposition"] == 'attachment; filename="audit.csv"'
    head, *rows = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))
    assert head == ["At", "Who", "What", "Action", "On", "Address", "Details"]
    assert len(rows) == 20
    assert not [cell for row in rows for cell in row if cell.startswith("=") or ";" in cell]
    lines = [json.loads(line) for line in admin.get(f"{ALL}export.jsonl", params=only).text.splitlines()]
    assert [it["target"] for it in lines] == [f"user =cmd|{number};=1+1" for number in reversed(range(20))]
    assert admin.get(f"{ALL}export.html").status_code == 422


def test_the_export_is_for_admins_alone(signed_in):
    assert signed_in("instructor").get(f"{ALL}export.csv").status_code == 403


def test_every_action_in_the_source_has_words():
    """A new one would be told by its technical name."""
    folder = Path(backend.__file__).parent
    sources = [it for it in folder.rglob("*.py") if not {"tests", "console"} & set(it.relative_to(folder).parts)]
    kinds = "|".join(sorted({action.partition(".")[0] for action in DEEDS}))
    # Of a known kind wherever they stand; of a new one where a record is written.
    actions = re.compile(rf'"((?:{kinds})\.[a-z_]+)"|(?:record|record_all)\(\s*"([a-z_]+\.[a-z_]+)"')
    told = [match for it in sources for match in actions.findall(it.read_text(encoding="utf-8"))]
    found = {known or new for known, new in told}
    assert len(found) > 40
    assert {it for it in found if it.removesuffix("_failed") not in DEEDS and it not in DEEDS} == set()


def test_help_messages_and_what_was_brought_back_are_told():
    """Each with the details that its record holds."""
    held = [
        ("help.visit", "workspace", "ws-x", {"mode": "join", "because": "call"}, "came into Ben's VS Code to help"),
        (
            "help.visit_end", "workspace", "ws-x", {"visitor": "a@x", "because": "the call for help ended"},
            "ended the visit of a@x in Ben's VS Code: the call for help ended",
        ),
        (
            "message.send", "cohort", "7", {"cohort": "Berlin-3", "text": "Hello {all}", "reached": 12},
            "wrote to students in the cohort Berlin-3: 12 reached",
        ),
        (
            "history.put_back", "workspace", "ws-x", {"checkpoint": "c", "path": "{a}/b.txt"},
            "brought back {a}/b.txt in Ben's VS Code from an earlier state",
        ),
        (
            "history.put_back_failed", "workspace", "ws-x", {"checkpoint": "c", "reason": "busy"},
            "tried to bring back files in Ben's VS Code and failed",
        ),
        ("user.provider_linked", "user", "u", {"provider": "github"}, "linked a sign-in by github"),
    ]  # fmt: skip
    for action, target_type, target_id, details, words in held:
        row = Record(action=action, actor="a@x", target_type=target_type, target_id=target_id, details=details)
        assert sentence(row, {"ws-x": "Ben's VS Code"}) == f"a@x {words}"


def test_whatever_a_record_holds_becomes_a_sentence():
    odd = Record(action="workspace.share", target_type="workspace", target_id="ws-x", details={"changes": [1]})
    assert sentence(odd, {}) == "The platform shared port ? of ws-x"
    failed = Record(action="workspace.stop_failed", actor="a@x", target_type="workspace", target_id="ws-x", details={})
    assert sentence(failed, {"ws-x": "Ben's VS Code"}) == "a@x stopped Ben's VS Code, which failed"
    unknown = Record(action="moon.land", actor="a@x", target_type="moon", target_id="1", details={})
    assert sentence(unknown, {}) == "a@x: moon.land of 1"


def test_a_page_is_quick_in_a_trail_of_fifty_thousand(admin, person):
    student = person()
    Record.objects.bulk_create(
        Record(
            action="workspace.launch", actor="x@x.example", target_type="user", target_id=str(number), details={"n": 1}
        )
        for number in range(50_000)
    )
    record("user.change", actor=admin.user, target_type="user", target_id=student.pk)
    for query, count in (({}, 50), ({"person": student.email}, 2), ({"action": "workspace."}, 50)):
        spent = []
        for _ in range(3):
            begin = time.process_time()
            assert len(_sentences(admin.get(ALL, params=query))) == count
            spent.append(time.process_time() - begin)
        assert sorted(spent)[1] <= 0.2, query
