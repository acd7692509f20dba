"""The load balancer: HTTPS only, the document's three paths, and the workspaces' hosts.

Anyone can reach port 443 (the document's rule). So each rule also requires the secret header that
only our CloudFront sends; a request that goes around the firewall gets a 403.
"""

from __future__ import annotations

from aws_cdk import CfnDynamicReference, CfnDynamicReferenceService
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infrastructure.elements.buckets import make_log_bucket
from infrastructure.elements.certificates import make_certificate
from infrastructure.elements.dns import make_aliases
from infrastructure.elements.roles import allow_service
from infrastructure.elements.security_groups import Group
from infrastructure.names import BACKEND_PORT, HTTPS_PORT, PORTAL_PORT, Names
from infrastructure.stacks.base import PlatformStack
from infrastructure.stacks.network import NetworkStack

TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"
ORIGIN_HEADER = "x-apranova-origin"
IDLE_TIMEOUT_S = 960
"""Longer than the gateway lets a WebSocket live (15 minutes), so that this hop ends none. Shorter
than the gateway keeps an idle connection, so that the balancer never sends into a closed one."""

_Rule = elb.CfnListenerRule
_Target = elb.CfnTargetGroup
_Attribute = _Target.TargetGroupAttributeProperty


def origin_secret_reference(names: Names) -> str:
    """CloudFormation replaces it by the secret; the template never holds the secret."""
    return CfnDynamicReference(CfnDynamicReferenceService.SECRETS_MANAGER, names.origin_secret).to_string()


