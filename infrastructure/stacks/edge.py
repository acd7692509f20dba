"""What the world reaches first: names, CloudFront, firewall.

In us-east-1, where CloudFront's certificate and firewall must be.
"""

from __future__ import annotations

from constructs import Construct

from infrastructure.elements.buckets import make_log_bucket
from infrastructure.elements.certificates import make_certificate
from infrastructure.elements.distribution import PORTAL_STATIC_PATHS, make_distribution
from infrastructure.elements.dns import CLOUDFRONT_ZONE_ID, make_aliases
from infrastructure.elements.firewall import Firewall
from infrastructure.names import EDGE_REGION
from infrastructure.settings import Settings
from infrastructure.stacks.base import PlatformStack


class EdgeStack(PlatformStack):
    """It knows the load balancer and the secret by their names: no reference crosses a region."""

    def __init__(self, scope: Construct, settings: Settings) -> None:
        super().__init__(scope, "edge", settings=settings, region=EDGE_REGION)
        school = settings.school
        # WAF writes only into groups whose name begins like this.
        group = self.log_group("FirewallLogs", f"aws-waf-logs-{settings.name}")
        firewall = Firewall(self, log_group_arn=group.log_group_arn)
        certificate = make_certificate(self, school, with_origin=False)
        logs = make_log_bucket(self, "Logs", written_by_cloudfront=True)
        for word, host, cached_paths in (
            ("Portal", school.domain, PORTAL_STATIC_PATHS),
            ("Workspaces", f"*.{school.workspaces_domain}", ()),
        ):
            distribution = make_distribution(
                self,
                f"{word}CloudFront",
                host=host,
                cached_paths=cached_paths,
                certificate_arn=certificate.ref,
                firewall_arn=firewall.acl.attr_arn,
                logs_bucket_domain=logs.bucket_regional_domain_name,
            )
            make_aliases(
                self,
                word,
                name=host,
                to=distribution.attr_domain_name,
                to_zone_id=CLOUDFRONT_ZONE_ID,
                types=("A", "AAAA"),
            )
