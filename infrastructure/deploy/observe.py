"""What is in the account before a deploy, and what would not work. Only reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from contract.names import WorkspaceKind
from infrastructure.deploy.aws import Aws, DeployFailed, refusal, said
from infrastructure.deploy.releases import known_releases
from infrastructure.deploy.stacks import status_of
from infrastructure.names import EDGE_REGION, IMAGES, Names
from infrastructure.settings import Settings

STACKS = ("network", "data", "application", "edge", "observability")
"""In the order in which they are made."""
ON_DEMAND, SPOT = "L-3032A538", "L-36FBB829"
CONCURRENCY = "L-B99A9384"
"""Functions of Lambda that run at once, in an account's region."""
UNRESERVED_MIN = 100
"""Lambda reserves nothing that would leave less to the functions without a reservation
(https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html)."""
CONCURRENCY_USUAL = 1000
"""What an account has once AWS knows it; a new one may have 10."""


@dataclass(frozen=True)
class Observed:
    stacks: Mapping[str, str]
    """Word (for the bootstrap: `bootstrap@region`) → CloudFormation's status; empty: no stack."""
    release: str | None
    """The running release."""
    missing_images: tuple[str, ...]
    """Of the requested release."""
    releases: tuple[str, ...]
    """Releases to roll back to, newest first."""


def regions(settings: Settings) -> tuple[str, ...]:
    return tuple(dict.fromkeys((settings.account.region, EDGE_REGION)))


def region_of(stack: str, settings: Settings) -> str:
    return EDGE_REGION if stack == "edge" else settings.account.region


def sign_in(aws: Aws, settings: Settings) -> str:
    """The identity's ARN. Raises DeployFailed without credentials or in another account."""
    try:
        who = aws.client("sts").get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        raise DeployFailed(
            f"AWS does not accept the credentials ({error}). Sign in (aws sso login, or AWS_PROFILE, AWS_ACCESS_KEY_ID …) and try again."
        ) from None
    if who["Account"] != settings.account.id:
        raise DeployFailed(
            f"these credentials are of account {who['Account']}, and account.id in the settings is {settings.account.id}. "
            "Nothing was done."
        )
    return who["Arn"]


def what_would_not_work(aws: Aws, settings: Settings) -> list[str]:
    """All problems at once: each takes a person some time to fix."""
    return [
        *_zones(aws, settings),
        *_hosted_zone(aws, settings),
        *_quotas(aws, settings),
        *_concurrency(aws, settings),
    ]


