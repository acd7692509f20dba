"""A student's home on its first day: a project to start in, a name for git."""

from __future__ import annotations

import json
import os
from pathlib import Path

from agent.hand_out.new_project import MADE, made_by_workspace
from agent.home_repair import HomeRepair

CODE_SERVER_DATA = ".local/share/code-server"
_EXTENSIONS = f"{CODE_SERVER_DATA}/extensions/extensions.json"
_LOCKS = f"{CODE_SERVER_DATA}/User/workspaceStorage"
_BACKUPS, _HISTORY = f"{CODE_SERVER_DATA}/User/Backups", f"{CODE_SERVER_DATA}/User/History"
_FIRST_LINE_MAX, _ENTRIES_MAX = 10_000, 1_000_000
"""Bytes. VS Code keeps to the first; fifty entries, its most, need a hundredth of the second."""
_FOLDERS = ("User", "User/globalStorage", "User/workspaceStorage", "User/History", "Machine", "extensions", "logs")
"""Of VS Code's own folders, those that it does not start or save without."""
_RECORD = ".local/share/apranova/seed.json"
_NAMED, _REMEMBERS, _SSH = "gitconfig", "credentials", "ssh"
"""What the record holds once git knew the student's name, once it keeps passwords, and once SSH
knew the way out. Each is written once: what a student changes or deletes stays so."""

_WELCOME = """\
# Welcome

This is your workspace: a computer of your own, in the browser. The files of your project are in the list on the left.
Click one to open it. What you type is saved by itself, about a second after you stop.

## Try it

1. Open a terminal: **Terminal → New Terminal** in the menu ☰ at the top left, or <kbd>Ctrl</kbd>+<kbd>`</kbd>.
   A terminal is where you type commands.
2. Type this and press Enter. It makes a file, and opens it:

   ```
   code hello.py
   ```

3. Write one line into the file: `print("Hello")`
4. Run it in the terminal:

   ```
   python3 hello.py
   ```

## What is here

| for | type in the terminal |
|---|---|
| JavaScript | `node hello.js` |
| packages for JavaScript | `npm install express` |
| packages for Python | `python3 -m venv .venv`, then `. .venv/bin/activate`, then `pip install flask` |
| a web app | start it, for example `python3 -m http.server 5173`; a notice offers to open it in the browser |
| a database | `psql`: PostgreSQL starts by itself. Your programs find its address in `DATABASE_URL` |
| keeping versions of your work | `git add .`, then `git commit`; or *Source Control* on the left |

## When you go

Just close the tab. If you do nothing for a while, the workspace warns you, saves everything and stops. Your files, open
tabs, unsaved text and databases are there when you come back, on any computer. Programs that were running are not: start
them again.

You can change or delete this page; it is a file like any other: `README.md`.
"""

_SSH_CONFIG = """\
# SSH leaves the workspace through its proxy. This file is yours: ApraNova wrote it once.
Host * !localhost !127.0.0.1
    ProxyCommand /opt/tools/bin/proxy-connect %h %p
"""

_GITIGNORE = "node_modules/\n.venv/\n__pycache__/\n.env\n"
_PROJECT = {"README.md": _WELCOME, ".gitignore": _GITIGNORE}


def make_usable(repair: HomeRepair, home: Path) -> None:
    """Repair the folder in which VS Code keeps what is its own."""
    data = home / CODE_SERVER_DATA
    repair.folder(data)
    for name in _FOLDERS:
        if (data / name).is_symlink() or (data / name).exists():
            repair.folder(data / name)
    repair.tree(data, leave_out=("extensions",))


def seed(repair: HomeRepair, home: Path, project: Path, *, name: str, email: str) -> bool:
    """Prepare the home; returns whether the project is new and should become a git repository.

    What a student deleted stays deleted; only what VS Code cannot do without is written again. A
    home in any condition opens: `repair` notes what could not be written.
    """
    make_usable(repair, home)
    is_new = not project.is_dir()
    repair.folder(project)
    if is_new:
        repair.folder((home / MADE).parent)
        repair.write(home / MADE, made_by_workspace(_PROJECT))
        for file, text in _PROJECT.items():
            repair.write(project / file, text)
    _list_extensions(repair, home / _EXTENSIONS)
    _drop_old_locks(repair, home)
    _drop_saved_backups(repair, home)
    _write_once(repair, home, name, email)
    repair.has_room(home)
    return is_new


