"""The load balancer: HTTPS alone, the document's three paths, and the workspaces' hosts. It answers only what CloudFront signed.

Anyone can reach port 443 (the document's rule), so each rule also wants the secret header that only our CloudFront sends;
whoever goes around the firewall gets a 403.
"""

from __future__ import annotations

from aws_cdk import CfnDynamicReference, CfnDynamicReferenceService
from aws_cdk import aws_elasticloadbalancingv2 as elb
from constructs import Construct

from infrastructure.names import BACKEND_PORT, HTTPS_PORT, PORTAL_PORT, Names
from infrastructure.settings import School

TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"
ORIGIN_HEADER = "x-apranova-origin"
IDLE_TIMEOUT_S = 360
"""Longer than the gateway's own stream timeout, so that it is the gateway who ends a silent WebSocket."""

_Rule = elb.CfnListenerRule
_Condition = elb.CfnListenerRule.RuleConditionProperty


def origin_secret_reference(names: Names) -> str:
    """What CloudFormation replaces by the secret; the template never holds it."""
    return CfnDynamicReference(CfnDynamicReferenceService.SECRETS_MANAGER, names.origin_secret).to_string()


class LoadBalancer(Construct):
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        names: Names,
        school: School,
        vpc_id: str,
        subnet_ids: list[str],
        security_group_id: str,
        certificate_arn: str,
        logs_bucket: str,
        manager_arn: str,
    ) -> None:
        super().__init__(scope, id)
        self._names = names
        self.balancer = elb.CfnLoadBalancer(
            self,
            "Balancer",
            name=names.of("balancer"),
            type="application",
            scheme="internet-facing",
            ip_address_type="ipv4",
            subnets=subnet_ids,
            security_groups=[security_group_id],
            load_balancer_attributes=[
                elb.CfnLoadBalancer.LoadBalancerAttributeProperty(key=key, value=value)
                for key, value in {
                    "access_logs.s3.bucket": logs_bucket,
                    "access_logs.s3.enabled": "true",
                    "access_logs.s3.prefix": "balancer",
                    "deletion_protection.enabled": "true",
                    "idle_timeout.timeout_seconds": str(IDLE_TIMEOUT_S),
                    "routing.http.drop_invalid_header_fields.enabled": "true",
                    "routing.http.desync_mitigation_mode": "defensive",
                    "routing.http.xff_header_processing.mode": "append",
                }.items()
            ],
        )
        # Any answer of the gateway will do: the check has no host name of ours, which Envoy answers with a redirect to the portal.
        self.backend = self._target("Backend", vpc_id, BACKEND_PORT, "/", "200-399", drain_s=30)
        self.portal = self._target("Portal", vpc_id, PORTAL_PORT, "/signin", "200", drain_s=10)
        self.manager = elb.CfnTargetGroup(
            self,
            "Manager",
            target_type="lambda",
            targets=[elb.CfnTargetGroup.TargetDescriptionProperty(id=manager_arn)],
            target_group_attributes=[
                elb.CfnTargetGroup.TargetGroupAttributeProperty(key="lambda.multi_value_headers.enabled", value="true")
            ],
        )
        self.listener = self._listener(certificate_arn)
        self.rules = self._rules(school)

    def _target(self, id: str, vpc_id: str, port: int, path: str, codes: str, *, drain_s: int) -> elb.CfnTargetGroup:
        return elb.CfnTargetGroup(
            self,
            id,
            vpc_id=vpc_id,
            target_type="ip",
            protocol="HTTP",
            protocol_version="HTTP1",
            port=port,
            health_check_path=path,
            health_check_interval_seconds=10,
            health_check_timeout_seconds=5,
            healthy_threshold_count=2,
            unhealthy_threshold_count=3,
            matcher=elb.CfnTargetGroup.MatcherProperty(http_code=codes),
            target_group_attributes=[
                elb.CfnTargetGroup.TargetGroupAttributeProperty(
                    key="deregistration_delay.timeout_seconds", value=str(drain_s)
                )
            ],
        )

    def _listener(self, certificate_arn: str) -> elb.CfnListener:
        return elb.CfnListener(
            self,
            "Https",
            load_balancer_arn=self.balancer.ref,
            port=HTTPS_PORT,
            protocol="HTTPS",
            ssl_policy=TLS_POLICY,
            certificates=[elb.CfnListener.CertificateProperty(certificate_arn=certificate_arn)],
            default_actions=[
                elb.CfnListener.ActionProperty(
                    type="fixed-response",
                    fixed_response_config=elb.CfnListener.FixedResponseConfigProperty(
                        status_code="403", content_type="text/plain", message_body="Please use the school's address."
                    ),
                )
            ],
        )

    def _rules(self, school: School) -> list[elb.CfnListenerRule]:
        host = [school.domain]
        return [
            self._rule(10, "Workspaces", self.backend, [f"*.{school.workspaces_domain}"], []),
            self._rule(20, "Api", self.backend, host, ["/api", "/api/*"]),
            self._rule(30, "Door", self.manager, host, ["/workspace", "/workspace/*"]),
            self._rule(40, "Pages", self.portal, host, ["/*"]),
        ]

    def _rule(
        self,
        priority: int,
        id: str,
        target: elb.CfnTargetGroup,
        hosts: list[str],
        paths: list[str],
    ) -> elb.CfnListenerRule:
        conditions = [
            _Condition(
                field="http-header",
                http_header_config=_Rule.HttpHeaderConfigProperty(
                    http_header_name=ORIGIN_HEADER, values=[origin_secret_reference(self._names)]
                ),
            ),
            _Condition(field="host-header", host_header_config=_Rule.HostHeaderConfigProperty(values=hosts)),
        ]
        if paths:
            conditions.append(
                _Condition(field="path-pattern", path_pattern_config=_Rule.PathPatternConfigProperty(values=paths))
            )
        return _Rule(
            self,
            f"{id}Rule",
            listener_arn=self.listener.ref,
            priority=priority,
            conditions=conditions,
            actions=[_Rule.ActionProperty(type="forward", target_group_arn=target.ref)],
        )
