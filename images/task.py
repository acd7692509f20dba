"""The first program of a task, copied to /opt/apranova/task.py, next to the packages it imports.

Its argument names the kind's Application: `images.vscode.application:VSCode`.
"""

from __future__ import annotations

import pkgutil
import sys

# asyncio loads OpenSSL if it can, for TLS that no task uses; without it every task is 4 MB smaller.
sys.modules["ssl"] = None  # type: ignore[assignment]

from agent.main import main  # noqa: E402

if __name__ == "__main__":
    raise SystemExit(main(pkgutil.resolve_name(sys.argv[1])))
