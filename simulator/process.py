"""A manager's process. Its threads are greenlets, so that the real, blocking code can be held up,
overtaken or killed at any port call, always in the same order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from greenlet import GreenletExit, getcurrent, greenlet

from simulator.loop import EventLoop
from simulator.trace import Trace, words


@dataclass(slots=True)
class Fate:
    """What happens to one port call."""

    latency_s: float
    refused: Exception | None = None
    """Raised instead of the call's effect."""
    answer_lost: Exception | None = None
    """Raised although the call took effect."""
    crash: str = ""
    """'before' or 'after' the effect, the caller's process dies."""
    lands_after_death: bool = False
    """The request was on its way when its sender died, and still takes effect."""

    @property
    def plain(self) -> bool:
        """It takes effect and is answered, nothing else."""
        return not self.crash and self.refused is None and self.answer_lost is None


class Call:
    """One call of a port's method, on its way."""

    __slots__ = ("arguments", "at", "effect", "name", "named")

    def __init__(
        self, name: str, effect: Callable[..., Any], arguments: tuple, named: dict[str, Any], at: float
    ) -> None:
        self.name, self.effect, self.arguments, self.named, self.at = name, effect, arguments, named, at

    def __call__(self) -> Any:
        return self.effect(*self.arguments, **self.named)


class ThreadDied(BaseException):
    """An error reached the end of a thread; on a machine it would vanish in a pool."""


class Process:
    def __init__(self, loop: EventLoop, name: str, trace: Trace, *, died: Callable[[], None]) -> None:
        self.loop = loop
        self.name = name
        self.alive = True
        self._trace = trace
        self._died = died
        self._threads: dict[greenlet, None] = {}

    def spawn(self, work: Callable[[], object]) -> None:
        """Begin a thread, as the next event of this moment."""
        if not self.alive:
            return
        thread = greenlet(self._run, self.loop.hub)
        self._threads[thread] = None
        self.loop.after(0.0, self._go_on, thread, work)

    def call(self, name: str, effect: Callable[..., Any], arguments: tuple, named: dict[str, Any], fate: Fate) -> Any:
        """One port call of the running thread: it waits, then takes effect and returns at once.

        One wait is enough for every interleaving: between two calls the code sees only its own
        memory, so what could come between effect and return can come before the next call instead.
        """
        loop, called_at = self.loop, self.loop.now
        # The common case: nothing else happens meanwhile, so no thread has to switch.
        if fate.plain and loop.jump(fate.latency_s):
            loop.called_at = called_at
            if not self._trace.on:
                return effect(*arguments, **named)
            return self._effect(Call(name, effect, arguments, named, called_at))
        call = Call(name, effect, arguments, named, called_at)
        loop.after(fate.latency_s, self._take_effect, getcurrent(), call, fate)
        return loop.hub.switch()

    def crash(self) -> None:
        """Called from an event, never by a thread."""
        if self.alive:
            self._trace.note(self.name, "✗ crashes")
            self.end()
            self._died()

    def end(self) -> None:
        """Every thread ends where it stands."""
        self.alive = False
        for thread in tuple(self._threads):
            thread.throw(GreenletExit)
        self._threads.clear()

    def run(self, work: Callable[[], None]) -> None:
        """`Background.run` of the use cases."""
        self.spawn(work)

    def map(
        self,
        ask: Callable[[Any], Any],
        items: Iterable[Any],
        *,
        for_pass: bool = False,  # noqa: ARG002 (the port's)
    ) -> list[Any]:
        """`Background.map` of the use cases: a thread for each item; the caller waits for all."""
        wanted = list(items)
        thread = getcurrent()
        if thread is self.loop.hub or len(wanted) <= 1:
            return [ask(item) for item in wanted]
        answers: list[Any] = [None] * len(wanted)
        left = len(wanted)

        def one(index: int, item: object) -> None:
            nonlocal left
            answers[index] = ask(item)
            left -= 1
            if left == 0:
                self.loop.after(0.0, self._go_on, thread)

        for index, item in enumerate(wanted):
            self.spawn(lambda index=index, item=item: one(index, item))
        self.loop.hub.switch()
        return answers

    def _run(self, work: Callable[[], object]) -> None:
        try:
            work()
        except Exception as error:
            raise ThreadDied(f"a thread of {self.name} died of {error!r}") from error
        finally:
            self._threads.pop(getcurrent(), None)

    def _go_on(self, thread: greenlet, *what: Any) -> None:
        if self.alive:
            thread.switch(*what)

    def _take_effect(self, thread: greenlet, call: Call, fate: Fate) -> None:
        self.loop.called_at = call.at
        if not self.alive:
            if fate.lands_after_death:
                self._note(call, "takes effect although its sender is dead")
                try:
                    call()
                except Exception as error:  # noqa: BLE001 (nobody is left to handle it)
                    self._note(call, f"→ {error!r}, ignored")
            return
        if fate.crash == "before":
            self._note(call, "✗ dies before it")
            self.crash()
            return
        if fate.refused is not None:
            self._note(call, f"✗ {fate.refused}")
            thread.throw(fate.refused)
            return
        try:
            answer = self._effect(call)
        except Exception as error:  # noqa: BLE001 (the port's own errors are the caller's to handle)
            thread.throw(fate.answer_lost or error)
            return
        if fate.crash == "after":
            self.crash()
        elif fate.answer_lost is not None:
            self._note(call, f"✗ took effect, but: {fate.answer_lost}")
            thread.throw(fate.answer_lost)
        else:
            thread.switch(answer)

    def _effect(self, call: Call) -> Any:
        if not self._trace.on:
            return call()
        try:
            answer = call()
        except Exception as error:
            self._note(call, f"→ {type(error).__name__}: {error}")
            raise
        self._note(call, f"→ {words(answer)}" if answer is not None else "")
        return answer

    def _note(self, call: Call, outcome: str) -> None:
        if self._trace.on:
            arguments = (*call.arguments, *call.named.values())
            self._trace.note(self.name, f"{call.name}({', '.join(words(item) for item in arguments)}) {outcome}")
