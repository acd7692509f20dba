"""A student's home on its first day: a project to start in, a name for git."""

from __future__ import annotations

from pathlib import Path

from agent.application import ApplicationFailed

CODE_SERVER_DATA = ".local/share/code-server"
_EXTENSIONS = f"{CODE_SERVER_DATA}/extensions/extensions.json"
_LOCKS = f"{CODE_SERVER_DATA}/User/workspaceStorage"
_RECORD = ".local/share/apranova/seed.json"
_NAMED = '{"version": 1, "files": ["gitconfig", "project"]}'
"""What the record holds once git knew the student's name."""

_WELCOME = """\
# Welcome to your workspace

This is a full computer for you alone. Everything below your home folder is kept when you close the tab, when the
workspace goes to sleep, and when you come back next week.

## First steps

1. **Open a terminal**: menu *Terminal → New Terminal*, or press <kbd>Ctrl</kbd>+<kbd>`</kbd>.
2. **Try a program**: create `hello.py` with `print("Hello")`, then run `python3 hello.py`.
   Or `hello.js` with `console.log("Hello")`, then `node hello.js`.
3. **Install what you need**: `npm install …`, or `python3 -m venv .venv && . .venv/bin/activate && pip install …`.
4. **Keep versions**: this folder is a git repository. Look at the *Source Control* view on the left.

Files are saved by themselves about a second after you stop typing.

## When you walk away

After a while without activity the workspace saves everything and goes to sleep. You are warned before, and *Keep running*
keeps it up for a long job. Programs that were running have to be started again when you come back; files, open editors and
text that you have not saved are as you left them.
"""

_GITIGNORE = "node_modules/\n.venv/\n__pycache__/\n.env\n"


def seed(home: Path, project: Path, *, name: str, email: str) -> bool:
    """Prepare the home; returns whether the project is new and should become a git repository.

    What a student deleted stays deleted; only what VS Code cannot do without is written again.
    Raises ApplicationFailed.
    """
    record = home / _RECORD
    try:
        is_new = not project.exists()
        project.mkdir(parents=True, exist_ok=True)
        if is_new:
            (project / "README.md").write_text(_WELCOME)
            (project / ".gitignore").write_text(_GITIGNORE)
        _list_extensions(home)
        _drop_old_locks(home)
        # A name that arrives later (an account without one at first) is still taken over.
        if name and not (record.exists() and "gitconfig" in record.read_text()):
            _write_git_config(home, name, email)
            record.parent.mkdir(parents=True, exist_ok=True)
            record.write_text(_NAMED)
    except OSError as problem:
        raise ApplicationFailed(f"the home cannot be written: {problem.strerror}") from problem
    return is_new


def _list_extensions(home: Path) -> None:
    """VS Code writes its list of extensions when the server starts, before this home was there.
    Without it VS Code finds no extension, not even its own: no Git, no language help."""
    file = home / _EXTENSIONS
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("[]")


def _drop_old_locks(home: Path) -> None:
    """An extension host that ended with its task leaves its lock, with a process id that another
    process has by now. For ten minutes the next one would take it for a living one and store what
    extensions keep in another folder; later it waits 2 s."""
    for lock in (home / _LOCKS).glob("*/vscode.lock"):
        lock.unlink(missing_ok=True)


def _write_git_config(home: Path, name: str, email: str) -> None:
    """Never touches a configuration that is there already."""
    if (home / ".gitconfig").exists() or (home / ".config/git/config").exists():
        return
    lines = ["[init]", "\tdefaultBranch = main", "[user]", f"\tname = {_quoted(name)}"]
    if email:
        lines.append(f"\temail = {_quoted(email)}")
    (home / ".gitconfig").write_text("\n".join(lines) + "\n")


def _quoted(value: str) -> str:
    """A value for git's configuration: what could end the line or the quotes is made harmless."""
    plain = "".join(character for character in value if character.isprintable())
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'
