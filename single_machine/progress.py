"""What the operator sees while something takes time: one line a step, with how long it took."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape

console = Console(highlight=False, soft_wrap=True)


class StepFellShort(Exception):
    """A step could not do all of its work; the rest goes on. The text replaces the step's words."""


@contextmanager
def step(doing: str, *, done: str = "") -> Iterator[None]:
    """Show `doing …` with a spinner (on a terminal), then a tick and the seconds, or a cross."""
    began = time.monotonic()
    try:
        if console.is_terminal:
            with console.status(f"{doing} …"):
                yield
        else:
            yield
    except StepFellShort as problem:
        console.print(f"  [yellow]![/] {escape(str(problem))} [dim]({time.monotonic() - began:.1f} s)[/]")
        return
    except BaseException:
        console.print(f"  [red]✗[/] {doing} [dim]({time.monotonic() - began:.1f} s)[/]")
        raise
    console.print(f"  [green]✓[/] {done or doing} [dim]({time.monotonic() - began:.1f} s)[/]")


def say(text: str) -> None:
    console.print(text)


def warn(text: str) -> None:
    """The text is shown as it is: it may have words of other programs and of people, such as a
    file's name, in which `[/…]` would else end whoever prints it."""
    console.print(f"  [yellow]![/] {escape(text)}")
