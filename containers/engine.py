"""Docker or Podman, through their command lines, which take the same words."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CALL_TIMEOUT_S = 120.0
BUILD_TIMEOUT_S = 3600.0
NO_ENGINE = (
    "container images are built with Docker or Podman, and neither works here:\n{reasons}\n"
    "Install one (Debian, Ubuntu: sudo apt install podman) and run the same command again. Bills of materials need none: --bills-only"
)


class NoEngine(Exception):
    """Neither Docker nor Podman works here; the text says why and what to do."""


class EngineFailed(Exception):
    """The engine refused or failed; the text carries the end of its output."""


@dataclass(frozen=True)
class Build:
    """The arguments of one build."""

    dockerfile: Path
    tag: str
    target: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, Path] = field(default_factory=dict)
    platform: str = ""
    """Such as linux/arm64; empty: this machine's."""


def stream(command: Sequence[str]) -> None:
    """Run a long command whose output the operator sees. Raises EngineFailed."""
    code = subprocess.call(command, stdin=subprocess.DEVNULL, timeout=BUILD_TIMEOUT_S)
    if code != 0:
        failed = f"`{' '.join(command)}` failed (exit code {code})"
        raise EngineFailed(f"{failed}. Are you signed in to the registry, and is the disk full?")


def find_engine(wanted: str = "") -> Engine:
    """The engine that works, Docker first. `wanted`: the operator's own command."""
    reasons = []
    for words in [tuple(shlex.split(wanted))] if wanted else [("docker",), ("podman",)]:
        problem = _why_not(words)
        if not problem:
            return Engine(words)
        reasons.append(f"  {words[0]}: {problem}")
    raise NoEngine(NO_ENGINE.format(reasons="\n".join(reasons)))


def _why_not(words: Sequence[str]) -> str:
    if shutil.which(words[0]) is None:
        return "it is not installed"
    try:
        done = subprocess.run(
            [*words, "info"],
            capture_output=True,
            text=True,
            timeout=CALL_TIMEOUT_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        return f"it does not answer ({problem})"
    if done.returncode == 0:
        return ""
    said = (done.stderr or done.stdout).strip().splitlines()
    return said[-1] if said else f"`{words[0]} info` fails with code {done.returncode}"


@dataclass(frozen=True)
class Engine:
    words: tuple[str, ...]
    """The program and options that stand before its commands."""

    @property
    def is_podman(self) -> bool:
        return "podman" in Path(self.words[0]).name

    def build(self, build: Build, context: Path, log: Path) -> None:
        """Raises EngineFailed. `log` gets all output."""
        options = ["--file", str(build.dockerfile), "--tag", build.tag]
        if self.is_podman:
            # Podman's own format has no HEALTHCHECK. Docker, too, builds in the host's network.
            options += ["--format", "docker", "--network", "host"]
        if build.target:
            options += ["--target", build.target]
        if build.platform:
            options += ["--platform", build.platform]
        for name, value in build.arguments.items():
            options += ["--build-arg", f"{name}={value}"]
        for name, file in build.secrets.items():
            options += ["--secret", f"id={name},src={file}"]
        with log.open("wb") as output:
            code = subprocess.call(
                [*self.words, "build", *options, str(context)],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, timeout=BUILD_TIMEOUT_S,
            )  # fmt: skip
        if code != 0:
            last = "\n".join(f"  | {line}" for line in log.read_text(errors="replace").splitlines()[-15:])
            raise EngineFailed(f"{build.tag} could not be built (exit code {code}).\n{last}\n  Whole log: {log}")

    def inspect(self, image: str) -> dict[str, Any]:
        """What the engine knows about an image. Raises EngineFailed."""
        return json.loads(self._call("image", "inspect", image))[0]

    def start(self, image: str, *, environment: Mapping[str, str], volumes: Sequence[str] = ()) -> str:
        """Start a container as the platform does, but without a network. Returns its id."""
        options = ["--detach", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"]
        options += ["--network", "none", "--no-healthcheck"]
        if self.is_podman:
            options.append("--read-only-tmpfs=false")  # as on ECS, only declared volumes can be written
        for name, value in environment.items():
            options += ["--env", f"{name}={value}"]
        for volume in volumes:
            options += ["--volume", volume]
        return self._call("run", *options, image).strip().splitlines()[-1]

    def execute(self, container: str, command: Sequence[str], *, user: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command inside a container. The caller checks the exit code."""
        return self._run("exec", *(("--user", user) if user else ()), container, *command)

    def output_of(self, image: str, command: Sequence[str]) -> str:
        """What a command prints in a fresh container of an image. Raises EngineFailed."""
        return self._call("run", "--rm", "--no-healthcheck", "--network", "none", "--entrypoint", command[0], image, *command[1:])  # fmt: skip

    def state(self, container: str) -> dict[str, Any]:
        return json.loads(self._call("container", "inspect", container))[0]["State"]

    def stop(self, container: str, *, grace_s: int) -> None:
        self._call("stop", "--time", str(grace_s), container)

    def logs(self, container: str) -> str:
        done = self._run("logs", container)
        return done.stdout + done.stderr

    def remove(self, container: str) -> None:
        self._run("rm", "--force", "--volumes", container)

    def save(self, image: str, file: Path) -> None:
        """As an OCI archive with layers in gzip; Podman only. Raises EngineFailed."""
        stream([*self.words, "save", "--format", "oci-archive", "--output", str(file), image])

    def push(self, image: str, *, compression: str) -> None:
        """`compression`: gzip, or zstd (Podman only). Raises EngineFailed."""
        options = ("--compression-format", compression) if self.is_podman else ()
        stream([*self.words, "push", *options, image])

    def _call(self, *arguments: str) -> str:
        done = self._run(*arguments)
        if done.returncode != 0:
            raise EngineFailed(f"`{self.words[0]} {arguments[0]}` failed: {done.stderr.strip()[-2000:]}")
        return done.stdout

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                [*self.words, *arguments],
                capture_output=True, text=True, timeout=CALL_TIMEOUT_S, check=False, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        except subprocess.TimeoutExpired as problem:
            raise EngineFailed(
                f"`{self.words[0]} {arguments[0]}` did not end within {CALL_TIMEOUT_S:.0f} s"
            ) from problem
