"""Draws from the seed what goes wrong and when, until the safety phase ends."""

from __future__ import annotations

from random import Random

from contract.errors import ApraNovaError, Reason
from manager.ports.task_agent import AgentUnreachable
from simulator.engine import NEVER, TaskLife
from simulator.loop import EventLoop
from simulator.process import Fate
from simulator.profile import Profile


class Unreachable(OSError):
    """A call to the store or the homes has an unknown outcome."""


class Throttled(ApraNovaError):
    """The store or the engine refuses for now; nothing was done."""

    def __init__(self) -> None:
        super().__init__(Reason.INTERNAL, "throttled")


INJECTED = (Unreachable, Throttled, AgentUnreachable)

_PAUSE_S = (30.0, 120.0)
_ERROR_RATES = {"store": "store_error", "runner": "engine_error", "agent": "agent_error", "homes": "home_error"}


class Faults:
    """Each concern has a random stream of its own, so that one fault less changes others little."""

    def __init__(self, loop: EventLoop, profile: Profile, seed: int) -> None:
        self.profile = profile
        self.active = True
        self.last_at = loop.now
        """Until when a fault may have an effect: what fails long after this is a bug."""
        self._loop = loop
        self._calls = Random(f"{seed}/calls")
        self._lives = Random(f"{seed}/lives")
        self._events = Random(f"{seed}/events")
        self._silent_until: dict[str, float] = {}
        self._error_rates = {port: getattr(profile, rate) for port, rate in _ERROR_RATES.items()}
        self._rates = (profile.crash, profile.pause, profile.slow)

    def stop(self) -> None:
        self.active = False
        self._silent_until.clear()
        self.trouble(0.0)

    def trouble(self, lasting_s: float = 0.0) -> None:
        self.last_at = max(self.last_at, self._loop.now + lasting_s)

    def silence(self, port: str, seconds: float) -> None:
        self._silent_until[port] = self._loop.now + seconds
        self.trouble(seconds)

    def fate(self, port: str, method: str, latency_s: float) -> Fate:
        draw = self._calls.random
        latency_s *= 0.5 + draw()
        if not self.active:
            return Fate(latency_s)
        if self._silent_until and self._silent_until.get(port, 0.0) > self._loop.now and method != "stop":
            return Fate(3.0, refused=_error(port, refused=True))
        crash, pause, slow = self._rates
        if method == "start":
            pause *= 10.0  # the one call whose late arrival the engine has to bear
        error = self._error_rates[port]
        chance = draw()
        if chance < crash:
            self.trouble(30.0)
            return Fate(latency_s, crash="before" if draw() < 0.5 else "after", lands_after_death=False)
        chance -= crash
        if chance < pause:
            paused_s = _between(draw(), *_PAUSE_S)
            self.trouble(paused_s)
            return Fate(paused_s)
        chance -= pause
        if chance < slow:
            slow_s = _between(draw(), 0.5, 8.0)
            self.trouble(slow_s)
            return Fate(slow_s)
        chance -= slow
        lands = crash > 0.0 and draw() < 0.5
        if chance < error:
            self.trouble()
            if draw() < 0.5:
                return Fate(latency_s, refused=_error(port, refused=True), lands_after_death=lands)
            return Fate(latency_s, answer_lost=_error(port, refused=False), lands_after_death=lands)
        return Fate(latency_s, lands_after_death=lands)

    def index_lag_s(self) -> float:
        return self._calls.random() * self.profile.index_lag_s if self.active and self.profile.index_lag_s else 0.0

    def event_delays(self) -> tuple[float, ...]:
        """When one event arrives at a manager: not at all, once or twice, at once or late."""
        profile, draw = self.profile, self._events.random
        if not self.active:
            return (0.1,)
        if draw() < profile.event_lost:
            return ()
        delays = [_between(draw(), 1.0, 60.0) if draw() < profile.event_late else _between(draw(), 0.0, 0.5)]
        if draw() < profile.event_twice:
            delays.append(_between(draw(), 0.0, 30.0))
        return tuple(delays)

    def has_capacity(self) -> bool:
        if self.active and self._lives.random() < self.profile.no_capacity:
            self.trouble()
            return False
        return True

    def lingers_s(self) -> float:
        """How long a task lives on after it was told to end."""
        if self.active and self._lives.random() < self.profile.lingers:
            seconds = _between(self._lives.random(), 5.0, 120.0)
            self.trouble(seconds)
            return seconds
        return 0.0

    def mover_is_late_s(self) -> float | None:
        """Its caller hears of a failure, and so much later it moves the home all the same."""
        if self.active and self._lives.random() < self.profile.mover_late:
            self.trouble(60.0)
            return _between(self._lives.random(), 0.1, 60.0)
        return None

    def mover_dies(self) -> bool:
        if self.active and self._lives.random() < self.profile.mover_dies:
            self.trouble()
            return True
        return False

    def life(self, task_id: str) -> TaskLife:
        """Drawn by the task's name: it has the same life even if the calls before it differ."""
        profile, chance = self.profile, Random(f"{self._lives.random()}/{task_id}")
        ecs = profile.engine == "ecs"
        ready_after_s = _between(chance.random(), 25.0, 60.0) if ecs else _between(chance.random(), 0.2, 1.5)
        life = TaskLife(ready_after_s, visible_after_s=_between(chance.random(), 0.0, 4.0) if ecs else 0.0)
        if not self.active:
            return life
        if chance.random() < profile.never_ready:
            self.trouble(180.0)
            life.ready_after_s = NEVER
        elif chance.random() < profile.start_fails:
            self.trouble(ready_after_s)
            life.fails = "the application did not start"
        for rate, low, high, because in (
            (profile.dies_early, 0.0, 2.0 * ready_after_s, "exited with code 1"),
            (profile.dies_late, 20.0, 240.0, "killed: out of memory"),
        ):
            if chance.random() < rate:
                life.dies_after_s, life.dies_because = min(
                    (life.dies_after_s, life.dies_because), (_between(chance.random(), low, high), because)
                )
        if chance.random() < profile.spot:
            life.notice_after_s = _between(chance.random(), 5.0, 180.0)
        return life


def _between(chance: float, low: float, high: float) -> float:
    return low + chance * (high - low)


def _error(port: str, *, refused: bool) -> Exception:
    if port == "agent":
        return AgentUnreachable("no answer in time")
    if port == "runner":
        return Throttled() if refused else ApraNovaError(Reason.INTERNAL, "the engine's answer was lost")
    return Throttled() if refused else Unreachable("the outcome of this call is not known")
