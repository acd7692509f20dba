"""checkov: its findings in synthesized templates, by construct.

It runs as a program of an environment of its own, because it pins versions that clash with ours.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from infrastructure.nag import Finding

PYTHON = "APRANOVA_CHECKOV_PYTHON"
"""The variable with checkov's own Python. `./apranova check infrastructure` sets it."""
TIMEOUT_S = 480
SUFFIX = ".template.json"
STATEMENT = re.compile(r"Properties/PolicyDocument/Statement/\[(\d+)\]")


class CheckovFailed(Exception):
    """checkov did not run, or did not look at everything."""


def run_checkov(python: str, assemblies: Sequence[Path], *, work: Path) -> dict[Path, tuple[Finding, ...]]:
    """The findings in each assembly's templates, in one run: most of its time is its start.

    `work`: an empty folder, its home, so that no settings of this user or this project change what
    it checks. It asks no network. Raises CheckovFailed.
    """
    files = [file for folder in assemblies for file in sorted(folder.glob(f"*{SUFFIX}"))]
    command = [python, "-m", "checkov.main", "--framework", "cloudformation", "--skip-download", "--quiet", "--compact"]
    command += ["--soft-fail", "--output", "json", "--file", *map(str, files)]
    try:
        ended = subprocess.run(
            command,
            cwd=work,
            env={"PATH": os.environ["PATH"], "HOME": str(work)},
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise CheckovFailed(f"it did not end within {TIMEOUT_S} s") from error
    try:
        report = json.loads(ended.stdout)
        counts = report["summary"]
    except (ValueError, LookupError, TypeError) as error:
        raise CheckovFailed(f"exit code {ended.returncode}: {(ended.stdout + ended.stderr)[-2000:]}") from error
    if counts["parsing_errors"] or counts["skipped"]:
        raise CheckovFailed(f"it could not read a template, or a template tells it to skip a rule: {counts}")
    return _by_assembly(report["results"]["failed_checks"], assemblies)


def _by_assembly(failed: Sequence[dict[str, Any]], assemblies: Sequence[Path]) -> dict[Path, tuple[Finding, ...]]:
    found: dict[Path, list[Finding]] = {folder: [] for folder in assemblies}
    paths = {folder: _construct_paths(folder) for folder in assemblies}
    for each in failed:
        file = Path(each["file_abs_path"])
        stack, logical_id = file.name.removesuffix(SUFFIX), each["resource"].rpartition(".")[2]
        construct = paths[file.parent].get((stack, logical_id), f"{stack}/{logical_id}")
        resource = json.loads(file.read_text())["Resources"][logical_id]
        found[file.parent] += [Finding(rule, construct) for rule in _rules(each, resource)]
    return {folder: tuple(findings) for folder, findings in found.items()}


def _rules(failed: dict[str, Any], resource: dict[str, Any]) -> list[str]:
    """Of a policy: a finding for each statement, with its Sid in brackets as cdk-nag has it.

    Otherwise an answer for one statement would answer for all that are added later.
    """
    keys = failed["check_result"].get("evaluated_keys") or []
    numbers = sorted({int(at[1]) for key in keys if (at := STATEMENT.match(key))})
    if not numbers:
        return [failed["check_id"]]
    statements = resource["Properties"]["PolicyDocument"]["Statement"]
    return [f"{failed['check_id']}[{statements[number].get('Sid', number)}]" for number in numbers]


def _construct_paths(folder: Path) -> dict[tuple[str, str], str]:
    """By stack and logical id, from what CDK writes next to a template."""
    return {
        (file.name.removesuffix(".metadata.json"), entry["data"]): path.removeprefix("/")
        for file in folder.glob("*.metadata.json")
        for path, entries in json.loads(file.read_text()).items()
        for entry in entries
        if entry["type"] == "aws:cdk:logicalId"
    }
