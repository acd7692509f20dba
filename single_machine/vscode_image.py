"""The VS Code image is built in the background, so that the portal answers before the slow installation is done."""

from __future__ import annotations

import os
import subprocess
import sys
import time

from single_machine.processes import ProcessSpec, spawn
from single_machine.settings import Settings

KIND = "vscode"


class ImageBuild:
    """One child process that builds the image; it keeps a line beside the images that the Launch button shows."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._began = 0.0
        self._log = settings.logs / "vscode-image.log"

    def is_built(self) -> bool:
        """Whether some complete image is there; the build itself decides whether it is the current one."""
        return any(self._settings.images.glob(f"{KIND}-*/image.json"))

    def start_if_missing(self) -> None:
        """Start the build; it returns at once when nothing changed."""
        settings = self._settings
        self._began = time.monotonic()
        spec = ProcessSpec(
            name="vscode-image",
            command=(
                "nice", sys.executable, "-m", "images.vscode.build",
                "--images", str(settings.images),
            ),
            environment=dict(os.environ, PYTHONPATH=str(settings.source), PYTHONUNBUFFERED="1"),
            ready=lambda: True,
            working_folder=settings.source,
        )  # fmt: skip
        self._process = spawn(spec, self._log)

    def news(self) -> list[str]:
        """Lines for the operator since the last call: that the build is done, or why it failed."""
        if self._process is None or self._process.poll() is None:
            return []
        code, self._process = self._process.returncode, None
        seconds = time.monotonic() - self._began
        if code == 0:
            return [f"  [green]✓[/] VS Code is installed [dim]({seconds:.0f} s)[/]"] if seconds > 5 else []
        last = "\n".join(f"  | {line}" for line in self._log.read_text(errors="replace").splitlines()[-6:])
        return [
            f"  [red]✗[/] VS Code could not be installed; workspaces cannot start.\n{last}\n  Whole log: {self._log}"
        ]

    def stop(self) -> None:
        """End the build, with the compilers that it started; the next `up` goes on from what is complete."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, 15)
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, 9)
                self._process.wait()
