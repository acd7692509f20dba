"""WAF in front of CloudFront: SQL injection, scripting, bad inputs, a limit per address.

Its scope CLOUDFRONT exists only in us-east-1. Elsewhere a deploy fails; no linter finds that.
"""

from __future__ import annotations

from aws_cdk import aws_wafv2 as waf
from constructs import Construct

from infrastructure.stacks.base import PlatformStack

_Acl = waf.CfnWebACL
_Field = waf.CfnLoggingConfiguration.FieldToMatchProperty

# Inside a workspace students type SQL and scripts for a living, so these rules stop at its door.
OUTSIDE_WORKSPACES = (
    "AWSManagedRulesCommonRuleSet",  # includes cross-site scripting
    "AWSManagedRulesSQLiRuleSet",
    "AWSManagedRulesKnownBadInputsRuleSet",
)
EVERYWHERE = ("AWSManagedRulesAmazonIpReputationList",)
STATIC_FILES = r"^/(_next|stable-[0-9a-f]+|_shared/[a-z0-9][a-z0-9.-]*)/static/"
"""The portal's, which CloudFront caches, and those that the gateway serves itself."""
STATIC_FILES_FACTOR = 4
"""Of the limit of other requests. An editor that opens for the first time is hundreds of files, so
100 students behind one address have 2,000 files each in five minutes. But names that do not exist
are in no cache, and each of them reaches the portal or the gateway."""
LIMIT_MAX = 2_000_000_000
COUNTED = {"AWSManagedRulesCommonRuleSet": "SizeRestrictions_BODY"}
"""Rules that only count. This one refuses bodies above 8 KB, but people upload files."""


class Firewall(Construct):
    def __init__(self, stack: PlatformStack, *, log_group_arn: str) -> None:
        super().__init__(stack, "Firewall")
        self._workspaces_suffix = f".{stack.settings.school.workspaces_domain}"
        name = stack.names.of("firewall")
        groups = list(enumerate((*OUTSIDE_WORKSPACES, *EVERYWHERE), 1))
        limit = stack.settings.watch.requests_per_address
        of_static = min(LIMIT_MAX, STATIC_FILES_FACTOR * limit)
        static = _static_file()
        others = _Acl.StatementProperty(not_statement=_Acl.NotStatementProperty(statement=static))
        self.acl = _Acl(
            self,
            "Acl",
            name=name,
            scope="CLOUDFRONT",
            default_action=_Acl.DefaultActionProperty(allow={}),
            rules=[
                self._rate_limit("requests-per-address", 0, limit, others),
                *(self._managed(number, group) for number, group in groups),
                self._rate_limit("static-files-per-address", len(groups) + 1, of_static, static),
            ],
            visibility_config=self._visible(name),
        )
        waf.CfnLoggingConfiguration(
            self,
            "Logging",
            resource_arn=self.acl.attr_arn,
            log_destination_configs=[log_group_arn],
            redacted_fields=[
                *(_Field(single_header={"Name": header}) for header in ("authorization", "cookie")),
                _Field(query_string={}),  # it may hold a ticket
            ],
        )

    def _visible(self, name: str) -> waf.CfnWebACL.VisibilityConfigProperty:
        return _Acl.VisibilityConfigProperty(
            cloud_watch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=True
        )

    def _rate_limit(
        self, name: str, priority: int, limit: int, counted: waf.CfnWebACL.StatementProperty
    ) -> waf.CfnWebACL.RuleProperty:
        return _Acl.RuleProperty(
            name=name,
            priority=priority,
            action=_Acl.RuleActionProperty(
                block=_Acl.BlockActionProperty(custom_response=_Acl.CustomResponseProperty(response_code=429))
            ),
            statement=_Acl.StatementProperty(
                rate_based_statement=_Acl.RateBasedStatementProperty(
                    limit=limit,
                    aggregate_key_type="IP",
                    evaluation_window_sec=300,
                    scope_down_statement=counted,
                )
            ),
            visibility_config=self._visible(name),
        )

    def _managed(self, priority: int, name: str) -> waf.CfnWebACL.RuleProperty:
        counted = None
        if name in COUNTED:
            count = _Acl.RuleActionProperty(count={})
            counted = [_Acl.RuleActionOverrideProperty(name=COUNTED[name], action_to_use=count)]
        return _Acl.RuleProperty(
            name=name,
            priority=priority,
            override_action=_Acl.OverrideActionProperty(none={}),
            statement=_Acl.StatementProperty(
                managed_rule_group_statement=_Acl.ManagedRuleGroupStatementProperty(
                    vendor_name="AWS",
                    name=name,
                    rule_action_overrides=counted,
                    scope_down_statement=None if name in EVERYWHERE else self._not_a_workspace(),
                )
            ),
            visibility_config=self._visible(name),
        )

    def _not_a_workspace(self) -> waf.CfnWebACL.StatementProperty:
        workspace = _Acl.StatementProperty(
            byte_match_statement=_Acl.ByteMatchStatementProperty(
                field_to_match=_Acl.FieldToMatchProperty(single_header={"Name": "host"}),
                positional_constraint="ENDS_WITH",
                search_string=self._workspaces_suffix,
                text_transformations=[_Acl.TextTransformationProperty(priority=0, type="LOWERCASE")],
            )
        )
        return _Acl.StatementProperty(not_statement=_Acl.NotStatementProperty(statement=workspace))


def _static_file() -> waf.CfnWebACL.StatementProperty:
    return _Acl.StatementProperty(
        regex_match_statement=_Acl.RegexMatchStatementProperty(
            field_to_match=_Acl.FieldToMatchProperty(uri_path={}),
            regex_string=STATIC_FILES,
            text_transformations=[
                _Acl.TextTransformationProperty(priority=0, type="URL_DECODE"),
                _Acl.TextTransformationProperty(priority=1, type="NORMALIZE_PATH"),  # /static/../api is no file
            ],
        )
    )
