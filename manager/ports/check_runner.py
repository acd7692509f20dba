"""The port to whatever runs checks of assignments."""

from __future__ import annotations

from typing import Protocol

from contract.checks import CheckAnswer, CheckRequest, CheckState


class CheckRunner(Protocol):
    def check(self, request: CheckRequest) -> CheckAnswer:
        """Run a check, or say how far it is; waits some seconds for its end. A request with the
        files of a run that is known starts nothing. The answer that a run is over is given once.

        Raises ApraNovaError(MANAGER_UNAVAILABLE): ask again.
        """
        ...


class NoChecks:
    """Runs none: where nothing starts a sandbox without a workspace."""

    def check(self, request: CheckRequest) -> CheckAnswer:  # noqa: ARG002  the port's
        return CheckAnswer(CheckState.FAILED, failure="This installation cannot run checks: only a single server can.")
