"""`./apranova check infrastructure`: types and all tests, everything that needs no account."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import time
from collections.abc import Sequence
from pathlib import Path

FOLDER = Path(__file__).parent
SOURCE = FOLDER.parent
BIN = Path(sysconfig.get_path("scripts"))

CHECKED = """\
Checked here, without an account and without a network:
  types          strict enough to find a misspelled property of a resource
  settings       the three examples; every kind of bad value refused with a clear message
  templates      every element of the architecture document, what linters miss, the same bytes twice,
                 nothing looked up
  rules          cfn-lint (no error), cdk-nag and checkov (every finding answered
                 with a reason)
  network        the network stack made in moto: security groups and routes read back
  costs          every resource has a price or a reason; the document's $1,167 comes out of its
                 school's templates
  deployment     all stacks made in ministack, except what it does not know (the list NOT_EMULATED);
                 the real manager in their function: create, claim, idle stop, resume
  package        the function's folder, as a deploy builds it (needs a package index, else skipped)
  deploy         the plan; then carried out against ministack: first install, again, upgrade,
                 rollback, teardown
docs/guides/deploy-on-aws.md says what this does not prove, and how to prove it in an account.
"""


def check(more: Sequence[str]) -> int:
    began = time.monotonic()
    print(CHECKED, flush=True)
    steps: dict[str, list[str]] = {
        "types": [str(BIN / "basedpyright"), "--project", str(FOLDER / "pyrightconfig.json")],
        "tests": [
            sys.executable, "-m", "pytest", "-c", str(FOLDER / "pytest.ini"), *(more or [str(FOLDER / "tests")]),
        ],
    }  # fmt: skip
    for title, command in steps.items():
        print(f"── {title}", flush=True)
        if subprocess.call(command, cwd=SOURCE) != 0:
            print(f"\n✗ check infrastructure: {title} failed")
            return 1
    print(f"\n✓ check infrastructure: all of it passed in {time.monotonic() - began:.0f} s")
    return 0
