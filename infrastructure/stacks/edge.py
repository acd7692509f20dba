"""What the world sees first: names, CloudFront, firewall. In us-east-1, because CloudFront's certificate and firewall must be."""

from __future__ import annotations

from constructs import Construct

from infrastructure.elements.buckets import make_log_bucket
from infrastructure.elements.certificates import make_certificate
from infrastructure.elements.distribution import PORTAL_STATIC_PATHS, Distribution
from infrastructure.elements.dns import CLOUDFRONT_ZONE_ID, make_alias
from infrastructure.elements.firewall import Firewall
from infrastructure.elements.keys import StackKey
from infrastructure.elements.log_groups import make_log_group
from infrastructure.names import EDGE_REGION, Names
from infrastructure.settings import Settings
from infrastructure.stacks.base import PlatformStack


class EdgeStack(PlatformStack):
    """Knows the other stacks by names alone (the load balancer's, the secret's): no reference crosses a region."""

    def __init__(self, scope: Construct, *, settings: Settings, names: Names) -> None:
        super().__init__(scope, "edge", settings=settings, names=names, region=EDGE_REGION)
        school = settings.school
        key = StackKey(self, "Encryption", names=names, purpose="edge")
        key.let_logs_use_it()
        # WAF writes only into groups whose name begins like this.
        group = make_log_group(self, "FirewallLogs", f"aws-waf-logs-{names.name}", key)
        self.firewall = Firewall(
            self,
            "Firewall",
            names=names,
            workspaces_domain=school.workspaces_domain,
            requests_per_address=settings.watch.requests_per_address,
            log_group_arn=group.log_group_arn,
        )
        certificate = make_certificate(self, "Certificate", school, with_origin=False)
        logs = make_log_bucket(self, "Logs", written_by_cloudfront=True)
        for word, host, cached_paths in (
            ("Portal", school.domain, PORTAL_STATIC_PATHS),
            ("Workspaces", f"*.{school.workspaces_domain}", ()),
        ):
            distribution = Distribution(
                self,
                f"{word}CloudFront",
                names=names,
                school=school,
                host=host,
                cached_paths=cached_paths,
                certificate_arn=certificate.ref,
                firewall_arn=self.firewall.acl.attr_arn,
                logs_bucket_domain=logs.bucket_regional_domain_name,
            ).distribution
            make_alias(
                self,
                word,
                zone_id=school.hosted_zone_id,
                name=host,
                to=distribution.attr_domain_name,
                to_zone_id=CLOUDFRONT_ZONE_ID,
                types=("A", "AAAA"),
            )
