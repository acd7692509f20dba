"""`prepare`: everything that must be done before the backend serves; safe to repeat."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from backend.cohorts.demo_school import seed
from backend.gateway.key_publication import publish


class Command(BaseCommand):
    help = (
        "Migrate, collect static files (if APRANOVA_STATIC_DIR is set), tell the manager on AWS our public key "
        "(if APRANOVA_PARAMETERS is set) and, when asked, create the demo school."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--demo-accounts", type=Path, help="create the demo school; its passwords go into this file"
        )
        parser.add_argument(
            "--without-static", action="store_true", help="leave static files as they are: an image has them"
        )

    def handle(self, *_args: Any, demo_accounts: Path | None, without_static: bool, **_options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        if settings.STATIC_ROOT and not without_static:
            call_command("collectstatic", interactive=False, verbosity=0)
        environment = settings.ENVIRONMENT
        if environment.manager_parameters:
            publish(environment.identity_private_key, environment.manager_parameters, region=environment.aws_region)
        if demo_accounts is not None:
            seed(demo_accounts)
        self.stdout.write("prepared")
