"""Makes or changes one CloudFormation stack through a change set. It never replaces data unasked.

Safe to repeat: it waits for a change in progress, deletes a first attempt that failed, and does
nothing when nothing differs.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from infrastructure.deploy.aws import Aws, DeployFailed, refusal, said

POLL_S = 3.0
WITHIN_S = 5_400.0
"""RDS with a standby and CloudFront each take up to half an hour."""
HOLD_DATA = (
    "AWS::DynamoDB::Table",
    "AWS::ECR::Repository",
    "AWS::EFS::FileSystem",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::KMS::Key",
    "AWS::RDS::DBInstance",
    "AWS::S3::Bucket",
    "AWS::SecretsManager::Secret",
)
_NO_DIFFERENCE = ("didn't contain changes", "No updates are to be performed")
_REASONS_SHOWN = 5


@dataclass(frozen=True)
class Template:
    """Where a stack's template is, and what goes with it."""

    stack: str
    region: str
    url: str
    tags: Mapping[str, str] = field(default_factory=dict)
    protected: bool = False
    """CloudFormation refuses to delete the stack."""
    body: str = ""
    """Instead of a URL, for the small one that makes the bucket."""


def status_of(formation: Any, stack: str) -> str:
    """Empty when there is no such stack."""
    try:
        found = formation.describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if "does not exist" in said(error):
            return ""
        raise
    status = found[0]["StackStatus"] if found else ""
    return "" if status == "DELETE_COMPLETE" else status


def change_stack(aws: Aws, template: Template, *, say: Callable[[str], None], replace: bool = False) -> bool:
    """Whether anything changed. `replace`: a person allows to replace or remove data."""
    formation = aws.client("cloudformation", template.region)
    status = _settle(aws, formation, template.stack, say)
    if status in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "REVIEW_IN_PROGRESS", "DELETE_FAILED"):
        say(f"an earlier attempt ended as {status}; deleting it")
        delete_stack(aws, template.stack, template.region, say=say)
        status = ""
    if status == "UPDATE_ROLLBACK_FAILED":
        raise DeployFailed(
            f"{template.stack} is UPDATE_ROLLBACK_FAILED: fix what its events name, then "
            f"aws cloudformation continue-update-rollback --stack-name {template.stack} --region {template.region}"
        )
    change_set = _make_change_set(aws, formation, template, create=not status)
    if change_set is None:
        return False
    if status and not replace:
        _refuse_losses(formation, template.stack, change_set)
    seen = {event["EventId"] for event in _events(formation, template.stack)} if status else set()
    formation.execute_change_set(
        StackName=template.stack,
        ChangeSetName=change_set,
        # Deletes what a failed first attempt made, whose names would block the next attempt.
        RetainExceptOnCreate=True,
    )
    ended = _settle(aws, formation, template.stack, say, seen)
    if ended not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise DeployFailed(_why(formation, template.stack, ended, seen))
    if template.protected:
        formation.update_termination_protection(StackName=template.stack, EnableTerminationProtection=True)
    return True


def delete_stack(aws: Aws, stack: str, region: str, *, say: Callable[[str], None]) -> None:
    """Resources that the template retains stay. Raises DeployFailed when something could not go."""
    formation = aws.client("cloudformation", region)
    if not _settle(aws, formation, stack, say):
        return
    seen = {event["EventId"] for event in _events(formation, stack)}
    stack_id = formation.describe_stacks(StackName=stack)["Stacks"][0]["StackId"]
    formation.delete_stack(StackName=stack)
    # By its id: a deleted stack is only found under its id.
    ended = _settle(aws, formation, stack_id, say, seen)
    if ended:
        raise DeployFailed(_why(formation, stack_id, ended, seen))


