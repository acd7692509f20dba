"""`./apranova up | doctor | down | status | reset | restore | backup | export-history`."""

from __future__ import annotations

import argparse
import functools
import os
import sys
from pathlib import Path

from contract.environment import BadSetting
from single_machine.backup.settings import REMOTE
from single_machine.network_programs import variables_for_programs
from single_machine.preflight import CannotGoOn, refused_by_the_machine
from single_machine.school_file import in_words_of_the_file, read_school_file
from single_machine.settings import Settings, read_settings

UNITS_BELOW = ("sandboxes", "engine", "gateway")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="apranova",
        description="ApraNova on one machine.",
        epilog="All data is in APRANOVA_HOME (default: the user's data folder). Other settings: docs/guides/operator.md",
    )
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--settings", type=Path, metavar="FILE", help="the school's settings, a TOML file (default: APRANOVA_SETTINGS)"
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    add_command = functools.partial(commands.add_parser, parents=[common])
    up_parser = add_command("up", help="set up what is missing and start the product; stays until Ctrl-C")
    up_parser.add_argument("--port", type=int, help="the one port people use (default 8080, or APRANOVA_PORT)")
    up_parser.add_argument("--no-demo", action="store_true", help="do not create the demo school's accounts")
    doctor_parser = add_command("doctor", help="check this machine and its settings; says what fixes what is wrong")
    doctor_parser.add_argument("--json", action="store_true", help="print JSON")
    doctor_parser.add_argument("--mail", action="store_true", help="send a mail to every admin, too")
    doctor_parser.add_argument("--hourly", action="store_true", help=argparse.SUPPRESS)
    add_command("down", help="stop what `up` started")
    status_parser = add_command("status", help="show what runs, what it uses, and which limits are enforced")
    status_parser.add_argument("--json", action="store_true", help="print JSON")
    reset_parser = add_command("reset", help="delete all data of this machine's school (asks first)")
    reset_parser.add_argument("--yes", action="store_true", help="do not ask")
    restore_parser = add_command("restore", help="put a stopped workspace's files back as they were")
    restore_parser.add_argument("workspace", nargs="?", help="its id: ws-…")
    restore_parser.add_argument(
        "snapshot", nargs="?", help="its first characters; without it, the snapshots are listed"
    )
    restore_parser.add_argument(
        "--rebuild-records", action="store_true", help="make the manager's lost records again, from the homes"
    )
    backup_parser = add_command("backup", help="back up the whole school to another disk or machine")
    backup_parser.add_argument("--list", action="store_true", help="only list the backups there are")
    backup_parser.add_argument("--prove", action="store_true", help="then restore it into a scratch folder and compare")
    backup_parser.add_argument("--nightly", action="store_true", help="with the trial only when the month's is due")
    school_parser = add_command("restore-school", help="put a whole school back from a backup, on a bare machine")
    school_parser.add_argument("--from", dest="target", type=_target, metavar="TARGET", help="where the backups are")
    school_parser.add_argument("--password-file", type=_named, metavar="FILE", help="the password of the backups")
    school_parser.add_argument("--backup", metavar="ID", help="its first characters; without it, the newest")
    packages_parser = add_command("packages", help="put a project's packages where all workspaces find them")
    packages_parser.add_argument("folder", nargs="+", type=_named, help="with package-lock.json or requirements.txt")
    history_parser = add_command("export-history", help="print launches and stops as JSON lines, without names")
    history_parser.add_argument("--from", dest="begin", metavar="DATE", help="only since then (2026-11-23, UTC)")
    history_parser.add_argument("--to", dest="end", metavar="DATE", help="only before then")
    add_command("first-admin", help="print the link for the first admin, until they have a password")
    add_command("check-settings", help="read the settings; say what is wrong with them")
    add_command("build", help="build the portal, as `up` does before its first start")
    add_command("copy-databases", help="copy both databases, before an upgrade")
    add_command("migrate", help="bring the database up to date with this version, while the earlier one runs")
    unit_parser = add_command("unit")  # what systemd runs: it is in no list
    unit_parser.add_argument("name", choices=UNITS_BELOW)
    arguments = parser.parse_args()
    file: Path | None = arguments.settings or _path(os.environ.get("APRANOVA_SETTINGS", ""))
    given = frozenset(name for name, value in os.environ.items() if value.strip())
    try:
        if file is not None:
            file = file.absolute()
            # Here at the entry, once: this process and those that it starts read the environment.
            os.environ["APRANOVA_SETTINGS"] = str(file)
            os.environ.update({name: value for name, value in read_school_file(file).items() if name not in given})
        return _carry_out(arguments)
    except BadSetting as problem:
        print(f"apranova: {in_words_of_the_file(problem, file, won=given) if file else problem}", file=sys.stderr)
    except CannotGoOn as problem:
        print(f"apranova: {problem}", file=sys.stderr)
    except OSError as problem:
        print(f"apranova: {refused_by_the_machine(problem)}", file=sys.stderr)
    except (KeyboardInterrupt, EOFError):
        print("\napranova: stopped.", file=sys.stderr)
    return 1


def _use_network(settings: Settings, command: str) -> None:
    """For the programs that we start. Raises BadSetting, but `doctor` says it among the rest."""
    bundle = settings.home / "trusted-authorities.pem"
    try:
        os.environ.update(variables_for_programs(settings.network, bundle, given=os.environ))
    except BadSetting:
        if command != "doctor":
            raise


def _named(text: str) -> Path:
    """A file or folder of the command line. Root's commands run in the service's folder, and the
    entry script says where they were given."""
    return Path(os.environ.get("APRANOVA_NAMED_FROM") or Path.cwd()) / text


def _target(text: str) -> str:
    """A folder may be named as in a shell; restic's own words stay."""
    return text if text.startswith(REMOTE) else str(_named(text))


def _path(text: str) -> Path | None:
    return Path(text) if text.strip() else None


def _carry_out(arguments: argparse.Namespace) -> int:
    """`up` and `unit` import no other command: people wait for their restart, and what they import
    stays in memory."""
    source = Path(os.environ.get("APRANOVA_SOURCE") or Path(__file__).parent.parent)
    if arguments.command == "restore-school":
        from single_machine.backup import restore_school

        named = {"APRANOVA_BACKUP_TARGET": arguments.target, "APRANOVA_BACKUP_PASSWORD_FILE": arguments.password_file}
        chosen = {name: str(value) for name, value in named.items() if value}
        os.environ.update(chosen)
        _use_network(read_settings(os.environ, source=source), arguments.command)
        return restore_school.run(os.environ, source=source, snapshot=arguments.backup)
    settings = read_settings(os.environ, source=source, port=getattr(arguments, "port", None))
    if arguments.command != "unit":  # which installs nothing, and may not write everywhere
        _use_network(settings, arguments.command)
    match arguments.command:
        case "up":
            from single_machine import up

            return up.run(settings, demo=not arguments.no_demo)
        case "unit":
            from single_machine import units

            return units.run(settings, arguments.name)
        case _:
            from single_machine import commands

            return commands.carry_out(arguments, settings)


if __name__ == "__main__":
    sys.exit(main())
