"""Django's commands for the backend: `python -m backend.manage <command>`."""

from __future__ import annotations

import os
import sys

from backend.platform.environment import OFFLINE_COMMANDS, offline


def main(arguments: list[str]) -> None:
    if len(arguments) > 1 and arguments[1] in OFFLINE_COMMANDS:
        os.environ.update(offline(os.environ))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.config.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(arguments)


if __name__ == "__main__":
    main(sys.argv)
