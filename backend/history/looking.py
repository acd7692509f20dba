"""What an instructor who looks sees of a student's files: those that the student works on, as they
are now. The manager reads them as it reads them for the history; nothing leads to the editor.

What programs keep for themselves is not shown: hidden files and folders at the top of the home,
where tokens and keys are, and what programs make again. So nobody reads by a look what a submission
would not have, either.
"""

from __future__ import annotations

from dataclasses import replace

from backend.history.services import PastFile, read_folder, view_file
from backend.platform.problems import not_found
from backend.workspaces.models import Workspace
from contract.collected_files import MADE_AGAIN
from contract.history import NOW, BadPath, HistoryAnswer, HistoryFolder, path_of


def see_folder(workspace: Workspace, key: str, checkpoint_id: str = NOW) -> HistoryFolder:
    """Raises ProblemError, ApraNovaError."""
    refuse_hidden(key)
    found = read_folder(workspace, checkpoint_id, key)
    return replace(found, entries=tuple(entry for entry in found.entries if _is_shown(entry.key)))


def see_file(workspace: Workspace, key: str) -> PastFile:
    """Raises ProblemError, ApraNovaError."""
    refuse_hidden(key)
    return view_file(workspace, NOW, key, "")


def without_hidden(found: HistoryAnswer) -> HistoryAnswer:
    """The names in it are of files that instructors may see. How many changed stays."""
    checkpoints = []
    for one in found.checkpoints:
        left_out = tuple(it for it in one.left_out if _is_seen(it.name))
        changed = tuple(filter(_is_seen, one.changed))
        hidden = len(one.left_out) - len(left_out)
        updated = replace(one, changed=changed, left_out=left_out, left_out_count=one.left_out_count - hidden)
        checkpoints.append(updated)
    return replace(found, checkpoints=tuple(checkpoints))


def refuse_hidden(key: str) -> None:
    if not _is_shown(key):
        raise not_found("There is nothing at this place that instructors see.", reason="not_shown")


def _is_shown(key: str) -> bool:
    try:
        return _is_seen(path_of(key))
    except BadPath:
        return False


def _is_seen(path: str) -> bool:
    names = path.split("/")
    return not names[0].startswith(".") and MADE_AGAIN.isdisjoint(names)
