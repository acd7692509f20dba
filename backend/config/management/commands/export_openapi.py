"""`export_openapi`: write backend/openapi.json, from which the portal's client is generated."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

PATH = Path(__file__).resolve().parents[3] / "openapi.json"


def openapi_text() -> str:
    from backend.config.api import api

    return json.dumps(api.get_openapi_schema(), indent=2, default=str) + "\n"


class Command(BaseCommand):
    help = "Write the OpenAPI document of the API to backend/openapi.json (or to --output)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--output", type=Path, default=PATH)

    def handle(self, *_args: Any, output: Path, **_options: Any) -> None:
        output.write_text(openapi_text())
        self.stdout.write(f"wrote {output.name}")
