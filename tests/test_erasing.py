"""A person is erased on the running product: their home, its history and its snapshots are gone."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.homes import home_of
from tests.product import Product, fixed_pool
from tests.school import School, Student
from tests.waiting import until

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(400)]

SNAPSHOT_WITHIN_S = 90.0
ERASED_WITHIN_S = 120.0


@pytest.fixture
def hasty_product() -> Iterator[Product]:
    """Erasures have no grace here."""
    running = Product({"APRANOVA_ERASE_GRACE_DAYS": "0", **fixed_pool(0)})
    try:
        running.start()
        yield running
        assert running.stop() == 0
    finally:
        running.remove()


def test_nothing_of_a_home_is_left_on_the_disk_and_nothing_of_anothers_is_lost(hasty_product: Product) -> None:
    school = School(hasty_product)
    gone, other, admin = (school.demo_student(it) for it in ("chloe", "ben", "admin"))
    theirs = _work(hasty_product, gone)
    kept = _work(hasty_product, other)
    person = gone.http.get("/api/me/").json()

    password = hasty_product.accounts()["admin"].password
    assert admin.post("/api/auth/browser/v1/auth/reauthenticate", {"password": password}).status_code == 200
    asked = admin.post(f"/api/console/people/{person['id']}/erase/", {"name": person["name"]})
    assert asked.status_code == 200, asked.text
    query = {"q": person["email"]}
    until(
        lambda: admin.http.get("/api/console/people/", params=query).json()["total"] == 0,
        lambda: admin.http.get("/api/console/people/", params=query).text + hasty_product.logs(),
        within_s=ERASED_WITHIN_S,
    )
    assert _traces(hasty_product, theirs.name) == []
    assert (kept / "project/README.md").exists()
    assert len(_traces(hasty_product, kept.name)) >= 3, "home, card and snapshots"
    assert gone.http.get("/api/me/").status_code == 401
    assert person["email"] not in json.dumps(admin.http.get("/api/costs/").json())


def _work(product: Product, student: Student) -> Path:
    """Launch and stop; returns the home, of which there is a snapshot then."""
    workspace = student.launch().workspace_id
    home = home_of(product, workspace)
    student.stop()
    snapshots = product.home / "h/snapshots" / home.name / "snapshots"
    until(lambda: snapshots.is_dir() and any(snapshots.iterdir()), product.logs, within_s=SNAPSHOT_WITHIN_S)
    return home


def _traces(product: Product, home_id: str) -> list[Path]:
    folders = (product.home / "h/data/homes", product.home / "h/snapshots")
    return [path for folder in folders for path in folder.iterdir() if home_id in path.name]
