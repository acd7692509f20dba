"""Pure decisions about limits: shares of inotify, and how memory is added up."""

from __future__ import annotations

from pathlib import Path

import pytest

from manager.adapters.bubblewrap import inotify
from manager.adapters.bubblewrap.memory_watch import Use, total


@pytest.mark.parametrize(
    ("instances", "watches", "expected"),
    [(128, 192_536, (16, 24_067)), (8192, 1 << 20, (64, 65_536)), (1, 1, (16, 1024)), (256, 65_536, (32, 8192))],
)
def test_a_sandbox_gets_an_eighth_within_bounds(instances: int, watches: int, expected: tuple[int, int]) -> None:
    limits = inotify.sandbox_limits({"instances": instances, "watches": watches})
    assert (limits["max_inotify_instances"], limits["max_inotify_watches"]) == expected


def test_a_machine_that_does_not_say_gives_the_least(tmp_path: Path) -> None:
    assert inotify.machine_limits(tmp_path) == {}
    assert inotify.words(inotify.sandbox_limits({})).startswith("16 instances and 1024 watches")


def test_files_in_memory_that_are_also_mapped_count_once() -> None:
    uses = [Use(1, private_bytes=10, shared_bytes=30), Use(2, private_bytes=5, shared_bytes=20)]
    assert total(uses, 0) == 65
    assert total(uses, 40) == 65
    assert total(uses, 90) == 105
