"""What would not work in an account is told at once and together, before anything is begun; read from moto."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from infrastructure.deploy.aws import Aws, DeployFailed
from infrastructure.deploy.observe import sign_in, what_would_not_work
from infrastructure.settings import Settings
from infrastructure.settings_file import EXAMPLES, load_settings
from infrastructure.tests.ministack import REGION


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
class AwsWithQuotas(Aws):
    quotas: Quotas = Quotas(128.0)

    def client(self, service: str, region: str | None = None) -> Any:
        return self.quotas if service == "service-quotas" else super().client(service, region)


@pytest.fixture
def aws() -> Any:
    with mock_aws():
        session = boto3.Session(aws_access_key_id="1", aws_secret_access_key="2", region_name=REGION)
        yield AwsWithQuotas(session, REGION)


def settings_for(aws: Aws, domain: str = "school.example", example: str = "hundred") -> Settings:
    zone = aws.client("route53").create_hosted_zone(Name=domain, CallerReference="t")["HostedZone"]["Id"]
    settings = load_settings(EXAMPLES / f"{example}.toml")
    return replace(settings, school=replace(settings.school, hosted_zone_id=zone.rsplit("/", 1)[1][:31]))


def test_an_account_that_fits_has_no_problem(aws: Any) -> None:
    assert what_would_not_work(aws, settings_for(aws)) == []


def test_all_problems_are_told_together(aws: Any) -> None:
    elsewhere = AwsWithQuotas(aws.session, "eu-central-1", quotas=Quotas(6.0))
    settings = settings_for(elsewhere, "other.example", example="small")
    zones = ("eu-central-1a", "eu-central-1b", "eu-central-1d")
    settings = replace(settings, network=replace(settings.network, zones=zones))
    zone, hosted, quota = what_would_not_work(elsewhere, settings)
    assert zone.startswith("network.zones: your account has no eu-central-1d; it has eu-central-1a")
    assert "this zone is of other.example, and school.domain is small.school.example" in hosted
    assert "account.fargate_vcpu_quota says 32 vCPUs, AWS allows 6" in quota


def test_a_zone_and_a_quota_that_cannot_be_read_are_named(aws: Any) -> None:
    aws = AwsWithQuotas(aws.session, REGION, quotas=Quotas(None))
    zone, quota = what_would_not_work(aws, load_settings(EXAMPLES / "hundred.toml"))
    assert "Z0EXAMPLE0EXAMPLE0 cannot be read" in zone
    assert "L-3032A538 cannot be read (not allowed)" in quota


def test_credentials_of_another_account_are_refused(aws: Any) -> None:
    with pytest.raises(DeployFailed, match=r"these credentials are of account 123456789012.*Nothing was done"):
        sign_in(aws, load_settings(EXAMPLES / "hundred.toml"))
