"""docs/roles.md is true: each operation of the API is tried as each of the people in its table."""

from __future__ import annotations

import fnmatch
import json
import re
from pathlib import Path

import hypothesis
import pytest
import schemathesis
from schemathesis import GenerationMode

from backend.assignments.checking import check_due
from backend.assignments.collecting import collect_due
from backend.assignments.tests.test_assignments import create
from backend.assignments.tests.test_collecting import copy_of
from backend.config.management.commands.export_openapi import PATH
from backend.tests.test_any_input import ENDLESS, SETTINGS, STREAMS, send_case
from contract.manager import SnapshotView

EXAMPLES = 3
REFUSED = {401, 403, 404}
BADLY_PUT = 422
"""A made-up body may break a rule that no schema tells; who asked is looked at later."""
KNOWN = {"cohort_id", "workspace_id", "student_id", "assignment_id", "number", "invitation_id", "link_id"}
"""The parameters of a path for which there is something; any other leads to a 404."""

BELIEVABLE = {"name": "Two", "time_zone": "Europe/Berlin", "title": "Loops", "file_name": "a.ics"}
BELIEVABLE |= {"text": "Five more minutes", "student_id": None, "command": "true", "expected": ""}
BELIEVABLE |= {"snapshot": "a" * 64}
"""Values of bodies, where rules that no schema tells would refuse most of what is made up."""


def _table():
    text, _, _ = (Path(__file__).parents[2] / "docs/roles.md").read_text().partition("\n## ")
    head, _, *rows = [
        [cell.strip() for cell in line[1:-1].split("|")] for line in re.findall(r"^\|.*\|$", text, re.MULTILINE)
    ]
    return head[2:], [(what, re.findall(r"`(.+?)`", operations), answers) for what, operations, *answers in rows]


PEOPLE, ROWS = _table()


def _operations():
    """By their row of the table, what deletes last; at None those without a row."""
    schema = schemathesis.openapi.from_dict(json.loads(PATH.read_text()))
    schema.config.generation.update(modes=[GenerationMode.POSITIVE])
    by_row = {}
    for operation in sorted((it.ok() for it in schema.get_all_operations()), key=lambda it: it.method == "delete"):
        by_row.setdefault(_row_of(f"{operation.method.upper()} {operation.path}"), []).append(operation)
    return by_row


def _row_of(name):
    for number, (_, patterns, _) in enumerate(ROWS):
        if any(fnmatch.fnmatchcase(name, it.replace("…", "*")) for it in patterns):
            return number
    return None


OPERATIONS = _operations()


@pytest.fixture
def school(signed_in, browser, manager):
    """A cohort with its instructor, its student, who has a workspace and handed something in, and
    everybody else."""
    admin, instructor, student = signed_in("admin"), signed_in("instructor"), signed_in()
    body = {"name": "One", "track": "FSD", "time_zone": "Europe/Berlin", "choice_up_to": "large"}
    cohort = instructor.post("/api/cohorts/", json=body).json()["id"]
    assert instructor.put(f"/api/cohorts/{cohort}/members/{student.user.pk}/").status_code == 200
    workspace = student.post("/api/workspace/create/").json()["id"]
    assignment = create((instructor, cohort)).json()["id"]
    manager.homes[workspace] = copy_of()
    manager.snapshots[workspace] = [SnapshotView(BELIEVABLE["snapshot"], 1_780_000_000.0)]
    check = {"command": "true", "time_limit_s": 5, "students_see": "output"}
    assert instructor.put(f"/api/cohorts/{cohort}/assignments/{assignment}/check/", json=check).status_code == 200
    instructor.post(f"/api/cohorts/{cohort}/assignments/{assignment}/submissions/collect/", json={})
    collect_due()
    check_due()
    handed_in = f"/api/cohorts/{cohort}/assignments/{assignment}/submissions/{student.user.pk}/"
    files = {"files": [{"name": "notes.md", "content": "MQ=="}]}
    assert instructor.put(f"{handed_in}files/", json=files).status_code == 204
    assert instructor.post(f"{handed_in}return/", json={}).status_code == 204
    invited = {"email": "new@school.example", "role": "student", "track": "FSD", "cohort_id": cohort}
    instructor.post("/api/invitations/", json=invited)
    instructor.post(f"/api/cohorts/{cohort}/join-links/", json={"hours": 1, "places": 5})
    invitation, link = (
        instructor.get(f"/api/cohorts/{cohort}/{what}/").json()["items"][0]["id"]
        for what in ("invitations", "join-links")
    )
    assistant = signed_in("assistant")
    teaching = {"instructor_ids": [str(it.user.pk) for it in (instructor, assistant)]}
    assert admin.put(f"/api/cohorts/{cohort}/instructors/", json=teaching).status_code == 200
    visitor = browser()
    visitor.get("/api/auth/browser/v1/config")
    everybody = (visitor, student, signed_in(), instructor, signed_in("instructor"), assistant, admin)
    there = {"cohort_id": cohort, "workspace_id": workspace, "student_id": str(student.user.pk)}
    there |= {"assignment_id": assignment, "number": 1, "invitation_id": invitation, "link_id": link}
    return dict(zip(PEOPLE, everybody, strict=True)), there


def test_every_operation_has_a_row_and_every_row_an_operation():
    assert [it.path for it in OPERATIONS.get(None, [])] == []
    assert OPERATIONS.keys() == set(range(len(ROWS)))


@pytest.mark.parametrize("row", range(len(ROWS)), ids=[what for what, _, _ in ROWS])
def test_the_table_of_roles_is_what_the_api_does(row, school):
    people, there = school
    may = dict(zip(PEOPLE, ROWS[row][2], strict=True))
    for operation in OPERATIONS[row]:
        # Who is refused comes first: the others may delete what is asked for.
        for person in sorted(people, key=lambda it: may[it] == "yes"):
            if may[person] == "yes" and operation.path in {*STREAMS, *ENDLESS}:
                continue  # the answer would not end
            answers = _tried(operation, people[person], there)
            told = f"{person}: {operation.method.upper()} {operation.path}: {answers}"
            if may[person] == "no":
                assert answers <= REFUSED | {BADLY_PUT}, told
                assert answers & REFUSED, told
            else:
                others = set(re.findall(r"\{(\w+)\}", operation.path)) - KNOWN
                may_be_missing = bool(others) or operation.method == "delete"
                assert answers - (REFUSED - ({404} if may_be_missing else set())), told


def _tried(operation, browser, there):
    answers = set()

    @hypothesis.settings(max_examples=EXAMPLES, **SETTINGS)
    @hypothesis.given(case=operation.as_strategy())
    def send(case):
        for name in there.keys() & (case.path_parameters or {}).keys():
            case.path_parameters[name] = there[name]
        if "path" in (case.query or {}):
            case.query["path"] = "main.py"
        if isinstance(case.body, dict):
            case.body.update({name: BELIEVABLE[name] for name in BELIEVABLE.keys() & case.body.keys()})
        answers.add(send_case(browser, case).status_code)

    send()
    return answers
