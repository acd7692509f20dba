"""A hint that somebody is about to launch: they signed in, and the click follows in seconds."""

from __future__ import annotations

from contract.errors import ApraNovaError, Reason
from contract.manager import ExpectRequest
from contract.names import WORKSPACE_ID_PATTERN, WorkspaceState
from manager.domain.policy import PoolPolicy
from manager.use_cases.world import World

BECAUSE_MAX = 100


def expect(world: World, request: ExpectRequest) -> None:
    """Have the planner make ready for this workspace. A hint for an unknown one is no error, and
    one for a workspace that runs changes nothing. Only this process remembers it: if it is lost,
    the student waits as if there had been none.
    """
    if not WORKSPACE_ID_PATTERN.fullmatch(request.workspace_id):
        raise ApraNovaError(Reason.BAD_REQUEST, "workspace_id: 'ws-' and ten characters of a-z and 2-7 are expected")
    if not 0 < len(request.because) <= BECAUSE_MAX:
        raise ApraNovaError(Reason.BAD_REQUEST, f"because: 1 to {BECAUSE_MAX} characters are expected")
    world.metrics.count("hints_total")
    if world.policy.pool_policy is PoolPolicy.SCHEDULE:
        return
    workspace = world.store.find_workspace(request.workspace_id)
    if workspace is None or workspace.state is not WorkspaceState.STOPPED or workspace.deleted_at is not None:
        return
    world.recent_launches.hint(workspace, world.policy, until=world.clock.now() + world.policy.hint_s)
    world.wake()
