"""Files of homes at rest, where the backend mounts them, to read only: on AWS. On one machine the
manager reads all homes, those that run, too.

While a workspace runs on AWS, its home is in the slot of a task, and nobody else may read it: then
the manager asks the task's agent.
"""

from __future__ import annotations

import os
from pathlib import Path

from backend.workspaces.manager_client import manager_client
from backend.workspaces.models import Workspace
from contract import files_now
from contract.errors import ApraNovaError, Reason
from contract.history import NOW, HistoryFolder, HistoryGone, HistoryPathRequest, HistoryPiece, HistoryUnreadable
from contract.manager import WorkspaceView
from contract.names import HOME_ID_PATTERN, WorkspaceState
from contract.open_folders import FOLDER

_NO_HOME = "This workspace was never opened, so there are no files"
_NOT_NOW = "This workspace is starting or stopping. Try again in a moment"
_ON_ITS_WAY = "Your files are being saved right now. Try again in a moment"


def read_folder(homes: Path, workspace: Workspace, key: str) -> HistoryFolder:
    """Raises ApraNovaError: SNAPSHOT_NOT_FOUND, WRONG_STATE, INTERNAL, MANAGER_UNAVAILABLE."""
    view = _view_of(workspace)
    if _runs(view):
        return manager_client().history_folder(HistoryPathRequest(workspace.pk, NOW, key))
    return files_now.read_folder(_home_of(homes, view), key)


def read_piece(homes: Path, workspace: Workspace, key: str, offset: int) -> HistoryPiece:
    """Raises ApraNovaError as `read_folder`."""
    view = _view_of(workspace)
    if _runs(view):
        return manager_client().history_file(HistoryPathRequest(workspace.pk, NOW, key, offset))
    return files_now.read_piece(_home_of(homes, view), key, offset)


def _view_of(workspace: Workspace) -> WorkspaceView:
    view = next(iter(manager_client().describe([workspace.pk]).workspaces), None)
    if view is None or not view.has_home:
        raise HistoryGone(_NO_HOME)
    return view


def _runs(view: WorkspaceView) -> bool:
    return view.state is WorkspaceState.RUNNING and not view.resting_home


def _home_of(homes: Path, view: WorkspaceView) -> Path:
    if not HOME_ID_PATTERN.fullmatch(view.resting_home):
        raise ApraNovaError(Reason.WRONG_STATE, _NOT_NOW)
    try:
        # NFS remembers for half a minute that a name was not there; opening its folder makes it
        # look again (docs/homes-that-move.md).
        os.close(os.open(homes, FOLDER))
        os.close(os.open(homes / view.resting_home, FOLDER))
    except FileNotFoundError as error:
        raise ApraNovaError(Reason.WRONG_STATE, _ON_ITS_WAY, detail=str(error)) from error
    except OSError as error:
        raise HistoryUnreadable("The files cannot be read now", detail=str(error)) from error
    return homes / view.resting_home
