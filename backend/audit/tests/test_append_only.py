from __future__ import annotations

import pytest
from django.db import ProgrammingError, connection, transaction

from backend.audit.models import Record
from backend.audit.record import record

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_record SET action = 'nothing.happened'",
        "UPDATE audit_record SET action = action",
        "DELETE FROM audit_record",
        "TRUNCATE audit_record",
        "TRUNCATE audit_record CASCADE",
        "INSERT INTO audit_record SELECT * FROM audit_record ON CONFLICT (id) DO UPDATE SET action = 'x'",
    ],
)
def test_postgresql_refuses_to_change_history(statement):
    record("user.create", actor=None, target_type="user", target_id="x")
    with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert Record.objects.get().action == "user.create"


def test_the_orm_cannot_either():
    kept = record("user.create", actor=None, target_type="user", target_id="x")
    kept.action = "other"
    for change in (kept.save, kept.delete, Record.objects.all().delete):
        with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic():
            change()


def test_a_record_goes_with_the_change_that_failed():
    with transaction.atomic():
        record("user.create", actor=None, target_type="user", target_id="x")
        transaction.set_rollback(True)
    assert not Record.objects.exists()


def test_what_strangers_type_fits_into_a_record():
    kept = record("user.sign_in_failed", actor=None, target_type="user", target_id="\0" + "x" * 5000)
    assert len(kept.target_id) == 254
