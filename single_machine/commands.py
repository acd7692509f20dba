"""What each command with the school's settings does, but `up` and `unit`, which import no other."""

from __future__ import annotations

import argparse

from single_machine import (
    build,
    doctor,
    down,
    export_history,
    first_admin,
    packages,
    rebuild_records,
    reset,
    restore,
    status,
    upgrade_steps,
)
from single_machine.backup import make
from single_machine.preflight import CannotGoOn
from single_machine.settings import Settings


def carry_out(arguments: argparse.Namespace, settings: Settings) -> int:
    match arguments.command:
        case "doctor":
            return doctor.run(settings, as_json=arguments.json, send_mail=arguments.mail, hourly=arguments.hourly)
        case "first-admin":
            return first_admin.run(settings)
        case "check-settings":
            return 0
        case "copy-databases":
            return upgrade_steps.copy_databases(settings)
        case "migrate":
            return upgrade_steps.migrate(settings)
        case "build":
            return build.run(settings.source)
        case "down":
            return down.run(settings)
        case "status":
            return status.run(settings, as_json=arguments.json)
        case "restore" if arguments.rebuild_records:
            return rebuild_records.run(settings)
        case "restore" if arguments.workspace is None:
            raise CannotGoOn("name a workspace, ws-…: ./apranova status lists them. Or use --rebuild-records.")
        case "restore":
            return restore.run(settings, workspace_id=arguments.workspace, snapshot=arguments.snapshot)
        case "backup":
            return make.run(settings, list_them=arguments.list, prove=arguments.prove, nightly=arguments.nightly)
        case "packages":
            return packages.run(settings, arguments.folder)
        case "export-history":
            return export_history.run(settings, begin=arguments.begin, end=arguments.end)
        case _:
            return reset.run(settings, ask=not arguments.yes)
