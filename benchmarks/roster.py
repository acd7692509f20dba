"""A list of 2,000 people: how long its preview and its import take, through the API.

A running school, whose admin sends the list as the portal does: a CSV file as Excel writes it, with
semicolons, and twelve lines that are no use. The school has no mail server: mails leave in the
background, after the answer.
"""

from __future__ import annotations

import base64
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil

from benchmarks import charts
from benchmarks.measure import Findings, Measure, Target
from tests.product import SOURCE, fixed_pool
from tests.school import School, Student, Unexpected, running_school

LINES, BAD = 2_000, 12
ROUNDS = 5
WITHIN = Target("max", 10.0)


def run(*, quick: bool) -> Findings:
    with running_school(fixed_pool(0)) as school:
        account = school.product.accounts()["admin"]
        admin = Student(school.product.url)
        admin.sign_in(account.email, account.password)
        admin.http.timeout = 120.0
        rounds = [_Round(school, admin, number) for number in range(1 if quick else ROUNDS)]
        took = [it.run() for it in rounds]
    measures = [Measure(name, "s", [one[name] for one in took], WITHIN) for name in took[0]]
    return Findings(f"A list of {LINES:,} lines, of which {BAD} are no use", measures)


def plot(findings: Findings, path: Path) -> None:
    with charts.figure(path, findings.title, rows=1) as (axes,):
        charts.dots(axes, list(findings.measures), "How long the answer took", "seconds")


class _Round:
    """One round with addresses and cohorts of its own."""

    def __init__(self, school: School, admin: Student, number: int) -> None:
        self._school, self._admin, self._number = school, admin, number

    def run(self) -> dict[str, float]:
        good = LINES - BAD
        new, known = self._list("new"), self._list("known")
        self._create_accounts("known")
        first, second = (self._admin.add_cohort(f"Roster {self._number} {name}", "FSD") for name in "AB")
        return {
            "preview, nobody has an account": self._ask(first, "preview/", new, invite=good),
            "import, all are invited": self._ask(first, "", new, invite=good),
            "import of the same list again": self._ask(first, "", new, invited=good),
            "preview, all have an account": self._ask(second, "preview/", known, join=good),
            "import, all join": self._ask(second, "", known, join=good),
            "import, all move to another cohort": self._ask(self._third(), "", known, move=good),
        }

    def _third(self) -> str:
        return self._admin.add_cohort(f"Roster {self._number} C", "FSD")

    def _list(self, who: str) -> str:
        good = (f"{who}{self._number}-{place}@roster.example" for place in range(LINES - BAD))
        bad = (f"{who}{self._number}-{place} at roster.example" for place in range(BAD))
        lines = [f"Person {place:04};{address}" for place, address in enumerate((*good, *bad))]
        text = "\r\n".join(["Name;Email", *lines])
        return base64.b64encode(text.encode("utf-8-sig")).decode()

    def _create_accounts(self, who: str) -> None:
        environment = psutil.Process(self._school.product.pids()["backend"]).environ()
        environment["DJANGO_SETTINGS_MODULE"] = "backend.config.settings"
        arguments = (f"{who}{self._number}", str(LINES - BAD))
        subprocess.run(
            [sys.executable, "-m", "benchmarks.roster_people", *arguments], env=environment, cwd=SOURCE, check=True
        )

    def _ask(self, cohort: str, what: str, file: str, **expected: int) -> float:
        began = time.perf_counter()
        answer = self._admin.post(f"/api/cohorts/{cohort}/roster/{what}", {"file": file})
        took = time.perf_counter() - began
        lines: list[dict[str, Any]] = answer.json().get("lines", [])
        counts = {name: sum(line["outcome"] == name for line in lines) for name in (*expected, "refused")}
        if counts != {**expected, "refused": BAD}:
            raise Unexpected(f"{answer.status_code}: {counts}: {answer.text[:300]}")
        return took
