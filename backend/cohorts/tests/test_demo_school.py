from __future__ import annotations

import stat

from django.core.management import call_command

from backend.accounts.models import User
from backend.audit.models import Record
from backend.cohorts.models import Cohort
from backend.cohorts.readings import coming_classes


def test_the_demo_school_is_seeded_once_and_its_passwords_work(browser, tmp_path):
    path = tmp_path / "demo-accounts.txt"
    call_command("prepare", demo_accounts=path)
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(User.objects.values_list("role", "track")) == sorted(
        [("admin", None), ("instructor", None), *[("student", "FSD")] * 3, *[("student", "DP")] * 2]
    )
    assert Record.objects.filter(action="user.create").count() == len(lines) == 7
    cohorts = {it.name: it for it in Cohort.objects.all()}
    assert {name: it.memberships.count() for name, it in cohorts.items()} == {"Berlin-3": 3, "Lisbon-1": 2}
    assert all(coming_classes(it) for it in cohorts.values())
    for line in lines:
        email, password = line.split()[:2]
        assert browser().sign_in(email, password).status_code == 200

    before = path.read_text()
    call_command("prepare", demo_accounts=path)
    assert path.read_text() == before
    assert User.objects.count() == 7
    assert Cohort.objects.count() == 2


def test_somebody_who_was_removed_comes_back_with_a_new_password(transactional_db, tmp_path):
    path = tmp_path / "demo-accounts.txt"
    call_command("prepare", demo_accounts=path)
    User.objects.get(email="ben@demo.school.example").delete()
    call_command("prepare", demo_accounts=path)
    assert path.read_text().count("ben@demo.school.example") == 2
    assert path.read_text().count("amira@demo.school.example") == 1