def _write_once(repair: HomeRepair, home: Path, name: str, email: str) -> None:
    record = home / _RECORD
    repair.folder(record.parent)
    repair.file(record)
    with repair.best_effort():
        before = _recorded(record)
        done = set(before)
        # A name that arrives later (an account without one at first) is still taken over.
        if name and _NAMED not in done:
            _write_git_config(repair, home, name, email)
            done.add(_NAMED)
        if _REMEMBERS not in done and _remember_credentials(home):
            done.add(_REMEMBERS)
        if _SSH not in done:
            _write_ssh_config(repair, home)
            done.add(_SSH)
        if done != before:
            repair.write(record, json.dumps({"version": 1, "files": sorted(done)}))


def _recorded(record: Path) -> set[str]:
    try:
        return {str(name) for name in json.loads(record.read_bytes())["files"]}
    except (FileNotFoundError, ValueError, TypeError, KeyError, RecursionError):
        return set()


def _list_extensions(repair: HomeRepair, file: Path) -> None:
    """VS Code writes its list of extensions when the server starts, before this home was there.
    Without it VS Code finds no extension, not even its own: no Git, no language help."""
    repair.folder(file.parent)
    repair.file(file)
    with repair.best_effort():
        if file.exists() and not _is_list(file.read_bytes()):
            repair.set_aside(file, "was damaged")
    if not file.exists():
        repair.write(file, "[]", needed=True)


def _is_list(text: bytes) -> bool:
    try:
        return isinstance(json.loads(text), list)
    except (ValueError, RecursionError):
        return False


def _drop_old_locks(repair: HomeRepair, home: Path) -> None:
    """An extension host that ended with its task leaves its lock, with a process id that another
    process has by now. For ten minutes the next one would take it for a living one and store what
    extensions keep in another folder; later it waits 2 s."""
    with repair.best_effort():
        for lock in (home / _LOCKS).glob("*/vscode.lock"):
            lock.unlink(missing_ok=True)


def _drop_saved_backups(repair: HomeRepair, home: Path) -> None:
    """VS Code backs up unsaved text, and does not remove the backup when somebody types on without
    a pause after an interruption. After a crash it would open that older text in place of the file,
    and save nothing any more, because the file is newer."""
    with repair.best_effort():
        for backup in (home / _BACKUPS).glob("*/vscode-remote/*"):
            if backup.is_file() and _was_saved_since(backup, home / _HISTORY / backup.name / "entries.json"):
                backup.unlink()


def _was_saved_since(backup: Path, entries: Path) -> bool:
    """Whether VS Code's local history has a later save of the same file."""
    if not entries.is_file() or entries.stat().st_size > _ENTRIES_MAX:
        return False
    with backup.open("rb") as file:
        address = file.readline(_FIRST_LINE_MAX).split(b" ")[0].decode(errors="replace")
    try:
        history = json.loads(entries.read_bytes())
        saved_ms = max(entry["timestamp"] for entry in history["entries"])
        return bool(history["resource"] == address and saved_ms > backup.stat().st_mtime * 1e3)
    except (ValueError, TypeError, KeyError, RecursionError):
        return False


def _write_git_config(repair: HomeRepair, home: Path, name: str, email: str) -> None:
    """Never touches a configuration that is there already."""
    file = home / ".gitconfig"
    if not file.is_symlink():
        repair.file(file)  # git would wait for a pipe forever
    if file.is_symlink() or file.exists() or (home / ".config/git/config").exists():
        return
    lines = ["[init]", "\tdefaultBranch = main", "[user]", f"\tname = {_quoted(name)}"]
    if email:
        lines.append(f"\temail = {_quoted(email)}")
    repair.write(file, "\n".join(lines) + "\n")


def _remember_credentials(home: Path) -> bool:
    """Git keeps passwords and tokens for https addresses in ~/.git-credentials, as only the home
    outlives a task. False: there is no configuration of Git yet."""
    file = home / ".gitconfig"
    if file.is_symlink() or not file.is_file():
        return False
    if "[credential" not in file.read_text(errors="replace"):
        with file.open("a") as configuration:
            configuration.write("[credential]\n\thelper = store\n")
    return True


def _write_ssh_config(repair: HomeRepair, home: Path) -> None:
    """Never touches a configuration that is there already."""
    folder = home / ".ssh"
    if not os.path.lexists(folder / "config"):
        repair.folder(folder)
        repair.write(folder / "config", _SSH_CONFIG)
        folder.chmod(0o700)  # SSH refuses files that others may write
        (folder / "config").chmod(0o600)


def _quoted(value: str) -> str:
    """A value for git's configuration: what could end the line or the quotes is made harmless."""
    plain = "".join(character for character in value if character.isprintable())
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'