def observe(aws: Aws, settings: Settings, release: str) -> Observed:
    names, account = Names(settings.name), settings.account
    stacks = {
        word: status_of(aws.client("cloudformation", region_of(word, settings)), names.of(word)) for word in STACKS
    }
    for region in regions(settings):
        stacks[f"bootstrap@{region}"] = status_of(aws.client("cloudformation", region), names.of("bootstrap"))
    has_bucket = stacks[f"bootstrap@{account.region}"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE")
    bucket = names.deploy_bucket(account.id, account.region)
    return Observed(
        stacks=stacks,
        release=_running(aws, names),
        missing_images=missing_images(aws, settings, release),
        releases=known_releases(aws, bucket) if has_bucket else (),
    )


def missing_images(aws: Aws, settings: Settings, release: str) -> tuple[str, ...]:
    """Images of this release that the registries lack, for the kinds that the school offers."""
    names, ecr = Names(settings.name), aws.client("ecr")
    unused = {f"workspace-{kind}" for kind in WorkspaceKind if kind not in settings.workspaces.kinds}
    wanted = [image for image in IMAGES if image not in unused]
    return tuple(image for image in wanted if not _has_image(ecr, names.repository(image), release))


def _has_image(ecr: Any, repository: str, tag: str) -> bool:
    try:
        return bool(ecr.describe_images(repositoryName=repository, imageIds=[{"imageTag": tag}])["imageDetails"])
    except ClientError as error:
        if refusal(error) in ("ImageNotFoundException", "RepositoryNotFoundException"):
            return False
        raise


def _running(aws: Aws, names: Names) -> str | None:
    try:
        return aws.client("ssm").get_parameter(Name=names.path("platform", "release"))["Parameter"]["Value"]
    except ClientError as error:
        if refusal(error) == "ParameterNotFound":
            return None
        raise


def _zones(aws: Aws, settings: Settings) -> list[str]:
    found = aws.client("ec2").describe_availability_zones()["AvailabilityZones"]
    available = {zone["ZoneName"] for zone in found if zone["State"] == "available"}
    lacking = [zone for zone in settings.network.zones if zone not in available]
    if not lacking:
        return []
    return [f"network.zones: your account has no {', '.join(lacking)}; it has {', '.join(sorted(available))}"]


def _hosted_zone(aws: Aws, settings: Settings) -> list[str]:
    school = settings.school
    try:
        zone = aws.client("route53").get_hosted_zone(Id=school.hosted_zone_id)["HostedZone"]
    except ClientError as error:
        return [f"school.hosted_zone_id: {school.hosted_zone_id} cannot be read ({said(error)})"]
    name = zone["Name"].rstrip(".")
    if school.domain == name or school.domain.endswith(f".{name}"):
        return []
    return [f"school.hosted_zone_id: this zone is of {name}, and school.domain is {school.domain}"]


def _quotas(aws: Aws, settings: Settings) -> list[str]:
    account, problems = settings.account, []
    for code, setting, claimed in (
        (ON_DEMAND, "account.fargate_vcpu_quota", account.fargate_vcpu_quota),
        (SPOT, "account.fargate_spot_vcpu_quota", account.fargate_spot_vcpu_quota),
    ):
        if not claimed:
            continue
        try:
            quotas = aws.client("service-quotas")
            allowed = quotas.get_service_quota(ServiceCode="fargate", QuotaCode=code)["Quota"]["Value"]
        except ClientError as error:
            problems.append(f"{setting}: the quota {code} cannot be read ({said(error)})")
            continue
        if allowed < claimed:
            problems.append(
                f"{setting} says {claimed} vCPUs, AWS allows {allowed:g} (Service Quotas, {code}): have it raised"
            )
    return problems


def _concurrency(aws: Aws, settings: Settings) -> list[str]:
    """The backup worker reserves one, the manager what the settings say.

    Otherwise CloudFormation would fail in the middle of a first deploy."""
    reserves = 1 + (settings.manager_concurrency or 0)
    functions, region = aws.client("lambda"), settings.account.region
    try:
        limit = functions.get_account_settings()["AccountLimit"]
        free = limit["UnreservedConcurrentExecutions"] + _reserved_by_us(functions, Names(settings.name))
    except ClientError as error:
        return [f"the concurrency of Lambda cannot be read ({said(error)})"]
    lacking = reserves + UNRESERVED_MIN - free
    if lacking <= 0:
        return []
    wanted = max(CONCURRENCY_USUAL, limit["ConcurrentExecutions"] + lacking)
    return [
        (
            f"Lambda may run {free} functions at once in {region}, without what others reserve. To be reserved: {reserves} "
            f"(one for the backup worker, and manager_concurrency), and AWS refuses to leave less than "
            f"{UNRESERVED_MIN} to the rest. Have the quota raised: aws service-quotas request-service-quota-increase --region {region} --service-code lambda "
            f"--quota-code {CONCURRENCY} --desired-value {wanted} (console: Service Quotas, AWS Lambda, Concurrent executions)"
        )
    ]


def _reserved_by_us(functions: Any, names: Names) -> int:
    """By the functions of an earlier deploy: they are not counted twice."""
    pages = functions.get_paginator("list_functions").paginate()
    found = [function["FunctionName"] for page in pages for function in page["Functions"]]
    ours = [name for name in found if name == names.manager or name == names.backup_worker]
    return sum(
        functions.get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions", 0) for name in ours
    )
