"""cdk-nag (AWS Solutions): its findings, and which are not acknowledged."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks

from infrastructure.acknowledged import ACKNOWLEDGED, Acknowledged

PACK = "AwsSolutions-"
REPORT = "validation-report.json"


@dataclass(frozen=True)
class Finding:
    rule: str
    construct: str

    def __str__(self) -> str:
        return f"{self.rule} at {self.construct}"


@dataclass(frozen=True)
class Verdict:
    findings: tuple[Finding, ...]
    unanswered: tuple[Finding, ...]
    stale: tuple[Acknowledged, ...]
    """Reasons without a finding."""


def synthesize_with_nag(app: App, out: Path) -> tuple[Finding, ...]:
    """Also writes the assembly. With findings, cdk-nag fails the synthesis; its report counts."""
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    try:
        app.synth()
    except RuntimeError as error:
        if "ValidationFailed" not in str(error):
            raise
    report = json.loads((out / REPORT).read_text())
    return tuple(
        Finding(violation["ruleName"].removeprefix(PACK), construct["constructPath"])
        for plugin in report["pluginReports"]
        for violation in plugin["violations"]
        for construct in violation["violatingConstructs"]
    )


def judge(findings: tuple[Finding, ...], acknowledged: tuple[Acknowledged, ...] = ACKNOWLEDGED) -> Verdict:
    def answers(finding: Finding) -> list[Acknowledged]:
        return [entry for entry in acknowledged if entry.fits(finding.rule, finding.construct)]

    used = {entry for finding in findings for entry in answers(finding)}
    return Verdict(
        findings,
        tuple(finding for finding in findings if not answers(finding)),
        tuple(entry for entry in acknowledged if entry not in used),
    )
