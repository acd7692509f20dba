"""docs/state-diagram.md shows the transition tables. `python -m manager.tests.test_state_diagram`
writes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path

from manager.domain.lifecycle.task import TASK_TRANSITIONS
from manager.domain.lifecycle.workspace import WORKSPACE_TRANSITIONS

DOCUMENT = Path(__file__).parents[2] / "docs" / "state-diagram.md"
COMMAND = ".venv/bin/python -m manager.tests.test_state_diagram"
TEXT = """\
# States of workspaces and tasks

Generated from the transition tables by `{command}`.
A test fails when this page is out of date. A change that has no arrow raises `IllegalTransition`.
What happens on each arrow is in [life of a launch](life-of-a-launch.md).

## Workspace

`manager/domain/lifecycle/workspace.py`. Each end passes through *stopping*: a workspace is
*stopped*, and may be launched again, only when its task is known to be gone.

{workspace}

## Task

`manager/domain/lifecycle/task.py`. No arrow leads back: a task serves one workspace, ever.

{task}
"""


def document() -> str:
    return TEXT.format(
        command=COMMAND,
        workspace=diagram(WORKSPACE_TRANSITIONS, final="deleted", final_text="purged after 7 days"),
        task=diagram(TASK_TRANSITIONS, final="stopped", final_text="record removed after 15 minutes"),
    )


def diagram(table: Mapping[StrEnum, Iterable[StrEnum]], *, final: str, final_text: str) -> str:
    """A Mermaid state diagram of one transition table; new records begin in its first state."""
    arrows = [f"{before} --> {after}" for before, targets in table.items() for after in sorted(targets)]
    lines = ["stateDiagram-v2", f"[*] --> {next(iter(table))}", *arrows, f"{final} --> [*]: {final_text}"]
    return "```mermaid\n" + "\n    ".join(lines) + "\n```"


def test_the_document_shows_the_transition_tables() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document(), f"out of date: run `{COMMAND}`"


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
