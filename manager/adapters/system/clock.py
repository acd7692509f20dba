"""`Clock` and `Ids` from the machine."""

from __future__ import annotations

import base64
import secrets
import time


class SystemClock:
    def now(self) -> float:
        return time.time()


class RandomIds:
    """Ten random bytes are sixteen base-32 characters: 80 bits, no padding."""

    def task_id(self) -> str:
        return f"task-{_base32(10)}"

    def home_id(self) -> str:
        return f"home-{_base32(10)}"

    def secret(self) -> str:
        return secrets.token_urlsafe(32)


def _base32(count: int) -> str:
    return base64.b32encode(secrets.token_bytes(count)).decode().lower()
