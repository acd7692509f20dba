"""Certificates for the school's names, validated through its Route 53 zone (no custom resource, nothing to click)."""

from __future__ import annotations

from aws_cdk import aws_certificatemanager as acm
from constructs import Construct

from infrastructure.settings import School


def make_certificate(scope: Construct, id: str, school: School, *, with_origin: bool) -> acm.CfnCertificate:
    """For the portal and all workspaces; the load balancer's has its own name, too, because CloudFront checks it."""
    domains = [school.domain, f"*.{school.workspaces_domain}"]
    if with_origin:
        domains.append(school.origin_domain)
    return acm.CfnCertificate(
        scope,
        id,
        domain_name=school.domain,
        subject_alternative_names=domains[1:],
        validation_method="DNS",
        key_algorithm="EC_prime256v1" if not with_origin else "RSA_2048",
        domain_validation_options=[
            acm.CfnCertificate.DomainValidationOptionProperty(domain_name=domain, hosted_zone_id=school.hosted_zone_id)
            for domain in domains
        ],
    )
