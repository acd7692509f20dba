"""Writes a hand-out into the home: a program of its own, which the agent starts for each.

    python -m agent.hand_out.write <home> <request>

The request is a HandOutRequest as JSON, and the answer goes to `<request>.answer`. The agent's one
thread never waits for the disk, and its memory never holds what zipfile and hashlib need. A file
is written beside its place and linked to it: a link fails where something is, also if it came a
moment ago.
"""

from __future__ import annotations

import base64
import binascii
import errno
import hashlib
import io
import json
import os
import stat
import sys
import zipfile
import zlib
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from agent.hand_out.app import note_app
from agent.hand_out.new_project import clear_away, is_new
from agent.hand_out.plan import Found, Kind, NoFreeName, Place, plan
from contract.hand_out import BESIDE_MAX, Beside, HandOutAnswer, HandOutRequest, HandOutState
from contract.hand_out_files import BadFiles, is_safe_folder, read_files
from contract.wire import BadMessage, from_json, to_json

RECORDS = ".local/share/apranova/hand-outs"
PLANS_MAX = 5
"""How often to plan again because the home changed meanwhile."""
HASHED_BYTES_MAX = 16 * 1024 * 1024
"""A larger file is none of ours: the files of an assignment are smaller."""
_FULL = (errno.ENOSPC, errno.EDQUOT)


class CannotHandOut(Exception):
    """The text is for the student and the instructor."""


@dataclass
class Record:
    """What this home was given of one assignment. It lives in the home, so a restore takes it back
    together with the files."""

    version: int = 0
    files: dict[str, str] = field(default_factory=dict)
    known: dict[str, list[str]] = field(default_factory=dict)
    answer: HandOutAnswer = field(default_factory=lambda: HandOutAnswer(HandOutState.DONE))
    """Again for a repeat."""


def hand_out(home: Path, request: HandOutRequest) -> HandOutAnswer:
    """Write what the plan says. A repeat changes nothing. Never raises for what is in the home."""
    try:
        return _hand_out(home, request)
    except CannotHandOut as problem:
        return HandOutAnswer(HandOutState.FAILED, failure=str(problem))
    except OSError as problem:
        if problem.errno in _FULL:
            return HandOutAnswer(HandOutState.FAILED, failure="The home is full. Not all files could be written.")
        return HandOutAnswer(HandOutState.FAILED, failure=f"A file could not be written: {problem.strerror}.")


def _hand_out(home: Path, request: HandOutRequest) -> HandOutAnswer:
    contents = _contents(request)
    version = {path: hashlib.sha256(content).hexdigest() for path, (content, _) in contents.items()}
    file = home / RECORDS / f"{request.assignment_id}.json"
    record = _read_record(file)
    if record.version > request.version or record.files == version or (request.starter and record.version):
        return record.answer  # a repeat, or a call that was held up
    project = _project_of(home)
    if request.starter and not _may_start(home, project, file, record, version):
        return HandOutAnswer(HandOutState.SKIPPED)
    known = {path: frozenset(digests) for path, digests in record.known.items()}
    for _ in range(PLANS_MAX):
        try:
            places = plan(
                version,
                before=record.files,
                known=known,
                number=request.version,
                look=lambda path: _look(project, path),
            )
        except NoFreeName as problem:
            raise CannotHandOut(f"Too many files have names like {problem}. Remove some of them.") from None
        if all(it.is_there or _put(project, it.to, *contents[it.source]) for it in places):
            answer = _answer(places)
            note_app(home, request, {path: content for path, (content, _) in contents.items()})
            _write_record(file, request.version, version, record, answer)
            return replace(answer, notice=_notice(request, answer)) if places else answer
    raise CannotHandOut("The folder changes all the time. It is tried again later.")


def _project_of(home: Path) -> Path:
    project = home / "project"
    if not os.path.lexists(project):
        project.mkdir()
    if not project.is_dir():
        raise CannotHandOut("~/project is not a folder. Give it another name, and launch the workspace again.")
    return project


def _may_start(home: Path, project: Path, file: Path, record: Record, version: dict[str, str]) -> bool:
    """Whether a starter may come into the project, which then has room for it. A record says that
    it began: after a failure half of the files may be there, which are not the student's."""
    if not file.exists():
        others = (_read_record(it) for it in (home / RECORDS).glob("*.json"))
        if not is_new(home, project, {path.partition("/")[0] for it in others for path in it.files}):
            return False
        _write_record(file, 0, {}, record, record.answer)
    clear_away(home, project, version)
    return True


