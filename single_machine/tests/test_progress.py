"""What the operator reads is what was said, whatever brackets are in it."""

from __future__ import annotations

import pytest

from single_machine.progress import StepFellShort, step, warn

FROM_ELSEWHERE = "lstat /homes/ws-1/[/notes]: permission denied [fatal]"


def test_a_file_name_with_brackets_ends_no_supervisor(capsys: pytest.CaptureFixture[str]) -> None:
    warn(FROM_ELSEWHERE)
    with step("Certificate"):
        raise StepFellShort(FROM_ELSEWHERE)
    assert capsys.readouterr().out.count(FROM_ELSEWHERE) == 2
