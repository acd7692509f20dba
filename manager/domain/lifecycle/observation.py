"""What the engine says about one task: the only fact from outside that reconcile takes on trust."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ObservedTask:
    """One task as the engine sees it now, whether or not the store knows it."""

    task_id: str
    alive: bool
    """False: it has ended, but the engine still remembers it (and why)."""
    started_at: float
    control_address: str = ""
    """Where the agent is reached: `unix:/path` or `ip:port`; empty until the engine knows."""
    cluster: str = ""
    """The Envoy cluster through which the gateway reaches it (contract.manager.Endpoint)."""
    address: str = ""
    """ip:port for ORIGINAL_DST, or empty where the cluster says it all."""
    slot: str = ""
    """Where a home comes to it (`Task.slot`)."""
    ended_because: str = ""
    """Plain words: 'killed: out of memory', 'exited with code 1'; empty while alive."""
