"""`sudo ./apranova install | upgrade`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from contract.environment import BadSetting
from single_machine.service import install, machine, upgrade
from single_machine.service.places import CannotInstall, Places


def main() -> int:
    parser = argparse.ArgumentParser(prog="apranova", description="ApraNova as a service of this server.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    install_parser = commands.add_parser("install", help="install the service, or bring it up to date with this folder")
    install_parser.add_argument(
        "--settings", type=Path, metavar="FILE", help="the school's settings; without it, three questions are asked"
    )
    install_parser.add_argument("--remove", action="store_true", help="take the service away; data and settings stay")
    upgrade_parser = commands.add_parser("upgrade", help="replace the version that runs; no session ends")
    upgrade_parser.add_argument(
        "wanted", nargs="?", default="", metavar="TAG|FOLDER", help="without it, the folder of this command"
    )
    upgrade_parser.add_argument("--back", action="store_true", help="within a day, to the version before")
    arguments = parser.parse_args()
    source = Path(os.environ.get("APRANOVA_SOURCE") or Path(__file__).parents[2])
    places = Places()
    try:
        install.check_machine(" ".join(sys.argv[1:]))
        with machine.one_at_a_time(places):
            return _carry_out(arguments, source, places)
    except (CannotInstall, BadSetting) as problem:
        print(f"apranova: {problem}", file=sys.stderr)
    except OSError as problem:
        print(
            f"apranova: the machine refused: {problem}. Correct that, then run the same command again.", file=sys.stderr
        )
    except (KeyboardInterrupt, EOFError):
        print("\napranova: stopped. Run the same command again to continue.", file=sys.stderr)
    return 1


def _carry_out(arguments: argparse.Namespace, source: Path, places: Places) -> int:
    if arguments.command == "upgrade":
        return upgrade.back(places) if arguments.back else upgrade.upgrade(source, places, wanted=arguments.wanted)
    if arguments.remove:
        install.remove(places)
        return 0
    return install.install(source, places, settings=arguments.settings)


if __name__ == "__main__":
    sys.exit(main())
