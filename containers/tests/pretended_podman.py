"""A podman (or docker, soci, skopeo) that runs nothing.

It records its calls and answers as its behavior file says. `pretended` installs it.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

GOOD: dict[str, Any] = {
    "info": 0, "build": 0, "push": 0, "convert": 0, "soci_help": "   --standalone   without containerd", "uid": "10001", "writable": "", "healthy": 0, "exit_code": 0, "running": True,
    "health_check": ["CMD", "probe"], "agent": {"ready_s": 1.5, "page": 302, "failure": ""},
}  # fmt: skip


@dataclass(frozen=True)
class PretendedPodman:
    program: Path

    def behave(self, **changes: Any) -> None:
        self.program.with_name("behavior.json").write_text(json.dumps(GOOD | changes))

    def calls(self, command: str) -> list[list[str]]:
        lines = self.program.with_name("calls.jsonl").read_text().splitlines()
        return [call for line in lines if (call := json.loads(line))[0] == command]


def pretended(folder: Path, name: str = "podman") -> PretendedPodman:
    program = folder / name
    program.write_text(
        f"#!{sys.executable} -IS\nimport runpy\nrunpy.run_path({__file__!r}, {{'HERE': {str(folder)!r}}}, '__main__')\n"
    )
    program.chmod(0o755)
    podman = PretendedPodman(program)
    podman.behave()
    return podman


def main(arguments: list[str]) -> int:
    folder = Path(globals()["HERE"])
    behavior = json.loads((folder / "behavior.json").read_text())
    with (folder / "calls.jsonl").open("a") as calls:
        calls.write(json.dumps(arguments) + "\n")
    match arguments:
        case ["info" | "build" | "push" as command, *_]:
            sys.stderr.write(f"{command}: the engine's last words\n" if behavior[command] else "")
            return behavior[command]
        case ["convert", "--help"]:
            print(behavior["soci_help"])
        case ["convert", *_]:
            return behavior["convert"]
        case ["image", "inspect", _]:
            print(json.dumps([{"Size": 123_000_000, "Config": {}, "Healthcheck": {"Test": behavior["health_check"]}}]))
        case ["container", "inspect", _]:
            print(json.dumps([{"State": {"Running": behavior["running"], "ExitCode": behavior["exit_code"]}}]))
        case ["run", "--rm", *_]:
            print("libc6 2.36-9 amd64")
        case ["run", *_]:
            print("container-1")
        case ["exec", "--user", "0", *_]:
            print(behavior["writable"])
        case ["exec", _, "id", "-u"]:
            print(behavior["uid"])
        case ["exec", _, "probe"]:
            return behavior["healthy"]
        case ["exec", *_]:
            print(json.dumps(behavior["agent"]))
        case ["logs", _]:
            print("the application's last words")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
