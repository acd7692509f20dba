"""The command `./apranova deploy`: shows the plan, asks, carries it out."""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infrastructure.deploy.assembly import Assembly
from infrastructure.deploy.aws import Aws, DeployFailed, said
from infrastructure.deploy.carry_out import Work, carry_out
from infrastructure.deploy.observe import Observed, observe, sign_in, what_would_not_work
from infrastructure.deploy.plan import Asked, Step, describe, make_plan
from infrastructure.settings import Settings
from infrastructure.settings_file import BadSettings, load_settings

EXIT_FAILED, EXIT_BAD_INPUT = 1, 2
EXAMPLES = """\
examples:
  ./apranova deploy --settings school.toml --plan               what would be done; only reads
  ./apranova deploy --settings school.toml --admin me@school.example
  ./apranova deploy --settings school.toml --upgrade            after a change of `release` in the settings
  ./apranova deploy --settings school.toml --rollback 0.1.0     templates and images of an earlier release
  ./apranova deploy --settings school.toml --teardown           everything but network and data

If it stops or fails, run the same command again to continue. Guide: docs/guides/deploy-on-aws.md
exit codes: 0 done, 1 something failed, 2 bad settings or options"""
KEPT = """\
What stays: the stacks network and data, the snapshots' bucket, images and records of releases. They
still cost money (database, cache, NAT gateways, homes). deploy --settings FILE brings the school
back; docs/runbooks/teardown.md says how to delete the data for good."""


def main(arguments: Sequence[str], *, aws: Aws | None = None, ask: Callable[[str], str] = input) -> int:
    asked = _parser().parse_args(arguments)
    try:
        settings = load_settings(asked.settings)
        what = _what(asked)
        aws = aws or Aws(boto3.Session(), settings.account.region)
        return _run(asked, settings, what, aws, ask)
    except BadSettings as problem:
        print(f"apranova: {problem}", file=sys.stderr)
        return EXIT_BAD_INPUT
    except DeployFailed as problem:
        print(f"\napranova: {problem}", file=sys.stderr)
        return EXIT_FAILED
    except (BotoCoreError, ClientError) as problem:
        text = said(problem) if isinstance(problem, ClientError) else str(problem)
        print(f"\napranova: AWS does not answer: {text}. Nothing was started.", file=sys.stderr)
        return EXIT_FAILED
    except KeyboardInterrupt:
        print("\napranova: stopped. AWS finishes what it has started; run the same command again.", file=sys.stderr)
        return EXIT_FAILED


def _run(asked: argparse.Namespace, settings: Settings, what: Asked, aws: Aws, ask: Callable[[str], str]) -> int:
    who = sign_in(aws, settings)
    print(f"{settings.school.title}: account {settings.account.id}, {settings.account.region}, as {who}\n")
    if what.what in ("deploy", "upgrade") and not asked.skip_account_check:
        problems = what_would_not_work(aws, settings)
        if problems:
            raise DeployFailed("this would not work:\n" + "\n".join(f"  {problem}" for problem in problems))
    observed = observe(aws, settings, what.release or settings.release)
    steps = make_plan(settings, observed, what)
    _show(steps, observed)
    if asked.plan or not steps:
        return 0
    if not asked.yes and ask("\nContinue? [y/N] ").strip().lower() not in ("y", "yes"):
        print("Nothing was done.")
        return 0
    with tempfile.TemporaryDirectory(prefix="apranova-") as folder:
        assembly = _synthesize(asked, settings, Path(folder)) if what.what in ("deploy", "upgrade") else None
        work = Work(aws, settings, asked.settings.absolute(), assembly, _say, replace_data=asked.replace_data)
        _carry_out_all(steps, work)
    print(KEPT if what.what == "teardown" else f"\n✓ {settings.school.url}")
    return 0


def _carry_out_all(steps: Sequence[Step], work: Work) -> None:
    for number, step in enumerate(steps, 1):
        print(f"\n[{number}/{len(steps)}] {describe(step)}", flush=True)
        began = time.monotonic()
        carry_out(step, work)
        print(f"      {time.monotonic() - began:.0f} s", flush=True)


def _show(steps: Sequence[Step], observed: Observed) -> None:
    print(f"runs now: {observed.release or 'nothing'}")
    print("to do:" if steps else "nothing to do")
    for number, step in enumerate(steps, 1):
        print(f"  {number:2}. {describe(step)}")


def _say(text: str) -> None:
    print(f"      {text}", flush=True)


def _synthesize(asked: argparse.Namespace, settings: Settings, folder: Path) -> Assembly:
    # Imported here, so that a refusal is reported at once, without starting CDK.
    from infrastructure.app import build
    from infrastructure.manager_package import CannotPackage, build_manager

    print("\nwriting templates and packing the manager …", flush=True)
    try:
        code = asked.manager_code or build_manager(folder / "manager")
    except CannotPackage as problem:
        raise DeployFailed(str(problem)) from None
    out = folder / "assembly"
    build(settings, manager_code=code, out=out).synth()
    return Assembly(out)


def _what(asked: argparse.Namespace) -> Asked:
    if asked.admin and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", asked.admin):
        raise BadSettings(f"--admin: an e-mail address is expected, not {asked.admin!r}")
    if asked.teardown:
        return Asked("teardown")
    if asked.rollback:
        return Asked("rollback", release=asked.rollback)
    return Asked("upgrade" if asked.upgrade else "deploy", admin=asked.admin or "")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="apranova deploy",
        description="Deploy a school to your AWS account, change it, or take it down. Shows its plan and asks.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--settings", type=Path, required=True, metavar="FILE", help="the school's settings (TOML)")
    parser.add_argument("--plan", action="store_true", help="show the plan and stop; only reads")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument("--upgrade", action="store_true", help="to the release in the settings; running workspaces stay")
    ways.add_argument("--rollback", metavar="RELEASE", help="to a release that was deployed here before")
    ways.add_argument("--teardown", action="store_true", help="take down everything but network and data")
    parser.add_argument(
        "--admin", metavar="EMAIL", help="make this person an admin and print a link to set the password"
    )
    parser.add_argument(
        "--manager-code",
        type=Path,
        metavar="FOLDER",
        help="from an earlier build; default: build it (fetches packages)",
    )
    parser.add_argument("--replace-data", action="store_true", help="allow resources that hold data to be replaced")
    parser.add_argument(
        "--skip-account-check", action="store_true", help="do not check zones, hosted zone and quotas first"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
