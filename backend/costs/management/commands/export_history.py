"""`export_history`: launches and stops as JSON lines without names, for the simulator's replay."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.costs.hours import history

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
FAR_AHEAD = datetime(2100, 1, 1, tzinfo=UTC)
PURPOSE = b"history pseudonyms"
PSEUDONYM_LENGTH = 12


class Command(BaseCommand):
    help = (
        "Write launches and stops to the standard output, one JSON object a line: at, workspace (a pseudonym), cohort, "
        "kind, action, size."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="begin", type=_moment, default=LONG_AGO, metavar="DATE")
        parser.add_argument("--to", dest="end", type=_moment, default=FAR_AHEAD, metavar="DATE")

    def handle(self, *_args: Any, begin: datetime, end: datetime, **_options: Any) -> None:
        if begin >= end:
            raise CommandError("--from must lie before --to")
        for line in history(begin, end):
            row = {
                "at": line.at.astimezone(UTC).isoformat(timespec="milliseconds"),
                "workspace": pseudonym(line.workspace_id),
                "cohort": line.cohort or None,
                "kind": line.kind.value,
                "action": line.action,
                "size": line.size or None,
            }
            self.stdout.write(json.dumps(row, ensure_ascii=False))


def pseudonym(workspace_id: str) -> str:
    """Stable for a workspace in every export. It cannot be reversed without the school's key."""
    digest = hmac.digest(settings.SECRET_KEY.encode(), PURPOSE + b"\0" + workspace_id.encode(), hashlib.sha256)
    return "w-" + base64.b32encode(digest).decode().lower()[:PSEUDONYM_LENGTH]


def _moment(text: str) -> datetime:
    """A day or a moment, ISO 8601; without a zone in UTC. argparse reports the ValueError."""
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{text!r} is no date; write 2026-11-23 or 2026-11-23T09:00:00+01:00") from None
    if len(text) <= len("2026-11-23"):
        value = datetime.combine(value.date(), time(), UTC)
    return value if value.tzinfo is not None else value.replace(tzinfo=UTC)
