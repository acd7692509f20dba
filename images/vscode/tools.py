"""/opt/tools/bin: commands that students expect in a terminal, for machines that lack them.

It comes last on the PATH, so the machine's own commands win. `proxy-connect` is for SSH,
`github-sign-in` for Git. What no package brings (git, man, less, curl, jq, sqlite3, make) is the
machine's, or the container image's.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from images.python_runtime import StudentPython
from images.vscode import recipe

PROGRAMS = {
    "proxy-connect": Path(__file__).with_name("proxy_connect.py"),
    "github-sign-in": Path(__file__).with_name("github_sign_in.py"),
}
_RIPGREP = recipe.VSCODE / "node_modules/@vscode/ripgrep-universal/bin"

_SCRIPTS = {
    # VS Code puts its command on the PATH of each of its terminals, as code-server.
    "code": """\
if ! command -v code-server >/dev/null; then
    echo "code: it works in VS Code's terminal only" >&2
    exit 1
fi
exec code-server "$@"
""",
    # With the Python of the project's environment, which need not have it installed.
    "debugpy": f"""\
exec python3 /opt/code-server/{recipe.DEBUGPY} "$@"
""",
    # Debian's Python has pip only in a package of its own, and a wheel of it for new environments.
    "pip": """\
if "{python}" -c "import pip" 2>/dev/null; then exec "{python}" -m pip "$@"; fi
for wheel in /usr/share/python-wheels/pip-*.whl; do
    if [ -e "$wheel" ]; then exec "{python}" "$wheel/pip" "$@"; fi
done
echo "pip: make an environment first: python3 -m venv .venv && . .venv/bin/activate" >&2
exit 1
""",
}


def fill(into: Path, *, code_server: Path, python: StudentPython) -> None:
    """Make `into`/bin."""
    folder = into / "bin"
    folder.mkdir()
    for name, text in _SCRIPTS.items():
        script = folder / name
        script.write_text(f"#!/bin/sh\n{text.format(python=python.command) if name == 'pip' else text}")
        script.chmod(0o755)
    for name, source in PROGRAMS.items():
        program = folder / name
        program.write_text(f"#!{python.command} -IS\n{source.read_text()}")
        program.chmod(0o755)
    (folder / "pip3").symlink_to("pip")
    (folder / "python").symlink_to(python.command)
    (ripgrep,) = (code_server / _RIPGREP).glob("*/rg")
    shutil.copy2(ripgrep, folder / "rg")
