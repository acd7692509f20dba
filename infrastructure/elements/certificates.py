"""Certificates for the school's names, validated automatically through its Route 53 zone."""

from __future__ import annotations

from aws_cdk import aws_certificatemanager as acm
from constructs import Construct

from infrastructure.settings import School


def make_certificate(scope: Construct, school: School, *, with_origin: bool) -> acm.CfnCertificate:
    """For portal and workspaces; `with_origin`: also for the load balancer's own name."""
    domains = [school.domain, f"*.{school.workspaces_domain}"]
    if with_origin:
        domains.append(school.origin_domain)
    return acm.CfnCertificate(
        scope,
        "Certificate",
        domain_name=school.domain,
        subject_alternative_names=domains[1:],
        validation_method="DNS",
        key_algorithm="RSA_2048" if with_origin else "EC_prime256v1",
        domain_validation_options=[
            acm.CfnCertificate.DomainValidationOptionProperty(domain_name=domain, hosted_zone_id=school.hosted_zone_id)
            for domain in domains
        ],
    )
