"""`seed_demo`: create the demo school's accounts; safe to repeat."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from backend.accounts.demo_school import seed


class Command(BaseCommand):
    help = "Create the demo school's accounts that are missing; their random passwords go into the file, once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--credentials-file", type=Path, required=True)

    def handle(self, *_args: Any, credentials_file: Path, **_options: Any) -> None:
        created = seed(credentials_file)
        self.stdout.write(f"created {len(created)} accounts" if created else "all demo accounts exist")
