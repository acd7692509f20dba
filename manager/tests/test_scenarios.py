"""Bugs that the fault machine found, each under its own name."""

from __future__ import annotations

from dataclasses import replace

from contract.names import WorkspaceState
from manager.tests.faults import Faults, Faulty
from manager.tests.school import ANNA, School
from manager.use_cases.launch import launch
from manager.use_cases.stop import restart, stop
from manager.use_cases.world import InFlight


def test_a_restart_that_another_managers_stop_overtakes_between_two_reads_is_tried_again() -> None:
    """The workspace was read RUNNING, its task, read later, was STOPPING already: that is a conflict, not a bug."""
    school = School()
    school.enrol(ANNA)
    launch(school.world, ANNA)
    school.settle()
    faults = Faults()
    hindered = replace(school.world, store=Faulty("store", school.store, faults), in_flight=InFlight())
    faults.plan(2, lambda _port: stop(school.world, ANNA) and None)
    assert restart(hindered, ANNA).state is WorkspaceState.STOPPING
    school.settle()
    assert school.workspace().state is WorkspaceState.RUNNING
