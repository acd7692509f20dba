"""How much runs, how much more could, and what the next classes will need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connections
from django.db.models import Count, Q
from django.utils import timezone

from backend.cohorts.models import Cohort, Membership
from backend.cohorts.readings import stored_classes
from backend.cohorts.sizes import size_in
from backend.console.schemas import (
    CapacityOut,
    DiskRoomOut,
    MachineOut,
    NamedOut,
    NeedOut,
    PoolOut,
    SessionsOut,
    SizeNeedOut,
)
from backend.costs.models import Session
from backend.workspaces.manager_client import manager_client
from contract.manager import CapacityAnswer, MachineView, SizeView
from contract.names import WorkspaceSize, WorkspaceState

AHEAD = timedelta(days=7)
NEEDS_SHOWN = 10
REASONS_SHOWN = 12


@dataclass(frozen=True)
class Class:
    """One class, and how many of each size its students would launch."""

    cohort: Cohort
    starts_at: datetime
    ends_at: datetime
    sizes: Mapping[WorkspaceSize | None, int]
    """None: the school's default."""


def current() -> CapacityOut:
    """Raises ApraNovaError when the manager does not answer."""
    classes, sessions = _classes(timezone.now()), _open_sessions()
    connections.close_all()
    found = manager_client().capacity()
    needs = list(_needs(classes, found))
    return CapacityOut(
        sessions=_sessions(found.machine, sessions),
        memory_taken_mib=found.memory_taken_mib,
        memory_max_mib=found.memory_max_mib,
        tasks_max=found.tasks_max,
        machine=None if found.machine is None else _machine(found.machine),
        pool=_pool(found),
        needs=needs[:NEEDS_SHOWN],
        more_needs=max(0, len(needs) - NEEDS_SHOWN),
        largest=max(needs, key=lambda it: it.memory_mib, default=None),
    )


def _classes(now: datetime) -> list[Class]:
    """Those of the next days, and those that are on; the next one first."""
    cohorts = {it.pk: it for it in Cohort.objects.filter(active=True).select_related("timetable")}
    sizes: dict[Any, Counter[WorkspaceSize | None]] = {pk: Counter() for pk in cohorts}
    places = Membership.objects.filter(cohort__in=cohorts, student__is_active=True).order_by()
    for pk, own, count in places.values_list("cohort", "size").annotate(count=Count("pk")):
        sizes[pk][size_in(cohorts[pk], own)] += count
    found = [
        Class(cohort, meeting.starts_at, meeting.ends_at, sizes[pk])
        for pk, cohort in cohorts.items()
        if sizes[pk] and (timetable := getattr(cohort, "timetable", None)) is not None
        for meeting in stored_classes(timetable)
        if meeting.ends_at > now and meeting.starts_at < now + AHEAD
    ]
    return sorted(found, key=lambda it: (it.starts_at, it.cohort.name))


def _needs(classes: Sequence[Class], found: CapacityAnswer) -> Iterator[NeedOut]:
    """At each moment when a class begins, everybody whose class is on then; nobody twice."""
    sizes = {it.size: it for it in found.sizes}
    default = next((it for it in found.sizes if it.is_default), None)
    if default is None:
        return
    for at in dict.fromkeys(it.starts_at for it in classes):
        on = {it.cohort.pk: it for it in classes if it.starts_at <= at < it.ends_at}
        wanted: Counter[WorkspaceSize] = Counter()
        for one in on.values():
            for size, count in one.sizes.items():
                wanted[size or default.size] += count
        yield _need(at, list(on.values()), wanted, sizes, found)


def _need(
    at: datetime,
    on: list[Class],
    wanted: Counter[WorkspaceSize],
    sizes: Mapping[WorkspaceSize, SizeView],
    found: CapacityAnswer,
) -> NeedOut:
    listed = [
        SizeNeedOut(size=size, memory_mib=it.memory_mib, workspaces=wanted[size])
        for size, it in sizes.items()
        if wanted[size]
    ]
    memory_mib = sum(it.memory_mib * it.workspaces for it in listed)
    too_much = found.memory_max_mib is not None and memory_mib > found.memory_max_mib
    too_many = found.tasks_max is not None and wanted.total() > found.tasks_max
    cohorts = [NamedOut(id=it.cohort.pk, name=it.cohort.name) for it in on]
    return NeedOut(at=at, cohorts=cohorts, sizes=listed, memory_mib=memory_mib, fits=not (too_much or too_many))


def _open_sessions() -> tuple[int, int]:
    """Running and starting, as the backend last saw them."""
    up = Session.objects.filter(ended_at=None).aggregate(
        running=Count("pk", filter=Q(running_at__isnull=False)), all=Count("pk")
    )
    return up["running"], up["all"] - up["running"]


def _sessions(machine: MachineView | None, seen: tuple[int, int]) -> SessionsOut:
    """The manager's own count, where reading all states is cheap."""
    if machine is None:
        running, starting = seen
        return SessionsOut(running=running, starting=starting, stopping=0)
    running, starting, stopping = (
        machine.states.get(state, 0)
        for state in (WorkspaceState.RUNNING, WorkspaceState.STARTING, WorkspaceState.STOPPING)
    )
    return SessionsOut(running=running, starting=starting, stopping=stopping)


def _machine(machine: MachineView) -> MachineOut:
    return MachineOut(
        memory_bytes=machine.memory_bytes,
        memory_free_bytes=machine.memory_free_bytes,
        cpus=machine.cpus,
        load=machine.load,
        workspaces_bytes=machine.workspaces_bytes,
        disks=[DiskRoomOut.model_validate(vars(it)) for it in machine.disks],
    )


def _pool(found: CapacityAnswer) -> PoolOut | None:
    if found.pool is None:
        return None
    return PoolOut(
        policy=found.pool.policy,
        ready=sum(found.ready.values()),
        target=sum(found.pool.targets.values()),
        reasons=list(found.pool.decisions[:REASONS_SHOWN]),
        spent_h=found.pool.spent_h,
    )
