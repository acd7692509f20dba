"""CloudFront passes on everything, also WebSockets, and caches the portal's versioned files.

Portal and workspaces have a distribution each. With one cache for both, a file that a student
serves below /_next/static on a workspace's host could be delivered as the portal's own script.
"""

from __future__ import annotations

from aws_cdk import aws_cloudfront as cloudfront
from constructs import Construct

from infrastructure.elements.load_balancer import ORIGIN_HEADER, origin_secret_reference
from infrastructure.stacks.base import PlatformStack

# AWS' own policies, by the ids in its documentation.
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
ALL_VIEWER = "216adef6-5c7f-47e4-b989-5492eafa07d3"

ORIGIN = "load-balancer"
PORTAL_STATIC_PATHS = ("/_next/static/*",)

_Distribution = cloudfront.CfnDistribution


def make_distribution(
    stack: PlatformStack,
    id: str,
    *,
    host: str,
    cached_paths: tuple[str, ...],
    certificate_arn: str,
    firewall_arn: str,
    logs_bucket_domain: str,
) -> cloudfront.CfnDistribution:
    passed_on = {
        "target_origin_id": ORIGIN,
        "viewer_protocol_policy": "redirect-to-https",
        "origin_request_policy_id": ALL_VIEWER,
        "compress": True,
    }
    return _Distribution(
        Construct(stack, id),
        "Distribution",
        distribution_config=_Distribution.DistributionConfigProperty(
            enabled=True,
            comment=f"{stack.names.name}: {host}",
            aliases=[host],
            http_version="http2and3",
            ipv6_enabled=True,
            price_class="PriceClass_100",
            web_acl_id=firewall_arn,
            logging=_Distribution.LoggingProperty(
                bucket=logs_bucket_domain, prefix=f"cloudfront/{id.lower()}/", include_cookies=False
            ),
            viewer_certificate=_Distribution.ViewerCertificateProperty(
                acm_certificate_arn=certificate_arn,
                minimum_protocol_version="TLSv1.2_2021",
                ssl_support_method="sni-only",
            ),
            origins=[_origin(stack)],
            default_cache_behavior=_Distribution.DefaultCacheBehaviorProperty(
                allowed_methods=["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"],
                cache_policy_id=CACHING_DISABLED,
                **passed_on,
            ),
            cache_behaviors=[
                _Distribution.CacheBehaviorProperty(
                    path_pattern=path,
                    allowed_methods=["GET", "HEAD"],
                    cache_policy_id=CACHING_OPTIMIZED,
                    **passed_on,
                )
                for path in cached_paths
            ],
        ),
    )


def _origin(stack: PlatformStack) -> cloudfront.CfnDistribution.OriginProperty:
    secret = _Distribution.OriginCustomHeaderProperty(
        header_name=ORIGIN_HEADER, header_value=origin_secret_reference(stack.names)
    )
    return _Distribution.OriginProperty(
        id=ORIGIN,
        domain_name=stack.settings.school.origin_domain,
        custom_origin_config=_Distribution.CustomOriginConfigProperty(
            origin_protocol_policy="https-only",
            https_port=443,
            origin_ssl_protocols=["TLSv1.2"],
            origin_read_timeout=stack.settings.network.answer_within_s,
            origin_keepalive_timeout=60,  # shorter than the load balancer's idle timeout
        ),
        origin_custom_headers=[secret],
    )
