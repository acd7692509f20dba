"""Files of homes at rest, where the backend mounts them, to read only: on AWS. On one machine the
manager reads all homes, those that run, too.

While a workspace runs on AWS, its home is in the slot of a task, and nobody else may read it.
"""

from __future__ import annotations

import os
from pathlib import Path

from backend.workspaces.manager_client import manager_client
from backend.workspaces.models import Workspace
from contract import files_now
from contract.errors import ApraNovaError, Reason
from contract.history import HistoryFolder, HistoryGone, HistoryPiece, HistoryUnreadable
from contract.names import HOME_ID_PATTERN
from contract.open_folders import FOLDER

_NO_HOME = "This workspace was never opened, so there are no files"
_NOT_NOW = "Files can be read here while the workspace is stopped. Stop it, then try again"
_ON_ITS_WAY = "Your files are being saved right now. Try again in a moment"


def read_folder(homes: Path, workspace: Workspace, key: str) -> HistoryFolder:
    """Raises ApraNovaError: SNAPSHOT_NOT_FOUND, WRONG_STATE, INTERNAL, MANAGER_UNAVAILABLE."""
    return files_now.read_folder(_home_of(homes, workspace), key)


def read_piece(homes: Path, workspace: Workspace, key: str, offset: int) -> HistoryPiece:
    """Raises ApraNovaError as `read_folder`."""
    return files_now.read_piece(_home_of(homes, workspace), key, offset)


def _home_of(homes: Path, workspace: Workspace) -> Path:
    view = next(iter(manager_client().describe([workspace.pk]).workspaces), None)
    if view is None or not view.has_home:
        raise HistoryGone(_NO_HOME)
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
