"""`record_restore WORKSPACE SNAPSHOT TAKEN_AT OPERATOR`: for `./apranova restore`, which asks the
manager itself, so that the audit log has what is done on the server as well."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from backend.audit.record import record


class Command(BaseCommand):
    help = "Write into the audit log that a workspace's files are put back from the server."

    def add_arguments(self, parser: CommandParser) -> None:
        for name in ("workspace", "snapshot", "taken_at", "operator"):
            parser.add_argument(name)

    def handle(self, *_args: Any, workspace: str, snapshot: str, taken_at: str, operator: str, **_options: Any) -> None:
        record(
            "workspace.restore_on_server",
            actor=None,
            target_type="workspace",
            target_id=workspace,
            snapshot=snapshot,
            taken_at=taken_at,
            operator=operator,
        )
