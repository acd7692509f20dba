"""WAF before CloudFront: SQL injection, cross-site scripting, known bad inputs, and a limit for each address.

Its scope is CLOUDFRONT, which exists in us-east-1 alone; elsewhere the deploy fails, and no linter knows.
"""

from __future__ import annotations

from aws_cdk import aws_wafv2 as waf
from constructs import Construct

from infrastructure.names import Names

_Rule = waf.CfnWebACL.RuleProperty
_Statement = waf.CfnWebACL.StatementProperty

MANAGED = {
    # Cross-site scripting is in the common rules. Their limit of 8 KB for a body is only counted: people upload files.
    "AWSManagedRulesCommonRuleSet": ("SizeRestrictions_BODY",),
    "AWSManagedRulesSQLiRuleSet": (),
    "AWSManagedRulesKnownBadInputsRuleSet": (),
    "AWSManagedRulesAmazonIpReputationList": (),
}


class Firewall(Construct):
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        names: Names,
        workspaces_domain: str,
        requests_per_address: int,
        log_group_arn: str,
    ) -> None:
        super().__init__(scope, id)
        self._workspaces_suffix = f".{workspaces_domain}"
        rules = [self._rate_limit(requests_per_address)]
        rules += [self._managed(number, name, counted) for number, (name, counted) in enumerate(MANAGED.items(), 1)]
        self.acl = waf.CfnWebACL(
            self,
            "Acl",
            name=names.of("firewall"),
            scope="CLOUDFRONT",
            default_action=waf.CfnWebACL.DefaultActionProperty(allow={}),
            rules=rules,
            visibility_config=self._visible(names.of("firewall")),
        )
        waf.CfnLoggingConfiguration(
            self,
            "Logging",
            resource_arn=self.acl.attr_arn,
            log_destination_configs=[log_group_arn],
            redacted_fields=[
                waf.CfnLoggingConfiguration.FieldToMatchProperty(single_header={"Name": name})
                for name in ("authorization", "cookie")
            ]
            + [waf.CfnLoggingConfiguration.FieldToMatchProperty(query_string={})],  # it may hold a ticket
        )

    def _visible(self, name: str) -> waf.CfnWebACL.VisibilityConfigProperty:
        return waf.CfnWebACL.VisibilityConfigProperty(
            cloud_watch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=True
        )

    def _rate_limit(self, limit: int) -> waf.CfnWebACL.RuleProperty:
        return _Rule(
            name="requests-per-address",
            priority=0,
            action=waf.CfnWebACL.RuleActionProperty(block={"CustomResponse": {"ResponseCode": 429}}),
            statement=_Statement(
                rate_based_statement=waf.CfnWebACL.RateBasedStatementProperty(
                    limit=limit, aggregate_key_type="IP", evaluation_window_sec=300
                )
            ),
            visibility_config=self._visible("requests-per-address"),
        )

    def _managed(self, priority: int, name: str, counted: tuple[str, ...]) -> waf.CfnWebACL.RuleProperty:
        """Inside a workspace students type SQL and scripts for a living: there only the address's reputation is looked at."""
        everywhere = name == "AWSManagedRulesAmazonIpReputationList"
        return _Rule(
            name=name,
            priority=priority,
            override_action=waf.CfnWebACL.OverrideActionProperty(none={}),
            statement=_Statement(
                managed_rule_group_statement=waf.CfnWebACL.ManagedRuleGroupStatementProperty(
                    vendor_name="AWS",
                    name=name,
                    rule_action_overrides=[
                        waf.CfnWebACL.RuleActionOverrideProperty(
                            name=rule, action_to_use=waf.CfnWebACL.RuleActionProperty(count={})
                        )
                        for rule in counted
                    ]
                    or None,
                    scope_down_statement=None if everywhere else self._not_a_workspace(),
                )
            ),
            visibility_config=self._visible(name),
        )

    def _not_a_workspace(self) -> waf.CfnWebACL.StatementProperty:
        workspace = _Statement(
            byte_match_statement=waf.CfnWebACL.ByteMatchStatementProperty(
                field_to_match=waf.CfnWebACL.FieldToMatchProperty(single_header={"Name": "host"}),
                positional_constraint="ENDS_WITH",
                search_string=self._workspaces_suffix,
                text_transformations=[waf.CfnWebACL.TextTransformationProperty(priority=0, type="LOWERCASE")],
            )
        )
        return _Statement(not_statement=waf.CfnWebACL.NotStatementProperty(statement=workspace))
