"""What lies outside the managers' processes, and outlives each of them."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.agents import SimulatedAgents
from simulator.engine import MachineEngine
from simulator.faults import Faults
from simulator.homes import SimulatedHomes
from simulator.loop import EventLoop
from simulator.store import SimulatedStore
from simulator.trace import Trace


@dataclass(frozen=True)
class Outside:
    loop: EventLoop
    trace: Trace
    faults: Faults
    store: SimulatedStore
    engine: MachineEngine
    homes: SimulatedHomes
    agents: SimulatedAgents
