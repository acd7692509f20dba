"""All that would not work in an account is reported first and together. AWS is moto."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from infrastructure.deploy.aws import Aws, DeployFailed
from infrastructure.deploy.observe import sign_in, what_would_not_work
from infrastructure.settings_file import EXAMPLES, load_settings
from infrastructure.tests.ministack import REGION

HUNDRED = load_settings(EXAMPLES / "hundred.toml")
SMALL = load_settings(EXAMPLES / "small.toml")


@dataclass(frozen=True)
class Quotas:
    """moto knows no quota of Fargate."""

    vcpus: float | None

    def get_service_quota(self, *, ServiceCode: str, QuotaCode: str) -> dict[str, Any]:  # noqa: N803  (as boto3 has it)
        if self.vcpus is None:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "not allowed"}}, "GetServiceQuota")
        assert (ServiceCode, QuotaCode) == ("fargate", "L-3032A538")
        return {"Quota": {"Value": self.vcpus}}


@dataclass(frozen=True)
class Zone:
    """moto's ids of zones are not as AWS' are."""

    name: str

    def get_hosted_zone(self, *, Id: str) -> dict[str, Any]:  # noqa: N803  (as boto3 has it)
        if not self.name:
            raise ClientError({"Error": {"Code": "NoSuchHostedZone", "Message": f"No zone {Id}"}}, "GetHostedZone")
        return {"HostedZone": {"Id": f"/hostedzone/{Id}", "Name": f"{self.name}."}}


@dataclass(frozen=True)
class Lambda:
    """moto knows no limits of an account."""

    limit: int | None = 1000
    reserved: Mapping[str, int] = field(default_factory=dict)

    def get_account_settings(self) -> dict[str, Any]:
        if self.limit is None:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "not allowed"}}, "GetAccountSettings")
        free = self.limit - sum(self.reserved.values())
        return {"AccountLimit": {"ConcurrentExecutions": self.limit, "UnreservedConcurrentExecutions": free}}

    def get_paginator(self, operation: str) -> Lambda:
        assert operation == "list_functions"
        return self

    def paginate(self) -> Iterator[dict[str, Any]]:
        for name in self.reserved:
            yield {"Functions": [{"FunctionName": name}]}

    def get_function_concurrency(self, *, FunctionName: str) -> dict[str, Any]:  # noqa: N803  (as boto3 has it)
        reserved = self.reserved[FunctionName]
        return {"ReservedConcurrentExecutions": reserved} if reserved else {}


@dataclass(frozen=True)
class Account(Aws):
    quotas: Quotas = Quotas(128.0)
    zone: Zone = Zone("school.example")
    functions: Lambda = field(default_factory=Lambda)

    def client(self, service: str, region: str | None = None) -> Any:
        own: dict[str, Any] = {"service-quotas": self.quotas, "route53": self.zone, "lambda": self.functions}
        return own.get(service) or super().client(service, region)


@pytest.fixture
def session() -> Iterator[boto3.Session]:
    with mock_aws():
        yield boto3.Session(aws_access_key_id="1", aws_secret_access_key="2", region_name=REGION)


def test_an_account_that_fits_has_no_problem(session: boto3.Session) -> None:
    assert what_would_not_work(Account(session, REGION), HUNDRED) == []


def test_a_domain_below_the_zones_name_is_in_the_zone(session: boto3.Session) -> None:
    account = Account(session, "eu-central-1")
    assert what_would_not_work(account, SMALL) == []


def test_all_problems_are_told_together(session: boto3.Session) -> None:
    account = Account(session, "eu-central-1", quotas=Quotas(6.0), zone=Zone("other.example"))
    zones = ("eu-central-1a", "eu-central-1b", "eu-central-1d")
    settings = replace(SMALL, network=replace(SMALL.network, zones=zones))
    zone, hosted, quota = what_would_not_work(account, settings)
    assert zone.startswith("network.zones: your account has no eu-central-1d; it has eu-central-1a")
    assert "this zone is of other.example, and school.domain is small.school.example" in hosted
    assert "account.fargate_vcpu_quota says 32 vCPUs, AWS allows 6" in quota


def test_a_zone_and_a_quota_that_cannot_be_read_are_named(session: boto3.Session) -> None:
    hosted, quota = what_would_not_work(Account(session, REGION, quotas=Quotas(None), zone=Zone("")), HUNDRED)
    assert "Z0EXAMPLE0EXAMPLE0 cannot be read (No zone Z0EXAMPLE0EXAMPLE0)" in hosted
    assert "L-3032A538 cannot be read (not allowed)" in quota


def test_a_new_account_hears_what_to_have_raised_before_anything_is_made(session: boto3.Session) -> None:
    (problem,) = what_would_not_work(Account(session, REGION, functions=Lambda(10)), HUNDRED)
    assert "Lambda may run 10 functions at once in us-east-1" in problem
    assert "To be reserved: 1 (one for the backup worker, and manager_concurrency)" in problem
    assert "leave less than 100" in problem
    assert (
        "aws service-quotas request-service-quota-increase --region us-east-1 --service-code lambda "
        "--quota-code L-B99A9384 --desired-value 1000 (console: Service Quotas, AWS Lambda, Concurrent executions)"
    ) in problem


def test_the_backup_worker_and_the_managers_own_reservation_count(session: boto3.Session) -> None:
    settings = replace(HUNDRED, manager_concurrency=902)
    (problem,) = what_would_not_work(Account(session, REGION), settings)
    assert "To be reserved: 903" in problem
    assert "--desired-value 1003" in problem
    assert what_would_not_work(Account(session, REGION, functions=Lambda(1003)), settings) == []


def test_what_an_earlier_deploy_reserved_is_not_asked_for_twice(session: boto3.Session) -> None:
    """And what others reserved is not there."""
    reserved = {"apranova-backup-worker": 1, "workspace-manager": 0}
    assert what_would_not_work(Account(session, REGION, functions=Lambda(101, reserved)), HUNDRED) == []
    (problem,) = what_would_not_work(Account(session, REGION, functions=Lambda(101, {"of-others": 1})), HUNDRED)
    assert "Lambda may run 100 functions" in problem


def test_a_concurrency_that_cannot_be_read_is_named(session: boto3.Session) -> None:
    (problem,) = what_would_not_work(Account(session, REGION, functions=Lambda(None)), HUNDRED)
    assert problem == "the concurrency of Lambda cannot be read (not allowed)"


def test_credentials_of_another_account_are_refused(session: boto3.Session) -> None:
    with pytest.raises(DeployFailed, match=r"these credentials are of account 123456789012.*Nothing was done"):
        sign_in(Account(session, REGION), HUNDRED)
