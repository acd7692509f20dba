"""The port to the agent inside a task (contract/agent.py)."""

from __future__ import annotations

from typing import Protocol

from contract.agent import (
    AgentStatus,
    ClaimRequest,
    EndVisitsRequest,
    HomeUseRequest,
    SaveAnswer,
    WarnRequest,
)
from contract.collect import CollectAnswer, CollectRequest
from contract.hand_out import HandOutAnswer, HandOutRequest
from contract.history import LookAnswer, LookRequest, WriteAnswer, WriteRequest
from contract.show import ShowRequest


class AgentUnreachable(Exception):
    """The agent did not answer in time, or not sensibly. Says nothing about the task: the caller
    must not kill for it."""


class TaskAgent(Protocol):
    """Talks to one task's agent. Every call has a time limit and raises `AgentUnreachable` when it
    passes."""

    def status(self, control_address: str, agent_token: str) -> AgentStatus: ...

    def claim(self, control_address: str, agent_token: str, request: ClaimRequest) -> AgentStatus:
        """Bind the task to the workspace; returns once the application serves. Idempotent for the
        same workspace.

        Raises ApraNovaError(LAUNCH_FAILED) when the agent refuses (another workspace has it) or the
        application fails.
        """
        ...

    def warn(self, control_address: str, agent_token: str, request: WarnRequest) -> None: ...

    def end_visits(self, control_address: str, agent_token: str, request: EndVisitsRequest) -> None: ...

    def show_home_use(self, control_address: str, agent_token: str, request: HomeUseRequest) -> None:
        """In the application's status bar, if it has one. An earlier release refuses."""
        ...

    def show(self, control_address: str, agent_token: str, request: ShowRequest) -> None:
        """Inside the application, if it has a place. An earlier release refuses."""
        ...

    def hand_out(self, control_address: str, agent_token: str, request: HandOutRequest) -> HandOutAnswer:
        """Put an assignment's files into the home. Idempotent: a repeat gets the same answer."""
        ...

    def collect(self, control_address: str, agent_token: str, request: CollectRequest) -> CollectAnswer:
        """Copy a folder of the home, which does not change."""
        ...

    def look(self, control_address: str, agent_token: str, request: LookRequest) -> LookAnswer:
        """Read what is in the home now, which does not change. An earlier release refuses."""
        ...

    def write_files(self, control_address: str, agent_token: str, request: WriteRequest) -> WriteAnswer:
        """Put files of then into the home. Each is the old one or the new one, never a half."""
        ...

    def save(self, control_address: str, agent_token: str) -> SaveAnswer: ...
