"""cfn-lint, cdk-nag and checkov, and what the assembly itself must be."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cfnlint.api import ManualArgs, lint

from infrastructure import checkov
from infrastructure.acknowledged import ACKNOWLEDGED, CHECKOV, Acknowledged
from infrastructure.checkov import CheckovFailed, run_checkov
from infrastructure.nag import Finding, judge
from infrastructure.settings_file import EXAMPLES
from infrastructure.tests.templates import STACKS, Assembly

SYNTHESIZE = """
import sys
from pathlib import Path
from infrastructure.node import use_locked_node
use_locked_node()
from infrastructure.app import build
from infrastructure.settings_file import EXAMPLES, load_settings
build(load_settings(EXAMPLES / "hundred.toml"), manager_code=Path(sys.argv[1]), out=Path(sys.argv[2])).synth()
"""


def test_nothing_is_looked_up_during_synthesis(each: Assembly) -> None:
    assert "missing" not in each.manifest


def test_cfn_lint_finds_no_error(each: Assembly) -> None:
    errors: list[str] = []
    for stack, file in zip(STACKS, each.template_files(), strict=True):
        region = each.manifest["artifacts"][f"apranova-{stack}"]["environment"].rsplit("/", 1)[1]
        found = lint_all_of(file, region)
        errors += [str(match) for match in found if match.rule.id.startswith("E")]
    assert errors == []


def lint_all_of(file: Path, region: str) -> list[object]:
    return list(lint(file.read_text(), config=ManualArgs(regions=[region])))


def test_every_finding_of_cdk_nag_is_answered(findings) -> None:
    assert [str(finding) for finding in judge(findings).unanswered] == []


def test_no_reason_answers_a_finding_that_is_gone(findings) -> None:
    assert judge(findings).stale == ()


@pytest.mark.timeout(600)
def test_every_finding_of_checkov_is_answered_and_every_answer_is_needed(of_checkov, example: str) -> None:
    verdict = judge(of_checkov[example], CHECKOV)
    assert [str(finding) for finding in verdict.unanswered] == []
    assert verdict.stale == ()


@pytest.mark.timeout(600)
def test_checkov_finds_planted_faults_which_nothing_answers(of_checkov) -> None:
    unanswered = judge(of_checkov["planted"], CHECKOV).unanswered
    assert Finding("CKV_AWS_24", "apranova-planted/Open") in unanswered
    assert Finding("CKV_AWS_111[Wide]", "apranova-planted/Wide") in unanswered


def test_a_finding_without_an_answer_and_an_answer_without_a_finding_are_told() -> None:
    answer = Acknowledged("CKV_AWS_21", "data/*Logs/Resource", "A reason that is long enough.")
    answered = Finding("CKV_AWS_21", "apranova-data/AccessLogs/Resource")
    others = (Finding("CKV_AWS_18", answered.construct), Finding("CKV_AWS_21", "apranova-data/Snapshots/Resource"))
    assert judge((answered, *others), (answer,)).unanswered == others
    assert judge((answered,), (answer,)).stale == ()
    assert judge(others, (answer,)).stale == (answer,)


def test_a_checkov_that_does_not_run_is_no_clean_bill(tmp_path: Path) -> None:
    with pytest.raises(CheckovFailed, match="exit code"):
        run_checkov(sys.executable, [tmp_path], work=tmp_path)  # this environment has none


def test_a_checkov_that_does_not_end_is_no_clean_bill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkov, "TIMEOUT_S", 0.1)
    hangs = tmp_path / "python"
    hangs.write_text("#!/bin/sh\nexec sleep 600\n")
    hangs.chmod(0o755)
    with pytest.raises(CheckovFailed, match="did not end within"):
        run_checkov(str(hangs), [tmp_path], work=tmp_path)


def test_every_acknowledgement_has_a_reason() -> None:
    assert [entry for entry in (*ACKNOWLEDGED, *CHECKOV) if len(entry.reason) < 20] == []


@pytest.mark.timeout(600)
def test_the_same_settings_give_the_same_bytes_and_need_no_network(manager_code: Path, tmp_path: Path) -> None:
    """In two processes with different hash seeds; where allowed, without any network interface."""
    isolated = ["unshare", "--map-root-user", "--net"]
    if subprocess.run([*isolated, "true"], capture_output=True, check=False).returncode != 0:
        isolated = []
    for seed in ("1", "2"):
        subprocess.run(
            [*isolated, sys.executable, "-c", SYNTHESIZE, str(manager_code), str(tmp_path / seed)],
            env={
                **os.environ,
                "PYTHONHASHSEED": seed,
                "HTTPS_PROXY": "http://127.0.0.1:9",
                "HTTP_PROXY": "http://127.0.0.1:9",
            },
            cwd=EXAMPLES.parent.parent,
            check=True,
        )
    first, second = (
        {
            file.relative_to(tmp_path / seed): file.read_bytes()
            for file in (tmp_path / seed).rglob("*")
            if file.is_file()
            and not file.name.endswith(".metadata.json")  # where a construct was made: never sent to AWS
        }
        for seed in ("1", "2")
    )
    assert len(first) > len(STACKS)
    assert first == second


@pytest.mark.parametrize("stack", STACKS)
def test_no_stack_nears_the_limits_of_cloudformation(stack: str, each: Assembly) -> None:
    assert len(each.templates[stack]["Resources"]) < 400
    assert each.template_file(stack).stat().st_size < 900_000
    assert len(each.templates[stack].get("Outputs", {})) < 150
