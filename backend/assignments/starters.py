"""The starter of a cohort: what instructors do with it, and how far it is."""

from __future__ import annotations

import functools
import io
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from backend.accounts.models import User
from backend.assignments.delivery import worker
from backend.assignments.models import Bundle, Starter, StarterDelivery
from backend.assignments.services import drop_unused_bundles, no_project, stored
from backend.assignments.uploads import make_bundle
from backend.audit.record import record
from backend.cohorts.models import Cohort
from contract.hand_out_files import read_files
from contract.names import WorkspaceKind

PATHS_MAX = 20


@dataclass(frozen=True)
class StarterCounts:
    """Workspaces of the cohort's students."""

    given: int
    skipped: int
    """Had files of their student when the starter came."""
    failed: int


def find_starter(cohort: Cohort) -> Starter | None:
    """Without the files themselves."""
    return Starter.objects.filter(cohort=cohort).select_related("bundle").defer("bundle__content").first()


def first_paths(bundle: Bundle) -> list[str]:
    """The first `PATHS_MAX`; none of a bundle that has just been deleted."""
    try:
        return list(_first_paths(bundle.sha256))
    except Bundle.DoesNotExist:
        return []


@functools.lru_cache(maxsize=256)
def _first_paths(sha256: str) -> tuple[str, ...]:
    """A bundle never changes, and each look at a cohort's page asks."""
    content = bytes(Bundle.objects.get(pk=sha256).content)
    return tuple(file.path for file in read_files(io.BytesIO(content))[:PATHS_MAX])


def count_homes(cohort: Cohort) -> StarterCounts:
    rows = StarterDelivery.objects.filter(
        workspace__owner__membership__cohort=cohort,
        workspace__owner__is_active=True,
        workspace__deleted_at__isnull=True,
    )
    found = rows.aggregate(
        given=Count("pk", filter=Q(version__gt=0, handed_out_at__isnull=False)),
        skipped=Count("pk", filter=Q(version__gt=0, handed_out_at__isnull=True)),
        failed=Count("pk", filter=Q(version=0) & ~Q(failure="")),
    )
    return StarterCounts(**found)


def set_starter(cohort: Cohort, upload: bytes, *, acting_user: User) -> None:
    """Homes that have had a starter, or have files of their student, get nothing of it."""
    if cohort.kind is not WorkspaceKind.VSCODE:
        raise no_project(cohort, "A starter is files of a project")
    bundle = make_bundle(upload)
    with transaction.atomic():
        values = {"bundle": stored(bundle), "set_at": timezone.now()}
        Starter.objects.update_or_create(cohort=cohort, defaults=values)
        _note("starter.set", cohort, acting_user, files=bundle.sha256)
        drop_unused_bundles()
        transaction.on_commit(worker.wake)


def remove_starter(cohort: Cohort, *, acting_user: User) -> None:
    """What homes have stays there. Without one it changes nothing."""
    with transaction.atomic():
        removed, _ = Starter.objects.filter(cohort=cohort).delete()
        if removed:
            _note("starter.remove", cohort, acting_user)
            drop_unused_bundles()


def _note(action: str, cohort: Cohort, acting_user: User, **details: str) -> None:
    about = {"target_type": "cohort", "target_id": cohort.pk, "cohort": cohort.name}
    record(action, actor=acting_user, **about, **details)
