"""Records in the school's own Route 53 zone, to which its registrar must delegate first."""

from __future__ import annotations

from aws_cdk import aws_route53 as route53

from infrastructure.stacks.base import PlatformStack

CLOUDFRONT_ZONE_ID = "Z2FDTNDATAQYW2"
"""The zone of every CloudFront distribution, as AWS documents it."""


def make_aliases(stack: PlatformStack, id: str, *, name: str, to: str, to_zone_id: str, types: tuple[str, ...]) -> None:
    for kind in types:
        route53.CfnRecordSet(
            stack,
            f"{id}{kind}",
            hosted_zone_id=stack.settings.school.hosted_zone_id,
            name=f"{name}.",
            type=kind,
            alias_target=route53.CfnRecordSet.AliasTargetProperty(
                dns_name=to, hosted_zone_id=to_zone_id, evaluate_target_health=False
            ),
        )