def _make_change_set(aws: Aws, formation: Any, template: Template, *, create: bool) -> str | None:
    """Its id; None when nothing would change."""
    where = {"TemplateBody": template.body} if template.body else {"TemplateURL": template.url}
    try:
        made = formation.create_change_set(
            StackName=template.stack,
            ChangeSetName=f"apranova-{secrets.token_hex(8)}",
            ChangeSetType="CREATE" if create else "UPDATE",
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
            Tags=[{"Key": key, "Value": value} for key, value in sorted(template.tags.items())],
            **where,
        )["Id"]
    except ClientError as error:
        if refusal(error) != "ValidationError":
            raise
        raise DeployFailed(f"{template.stack}: CloudFormation refuses the template: {said(error)}") from None

    def described() -> dict[str, Any]:
        return formation.describe_change_set(ChangeSetName=made, StackName=template.stack)

    aws.until(
        lambda: described()["Status"] in ("CREATE_COMPLETE", "FAILED"),
        within_s=300,
        every_s=POLL_S,
        failure=lambda: (
            f"{template.stack}: CloudFormation has not read the template for 5 minutes; run the command again"
        ),
    )
    found = described()
    if found["Status"] == "CREATE_COMPLETE":
        return made
    formation.delete_change_set(ChangeSetName=made, StackName=template.stack)
    reason = found.get("StatusReason", "no reason given")
    if any(words in reason for words in _NO_DIFFERENCE):
        return None
    raise DeployFailed(f"{template.stack}: CloudFormation refuses the template: {reason}")


def _refuse_losses(formation: Any, stack: str, change_set: str) -> None:
    """Before anything is done: a mistake in the settings must not replace the database."""
    lost = [
        f"{change['LogicalResourceId']} ({change['ResourceType']}) would be "
        + ("removed" if change["Action"] == "Remove" else "replaced")
        for change in _changes(formation, stack, change_set)
        if change["ResourceType"] in HOLD_DATA and (change["Action"] == "Remove" or change.get("Replacement") == "True")
    ]
    if lost:
        formation.delete_change_set(ChangeSetName=change_set, StackName=stack)
        raise DeployFailed(
            f"{stack}: this would lose data, nothing was changed: {'; '.join(lost)}. Undo the setting that causes it. "
            "If it is intended, save the data first and use --replace-data."
        )


def _changes(formation: Any, stack: str, change_set: str) -> Iterator[dict[str, Any]]:
    token: dict[str, str] = {}
    while True:
        page = formation.describe_change_set(ChangeSetName=change_set, StackName=stack, **token)
        for change in page.get("Changes", []):
            yield change["ResourceChange"]
        if not page.get("NextToken"):
            return
        token = {"NextToken": page["NextToken"]}


def _settle(aws: Aws, formation: Any, stack: str, say: Callable[[str], None], seen: set[str] | None = None) -> str:
    """Wait until it no longer changes, and report its resources. Returns its status."""
    reported = set() if seen is None else set(seen)
    status = ""

    def settled() -> bool:
        nonlocal status
        status = status_of(formation, stack)
        if seen is not None:
            for event in reversed(_events(formation, stack)):
                if event["EventId"] not in reported:
                    reported.add(event["EventId"])
                    if event["ResourceStatus"].endswith(("_COMPLETE", "_FAILED")):
                        say(f"{event['ResourceStatus'].lower().replace('_', ' ')}: {event['LogicalResourceId']}")
        return not status.endswith("_IN_PROGRESS") or status == "REVIEW_IN_PROGRESS"

    aws.until(
        settled,
        within_s=WITHIN_S,
        every_s=POLL_S,
        failure=lambda: (
            f"{stack} is still {status} after {WITHIN_S / 60:.0f} minutes; AWS continues. Run the command again later."
        ),
    )
    return status


def _events(formation: Any, stack: str) -> list[dict[str, Any]]:
    """The newest hundred, newest first."""
    try:
        return formation.describe_stack_events(StackName=stack)["StackEvents"]
    except ClientError as error:
        if "does not exist" in said(error):
            return []
        raise


def _why(formation: Any, stack: str, ended: str, seen: set[str]) -> str:
    reasons = [
        f"  {event['LogicalResourceId']} ({event['ResourceType']}): {event.get('ResourceStatusReason', 'no reason given')}"
        for event in reversed(_events(formation, stack))
        if event["EventId"] not in seen
        and event["ResourceStatus"].endswith("_FAILED")
        # Leaves out those that only stopped because another failed.
        and "cancelled" not in event.get("ResourceStatusReason", "")
    ]
    shown = "\n".join(reasons[:_REASONS_SHOWN]) or "  CloudFormation gives no reason"
    return f"{stack} ended as {ended}:\n{shown}\nFix that and run the same command again; what was done stays done."
