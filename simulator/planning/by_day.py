"""A run folded into one ordinary weekday of the school's time zone, for the plots."""

from __future__ import annotations

import datetime as dt
import zoneinfo

from contract.names import LaunchPath
from simulator.planning.launches import PATHS
from simulator.planning.result import DAY_S, STEP_S, Result, nearest_rank

BIN_S = 900.0
BINS = int(DAY_S / BIN_S)
_SATURDAY = 5
_EXISTING = PATHS.index(LaunchPath.EXISTING)


def second_of_day(at: float, zone: zoneinfo.ZoneInfo) -> tuple[float, bool]:
    """(second of the day, is a weekday) on the school's clocks."""
    local = dt.datetime.fromtimestamp(at, zone)
    second = 3_600 * local.hour + 60 * local.minute + local.second + local.microsecond / 1e6
    return float(second), local.weekday() < _SATURDAY


def waits_by_hour(result: Result, zone: zoneinfo.ZoneInfo, *, share: float = 0.95) -> list[tuple[float, float, int]]:
    """(hour, wait of that share, launches) of those that needed a task, all days."""
    hours: list[list[float]] = [[] for _ in range(24)]
    launches = result.launches
    for at, wait_s, path in zip(launches.at, launches.wait_s, launches.path, strict=True):
        if path != _EXISTING:
            hours[int(second_of_day(at, zone)[0] // 3_600.0)].append(wait_s)
    return [(float(hour), nearest_rank(sorted(waits), share), len(waits)) for hour, waits in enumerate(hours)]


def pool_by_time(result: Result, zone: zoneinfo.ZoneInfo) -> list[tuple[float, float, float, float]]:
    """(hour, ready tasks, people at work, starts in a quarter of an hour) of a mean weekday."""
    warm, at_work, samples = [0.0] * BINS, [0.0] * BINS, [0] * BINS
    course, weekdays = result.course, set()
    for index, (ready, working) in enumerate(zip(course.warm, course.at_work, strict=True)):
        at = course.starts_at + index * STEP_S
        second, is_weekday = second_of_day(at, zone)
        if is_weekday:
            slot = int(second // BIN_S)
            warm[slot] += ready
            at_work[slot] += working
            samples[slot] += 1
            weekdays.add(int((at - second) // DAY_S + 0.5))
    asked = [0.0] * BINS
    launches = result.launches
    for at, path in zip(launches.at, launches.path, strict=True):
        second, is_weekday = second_of_day(at, zone)
        if is_weekday and path != _EXISTING:
            asked[int(second // BIN_S)] += 1
    return [
        (
            slot * BIN_S / 3_600.0,
            warm[slot] / max(1, samples[slot]),
            at_work[slot] / max(1, samples[slot]),
            asked[slot] / max(1, len(weekdays)),
        )
        for slot in range(BINS)
    ]
