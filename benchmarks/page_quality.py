"""Lighthouse's scores of the sign-in page and of a student's dashboard, on a phone and a desktop.

Debian's Chromium and a product of its own. As a phone Lighthouse works out what a slow network and
a processor four times slower would make of it; that is its default, and the harder one.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import charts
from benchmarks.measure import Findings, Measure, Target
from single_machine.portal_build import node_binary, node_environment
from tests.npm_packages import installed
from tests.product import fixed_pool
from tests.school import School, Student, running_school

PAGES = ("signin", "dashboard")
FORMS = ("phone", "desktop")
CATEGORIES = {
    "accessibility": Target("max", 0.0),
    "best-practices": Target("max", 0.0),
    "performance": Target("median", 5.0),
}
_RUN_WITHIN_S = 300
_INSTALL_WITHIN_S = 600
_PACKAGES = Path(__file__).parent / "lighthouse"


def run(*, quick: bool) -> Findings:
    below: dict[tuple[str, str, str], list[float]] = {}
    failed: dict[str, set[str]] = {}
    with running_school(fixed_pool(0)) as school, tempfile.TemporaryDirectory() as name:
        lighthouse = installed(_PACKAGES, _INSTALL_WITHIN_S) / "node_modules/lighthouse/cli/index.js"
        headers = Path(name) / "headers.json"
        headers.write_text(json.dumps({"Cookie": _signed_in(school)}))
        for page in PAGES:
            for form in FORMS:
                for _ in range(1 if quick else 5):
                    url = f"{school.product.url}/{page}"
                    found = _audit(lighthouse, url, form, headers if page == "dashboard" else None, Path(name))
                    for category in CATEGORIES:
                        points = 100 * (found["categories"][category]["score"] or 0)
                        below.setdefault((category, page, form), []).append(round(100 - points, 1))
                    failed.setdefault(f"{page}, {form}", set()).update(_failed(found))
    measures = [
        Measure(f"{category}, {page}, {form}", "points below 100", samples, CATEGORIES[category])
        for (category, page, form), samples in below.items()
    ]
    details = {where: sorted(what) for where, what in failed.items()}
    return Findings("Lighthouse: sign-in and dashboard", measures, details=details)


def plot(findings: Findings, path: Path) -> None:
    with charts.figure(path, findings.title, rows=len(CATEGORIES), height=2.6) as panels:
        for axes, category in zip(panels, CATEGORIES, strict=True):
            chosen = [measure for measure in findings.measures if measure.name.startswith(category)]
            charts.dots(axes, chosen, category, "points below 100")


def _signed_in(school: School) -> str:
    student: Student = school.demo_student("amira")
    return "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in student.cookies())


def _audit(lighthouse: Path, url: str, form: str, headers: Path | None, folder: Path) -> dict[str, Any]:
    """Lighthouse's report. Raises CalledProcessError when it could not look three times."""
    flags = ["--headless=new", "--disable-gpu", *([] if os.getuid() else ["--no-sandbox"])]
    report = folder / "report.json"
    command = [
        str(node_binary()), str(lighthouse), url, "--quiet", "--output=json", f"--output-path={report}",
        f"--only-categories={','.join(CATEGORIES)}", f"--chrome-flags={' '.join(flags)}",
    ]  # fmt: skip
    command += ["--preset=desktop"] if form == "desktop" else []
    command += [f"--extra-headers={headers}"] if headers else []
    environment = {**node_environment(), "CHROME_PATH": shutil.which("chromium") or "chromium"}
    for last in (False, False, True):  # Chromium's trace of a page can lack its beginning (NO_NAVSTART)
        ended = subprocess.run(command, env=environment, check=last, timeout=_RUN_WITHIN_S, stdin=subprocess.DEVNULL)
        if ended.returncode == 0:
            break
    found: dict[str, Any] = json.loads(report.read_text())
    if found["finalDisplayedUrl"].partition("?")[0] != url:
        raise RuntimeError(f"Lighthouse was led to {found['finalDisplayedUrl']}")
    return found


def _failed(found: dict[str, Any]) -> Iterator[str]:
    """What costs points: '<category>: <audit>, <what was seen>'."""
    for category in CATEGORIES:
        for reference in found["categories"][category]["auditRefs"]:
            audit = found["audits"][reference["id"]]
            if reference["weight"] and audit["score"] is not None and audit["score"] < 0.9:
                yield f"{category}: {audit['title']}, {audit.get('displayValue') or _first(audit)}"


def _first(audit: dict[str, Any]) -> str:
    items = (audit.get("details") or {}).get("items") or [{}]
    return json.dumps(items[0])[:300]
