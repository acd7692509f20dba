"""Records in the school's Route 53 zone. The zone itself is the school's: its registrar has to delegate to it first."""

from __future__ import annotations

from collections.abc import Iterable

from aws_cdk import aws_route53 as route53
from constructs import Construct

CLOUDFRONT_ZONE_ID = "Z2FDTNDATAQYW2"
"""Of every CloudFront distribution, as AWS documents it."""


def make_alias(
    scope: Construct,
    id: str,
    *,
    zone_id: str,
    name: str,
    to: str,
    to_zone_id: str,
    types: Iterable[str],
) -> None:
    for kind in types:
        route53.CfnRecordSet(
            scope,
            f"{id}{kind}",
            hosted_zone_id=zone_id,
            name=f"{name}.",
            type=kind,
            alias_target=route53.CfnRecordSet.AliasTargetProperty(
                dns_name=to, hosted_zone_id=to_zone_id, evaluate_target_health=False
            ),
        )
