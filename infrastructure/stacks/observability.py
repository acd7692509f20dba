"""Who watches: alarms, dashboard, trail, threats, compliance, budget. It knows the others, and none of them knows it."""

from __future__ import annotations

from constructs import Construct

from infrastructure.elements.alarms import Alarms, all_alarms, cache_nodes
from infrastructure.elements.audit_trail import AuditTrail
from infrastructure.elements.buckets import make_bucket, make_log_bucket
from infrastructure.elements.budget import MonthBudget
from infrastructure.elements.compliance import Compliance
from infrastructure.elements.dashboard import Dashboard, widgets
from infrastructure.elements.keys import StackKey
from infrastructure.elements.log_groups import make_log_group
from infrastructure.elements.operators import Operators
from infrastructure.elements.threat_detection import ThreatDetection
from infrastructure.names import Names
from infrastructure.settings import Settings
from infrastructure.stacks.application import ApplicationStack
from infrastructure.stacks.base import PlatformStack
from infrastructure.stacks.data import DataStack


class ObservabilityStack(PlatformStack):
    def __init__(
        self, scope: Construct, *, settings: Settings, names: Names, data: DataStack, application: ApplicationStack
    ) -> None:
        super().__init__(scope, "observability", settings=settings, names=names)
        watch = settings.watch
        self.key = StackKey(self, "Encryption", names=names, purpose="observability")
        self.key.let_logs_use_it()
        operators = Operators(self, "ToOperators", names=names, key=self.key, email=settings.school.operators_email)
        balancer = application.balancer.balancer.attr_load_balancer_full_name
        alarms = all_alarms(names, settings, balancer=balancer, workers=application.keepers.function_names)
        Alarms(self, "Alarms", names=names, alarms=alarms, topic_arn=operators.topic.topic_arn)
        Dashboard(
            self,
            "Overview",
            names=names,
            body=widgets(
                names,
                region=self.region,
                balancer=balancer,
                nodes=cache_nodes(names, settings),
            ),
        )
        MonthBudget(self, "Month", names=names, dollars=watch.budget_usd, email=settings.school.operators_email)
        if watch.guardduty:
            ThreatDetection(self, "Threats")
            operators.hear_threats()
        if not (watch.cloudtrail or watch.config):
            return
        bucket = make_bucket(self, "Records", logs=make_log_bucket(self, "RecordsAccess"))
        if watch.cloudtrail:
            AuditTrail(
                self,
                "Audit",
                names=names,
                bucket=bucket,
                watched_bucket_arn=data.snapshots.bucket_arn,
                log_group=make_log_group(self, "AuditLog", names.logs("audit"), self.key),
            )
        if watch.config:
            Compliance(self, "Compliance", names=names, bucket=bucket, account=self.account)
            operators.hear_what_is_no_longer_as_made()
