"""A hint that somebody is about to launch: they signed in, and the click follows in seconds."""

from __future__ import annotations

from contract.errors import ApraNovaError, Reason
from contract.manager import ExpectRequest
from contract.names import WORKSPACE_ID_PATTERN
from manager.use_cases.world import World

BECAUSE_MAX = 100


def expect(world: World, request: ExpectRequest) -> None:
    """Wake the planner for this workspace. A hint for an unknown one is no error: sign-in comes before the first launch."""
    if not WORKSPACE_ID_PATTERN.fullmatch(request.workspace_id):
        raise ApraNovaError(Reason.BAD_REQUEST, "workspace_id: 'ws-' and ten characters of a-z and 2-7 are expected")
    if not 0 < len(request.because) <= BECAUSE_MAX:
        raise ApraNovaError(Reason.BAD_REQUEST, f"because: 1 to {BECAUSE_MAX} characters are expected")
    world.metrics.count("hints_total")
