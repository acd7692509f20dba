"""What only the function on AWS has: metrics in the log, and work that ends with the invocation."""

from __future__ import annotations

import json
import threading
from typing import Any

from manager.adapters.cloudwatch.metrics import VALUES_MAX, EmfMetrics
from manager.adapters.memory.clock import FakeClock
from manager.adapters.system.deadline import BEGIN_NEEDS_S, DeadlineBackground


class Written:
    def __init__(self) -> None:
        self.texts: list[str] = []
        self.metrics = EmfMetrics(
            namespace="ApraNova", service="school", clock=FakeClock(1_790_000_000.0), write=self.texts.append
        )

    def lines(self) -> list[Any]:
        self.metrics.flush()
        return [json.loads(line) for text in self.texts for line in text.splitlines()]


def test_a_watched_counter_is_one_metric_with_its_label_as_dimension() -> None:
    written = Written()
    for _ in range(3):
        written.metrics.count("launches_total", path="warm")
    assert written.lines() == [
        {
            "_aws": {
                "Timestamp": 1_790_000_000_000,
                "CloudWatchMetrics": [
                    {
                        "Namespace": "ApraNova",
                        "Dimensions": [["service", "path"]],
                        "Metrics": [{"Name": "launches_total", "Unit": "Count"}],
                    }
                ],
            },
            "service": "school",
            "path": "warm",
            "launches_total": 3.0,
        }
    ]


def test_labels_that_nobody_watches_are_summed_over() -> None:
    written = Written()
    written.metrics.observe("task_start_seconds", 2.0, kind="vscode")
    written.metrics.observe("task_start_seconds", 3.0, kind="superset")
    (line,) = written.lines()
    assert sorted(line["task_start_seconds"]) == [2.0, 3.0]


def test_only_what_an_alarm_looks_at_is_billed_as_a_metric_and_the_rest_stays_in_the_log() -> None:
    written = Written()
    written.metrics.count("actions_total", action="StopOrphan", result="done")
    written.metrics.count("actions_total", action="MarkReady", result="done")
    written.metrics.count("stops_total", reason="idle")
    metric, rest = written.lines()
    assert (metric["action"], metric["actions_total"]) == ("StopOrphan", 1.0)
    assert rest["counted"] == {"actions_total action=MarkReady result=done": 1.0, "stops_total reason=idle": 1.0}


def test_many_values_are_split_into_lines_that_cloudwatch_accepts() -> None:
    written = Written()
    for number in range(VALUES_MAX + 1):
        written.metrics.observe("claim_seconds", float(number))
    assert [
        len(line["claim_seconds"]) if isinstance(line["claim_seconds"], list) else 1 for line in written.lines()
    ] == [
        VALUES_MAX,
        1,
    ]


def test_nothing_is_reported_twice_or_when_nothing_happened() -> None:
    written = Written()
    written.metrics.count("launch_failures_total")
    assert len(written.lines()) == 1
    written.texts.clear()
    assert written.lines() == []


def test_all_that_was_begun_is_done_when_the_invocation_ends() -> None:
    background, done = DeadlineBackground(lambda: 60.0), []
    gate = threading.Barrier(3)

    def work() -> None:
        gate.wait(10)  # all three at once, or never
        done.append(1)

    for _ in range(3):
        background.run(work)
    background.finish()
    assert (len(done), background.left_out) == (3, 0)


def test_nothing_is_begun_that_could_not_end_in_time() -> None:
    background, done = DeadlineBackground(lambda: BEGIN_NEEDS_S - 1.0), []
    background.run(lambda: done.append(1))
    background.finish()
    assert (done, background.left_out) == ([], 1)


def test_agents_are_asked_in_parallel_and_answer_in_order() -> None:
    gate = threading.Barrier(4)

    def ask(number: int) -> int:
        gate.wait(10)
        return number * number

    assert DeadlineBackground(lambda: 60.0).map(ask, range(4)) == [0, 1, 4, 9]
