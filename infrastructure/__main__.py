"""The commands `./apranova infrastructure`, `check infrastructure` and `deploy`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from infrastructure.node import use_locked_node
from infrastructure.settings_file import EXAMPLES, BadSettings, load_settings

EXIT_BAD_INPUT = 2


def main(arguments: Sequence[str] | None = None) -> int:
    given = list(sys.argv[1:] if arguments is None else arguments)
    use_locked_node()
    if given[:2] == ["check", "infrastructure"]:
        if given[2:3] == ["--mutants"]:
            from infrastructure.mutants.run import main as try_mutants

            return try_mutants(given[3:])
        from infrastructure.check import check

        return check(given[2:])
    if given[:1] == ["deploy"]:
        from infrastructure.deploy.command import main as deploy

        return deploy(given[1:])
    if given[:1] == ["infrastructure"]:  # the entry script passes its command's name on
        given = given[1:]
    return _synth(_parser().parse_args(given))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="apranova infrastructure",
        description="Write the CloudFormation templates of a school's platform. Nothing leaves this machine.",
        epilog=f"examples of settings: {', '.join(sorted(path.name for path in EXAMPLES.glob('*.toml')))} in {EXAMPLES}",
        allow_abbrev=False,
    )
    parser.add_argument("--settings", type=Path, required=True, metavar="FILE", help="the school's settings (TOML)")
    parser.add_argument("--out", type=Path, default=Path("cdk.out"), metavar="FOLDER", help="default: cdk.out")
    parser.add_argument(
        "--manager-code",
        type=Path,
        metavar="FOLDER",
        help="a folder from an earlier build; default: build it (fetches packages)",
    )
    return parser


def _synth(asked: argparse.Namespace) -> int:
    try:
        settings = load_settings(asked.settings)
    except BadSettings as problem:
        print(f"apranova: {problem}", file=sys.stderr)
        return EXIT_BAD_INPUT
    # Imported here, so that a bad setting is reported at once, without starting CDK.
    from infrastructure.app import build
    from infrastructure.manager_package import CannotPackage, build_manager

    try:
        code = asked.manager_code or build_manager(asked.out.with_suffix(".manager"))
    except CannotPackage as problem:
        print(f"apranova: {problem}", file=sys.stderr)
        return EXIT_BAD_INPUT
    assembly = build(settings, manager_code=code, out=asked.out).synth()
    for stack in assembly.stacks:
        region = stack.environment.region
        print(f"{stack.stack_name:28} {region:16} {len(stack.template['Resources']):4} resources")
    print(f"in {asked.out}; deploy them in this order (docs/guides/deploy-on-aws.md)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
