"""Two ways to put a challenge into DNS: our own name server, or a command of the operator's."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from certificates.settings import CHALLENGE_LABEL
from certificates.zone import ChallengeZones

HOOK_WITHIN_S = 600.0


class NotPublished(Exception):
    """The text says what the operator's command did and what is expected."""


class Publishing(Protocol):
    """Publishes TXT records. `withdraw` may come without a `publish`, and must not raise."""

    def publish(self, name: str, value: str) -> None:
        """Raises NotPublished."""
        ...

    def settle(self) -> None:
        """Return when the world can see what was published."""
        ...

    def withdraw(self, name: str, value: str) -> None: ...


@dataclass(frozen=True)
class OwnNameServer:
    zones: ChallengeZones

    def publish(self, name: str, value: str) -> None:
        self.zones.publish(name, value)

    def settle(self) -> None:
        """Nobody has a copy of our zones."""

    def withdraw(self, name: str, value: str) -> None:
        self.zones.withdraw(name, value)


@dataclass(frozen=True)
class Hook:
    """Calls a command for each record. Its environment has names of ours, and those of certbot's
    hooks, so that a hook written for certbot serves as it is."""

    command: tuple[str, ...]
    wait_s: float
    say: Callable[[str], None]

    def publish(self, name: str, value: str) -> None:
        if trouble := self._call("set", name, value):
            raise NotPublished(trouble)

    def settle(self) -> None:
        time.sleep(self.wait_s)

    def withdraw(self, name: str, value: str) -> None:
        if trouble := self._call("clear", name, value):
            self.say(f"The record {name} may still be in DNS, which does no harm: {trouble}")

    def _call(self, action: str, name: str, value: str) -> str:
        """What went wrong; empty if nothing."""
        variables = {
            "APRANOVA_DNS_ACTION": action,
            "APRANOVA_DNS_NAME": name,
            "APRANOVA_DNS_VALUE": value,
            "CERTBOT_DOMAIN": name.removeprefix(f"{CHALLENGE_LABEL}."),
            "CERTBOT_VALIDATION": value,
        }
        try:
            done = subprocess.run(
                self.command,
                env=dict(os.environ, **variables),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=HOOK_WITHIN_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"the command {self.command[0]} took longer than {HOOK_WITHIN_S / 60:.0f} minutes to {action} {name}"
        except OSError as error:
            return f"the command {self.command[0]} cannot be started: {error.strerror}. Correct tls.hook"
        if done.returncode == 0:
            return ""
        last = (done.stderr.strip() or done.stdout.strip() or "it printed nothing").splitlines()[-1]
        return f"the command {self.command[0]} could not {action} {name} (exit code {done.returncode}): {last}"