def _contents(request: HandOutRequest) -> dict[str, tuple[bytes, bool]]:
    """Path below the project → content, and whether it is a program. The platform has checked the
    files; a home is not where to find out that it has not."""
    if not (is_safe_folder(request.folder) or (request.starter and not request.folder)):
        raise CannotHandOut("The name of the assignment's folder cannot be used.")
    try:
        files = read_files(io.BytesIO(base64.b64decode(request.files, validate=True)))
    except (BadFiles, binascii.Error, zipfile.BadZipFile, zlib.error) as problem:
        raise CannotHandOut(f"The assignment's files cannot be read: {problem}") from None
    top = f"{request.folder}/" if request.folder else ""
    return {f"{top}{it.path}": (it.content, it.is_program) for it in files}


def _look(project: Path, path: str) -> Found:
    place = project / path
    try:
        mode = place.lstat()
    except FileNotFoundError:
        return Found(Kind.NOTHING)
    except NotADirectoryError:
        return Found(Kind.OTHER)
    if stat.S_ISDIR(mode.st_mode):
        return Found(Kind.FOLDER)
    if not stat.S_ISREG(mode.st_mode) or mode.st_size > HASHED_BYTES_MAX:
        return Found(Kind.OTHER)
    try:
        with os.fdopen(os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as opened:
            return Found(Kind.FILE, hashlib.sha256(opened.read(HASHED_BYTES_MAX + 1)).hexdigest())
    except OSError:
        return Found(Kind.OTHER)


def _put(project: Path, path: str, content: bytes, is_program: bool) -> bool:
    """Whether the file is there now. False: somebody was faster, so plan again: something came to
    the place, or its folder went."""
    place = project / path
    beside = place.with_name(f".apranova-{os.getpid()}-{os.urandom(4).hex()}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        _write_durably(beside, content)
        beside.chmod(0o755 if is_program else 0o644)
        os.link(beside, place, follow_symlinks=False)
    except (FileExistsError, FileNotFoundError, NotADirectoryError):
        return False
    finally:
        with suppress(FileNotFoundError, NotADirectoryError):
            beside.unlink()
    return True


def _write_durably(new: Path, content: bytes) -> None:
    """After a power cut nobody would look again: the platform has heard that the home has it."""
    with new.open("xb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())


def _read_record(file: Path) -> Record:
    """A student may have changed it: then everything counts as not handed out yet, and what is
    there stays all the same."""
    try:
        value: Any = json.loads(file.read_bytes())
        return Record(
            int(value["version"]),
            {str(path): str(digest) for path, digest in value["files"].items()},
            {str(path): [str(it) for it in digests] for path, digests in value["known"].items()},
            from_json(HandOutAnswer, value["answer"]),
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return Record()


def _write_record(file: Path, number: int, version: dict[str, str], before: Record, answer: HandOutAnswer) -> None:
    known = {**before.known}
    for path, digest in version.items():
        known[path] = [*(it for it in known.get(path, []) if it != digest), digest]
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_suffix(".new")
    beside.unlink(missing_ok=True)
    text = json.dumps({"version": number, "files": version, "known": known, "answer": to_json(answer)})
    _write_durably(beside, text.encode())  # and with it the names that were linked before
    beside.replace(file)


def _answer(places: tuple[Place, ...]) -> HandOutAnswer:
    beside = [Beside(it.source, it.to, it.changed_by_student) for it in places if it.is_beside]
    return HandOutAnswer(HandOutState.DONE, tuple(beside[:BESIDE_MAX]), len(beside))


def _notice(request: HandOutRequest, answer: HandOutAnswer) -> str:
    if request.starter:
        return "Your class starts with files from your instructor. They are in ~/project."
    came = "returned" if request.returned else "handed out"
    if not answer.beside:
        return f"Your instructor {came} files: ~/project/{request.folder}"
    count = "One file" if answer.beside_count == 1 else f"{answer.beside_count} files"
    return (
        f"Your instructor {came} new files in ~/project/{request.folder}. {count} came beside yours, "
        f"such as {answer.beside[0].new_path}: compare them, and keep what you want."
    )


def main(arguments: list[str]) -> int:
    home, file = Path(arguments[0]), Path(arguments[1])
    try:
        request = from_json(HandOutRequest, json.loads(file.read_bytes()))
    except (BadMessage, ValueError) as problem:
        answer = HandOutAnswer(HandOutState.FAILED, failure=f"The hand-out cannot be read: {problem}")
    else:
        answer = hand_out(home, request)
    file.with_suffix(".answer").write_text(json.dumps(to_json(answer), ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