class LoadBalancer(Construct):
    def __init__(self, stack: PlatformStack, network: NetworkStack, *, manager_arn: str) -> None:
        super().__init__(stack, "LoadBalancer")
        self._stack, self._vpc_id = stack, network.network.vpc_id
        self.balancer = self._balancer(network)
        # The check sends no host name of ours, so Envoy redirects it: any answer is good.
        self.backend = self._target("Backend", BACKEND_PORT, "/", "200-399", drain_s=30)
        self.portal = self._target("Portal", PORTAL_PORT, "/signin", "200", drain_s=10)
        self._door = self._function_target(manager_arn)
        self._listener = self._make_listener()
        self.rules = self._rules()
        make_aliases(
            stack,
            "Origin",
            name=stack.settings.school.origin_domain,
            to=self.balancer.attr_dns_name,
            to_zone_id=self.balancer.attr_canonical_hosted_zone_id,
            types=("A",),
        )

    def _balancer(self, network: NetworkStack) -> elb.CfnLoadBalancer:
        logs = make_log_bucket(self._stack, "BalancerLogs")
        writable = allow_service(
            logs,
            "LoadBalancerLogs",
            "logdelivery.elasticloadbalancing.amazonaws.com",
            "s3:PutObject",
            on=logs.arn_for_objects(f"balancer/AWSLogs/{self._stack.account}/*"),
        )
        attributes = {
            "access_logs.s3.bucket": logs.bucket_name,
            "access_logs.s3.enabled": "true",
            "access_logs.s3.prefix": "balancer",
            "deletion_protection.enabled": "true",
            "idle_timeout.timeout_seconds": str(IDLE_TIMEOUT_S),
            "routing.http.drop_invalid_header_fields.enabled": "true",
            "routing.http.desync_mitigation_mode": "defensive",
            "routing.http.xff_header_processing.mode": "append",
        }
        balancer = elb.CfnLoadBalancer(
            self,
            "Balancer",
            name=self._stack.names.of("balancer"),
            type="application",
            scheme="internet-facing",
            ip_address_type="ipv4",
            subnets=network.public_subnet_ids,
            security_groups=[network.groups.id_of(Group.BALANCER)],
            load_balancer_attributes=[
                elb.CfnLoadBalancer.LoadBalancerAttributeProperty(key=key, value=value)
                for key, value in attributes.items()
            ],
        )
        balancer.node.add_dependency(writable)
        return balancer

    def _target(self, id: str, port: int, path: str, codes: str, *, drain_s: int) -> elb.CfnTargetGroup:
        return _Target(
            self,
            id,
            vpc_id=self._vpc_id,
            target_type="ip",
            protocol="HTTP",
            protocol_version="HTTP1",
            port=port,
            health_check_path=path,
            health_check_interval_seconds=10,
            health_check_timeout_seconds=5,
            healthy_threshold_count=2,
            unhealthy_threshold_count=3,
            matcher=_Target.MatcherProperty(http_code=codes),
            target_group_attributes=[_Attribute(key="deregistration_delay.timeout_seconds", value=str(drain_s))],
        )

    def _function_target(self, function_arn: str) -> elb.CfnTargetGroup:
        """Whoever gives it another function also gives it another id, so that CloudFormation makes
        a new group. It cannot exchange the target of one without health checks: the update waits
        for them, fails, and so does its rollback (cloudformation-coverage-roadmap, issue 1488).
        """
        permission = lambda_.CfnPermission(
            self._stack,
            "BalancerInvokesManager",
            action="lambda:InvokeFunction",
            function_name=function_arn,
            principal="elasticloadbalancing.amazonaws.com",
            source_account=self._stack.account,
        )
        target = _Target(
            self,
            "Door",
            target_type="lambda",
            targets=[_Target.TargetDescriptionProperty(id=function_arn)],
            target_group_attributes=[_Attribute(key="lambda.multi_value_headers.enabled", value="true")],
        )
        target.add_resource_dependency(permission)
        return target

    def _make_listener(self) -> elb.CfnListener:
        certificate = make_certificate(self._stack, self._stack.settings.school, with_origin=True)
        refused = elb.CfnListener.FixedResponseConfigProperty(
            status_code="403", content_type="text/plain", message_body="Please use the school's address."
        )
        return elb.CfnListener(
            self,
            "Https",
            load_balancer_arn=self.balancer.ref,
            port=HTTPS_PORT,
            protocol="HTTPS",
            ssl_policy=TLS_POLICY,
            certificates=[elb.CfnListener.CertificateProperty(certificate_arn=certificate.ref)],
            default_actions=[elb.CfnListener.ActionProperty(type="fixed-response", fixed_response_config=refused)],
        )

    def _rules(self) -> list[elb.CfnListenerRule]:
        school = self._stack.settings.school
        return [
            self._rule(priority, id, target, host, paths)
            for priority, id, target, host, paths in (
                (10, "Workspaces", self.backend, f"*.{school.workspaces_domain}", []),
                (20, "Api", self.backend, school.domain, ["/api", "/api/*"]),
                (30, "Door", self._door, school.domain, ["/workspace", "/workspace/*"]),
                (40, "Pages", self.portal, school.domain, ["/*"]),
            )
        ]

    def _rule(
        self, priority: int, id: str, target: elb.CfnTargetGroup, host: str, paths: list[str]
    ) -> elb.CfnListenerRule:
        secret = _Rule.HttpHeaderConfigProperty(
            http_header_name=ORIGIN_HEADER, values=[origin_secret_reference(self._stack.names)]
        )
        hosts = _Rule.HostHeaderConfigProperty(values=[host])
        conditions = [
            _Rule.RuleConditionProperty(field="http-header", http_header_config=secret),
            _Rule.RuleConditionProperty(field="host-header", host_header_config=hosts),
        ]
        if paths:
            patterns = _Rule.PathPatternConfigProperty(values=paths)
            conditions.append(_Rule.RuleConditionProperty(field="path-pattern", path_pattern_config=patterns))
        return _Rule(
            self,
            f"{id}Rule",
            listener_arn=self._listener.ref,
            priority=priority,
            conditions=conditions,
            actions=[_Rule.ActionProperty(type="forward", target_group_arn=target.ref)],
        )
