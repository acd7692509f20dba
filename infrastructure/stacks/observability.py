"""What watches the platform: alarms, dashboard, audit trail, threats, compliance, budget.

It knows the other stacks, and none of them knows it.
"""

from __future__ import annotations

from constructs import Construct

from infrastructure.elements.alarms import all_alarms, make_alarms
from infrastructure.elements.audit_trail import make_audit_trail
from infrastructure.elements.buckets import make_bucket, make_log_bucket
from infrastructure.elements.budget import make_month_budget
from infrastructure.elements.compliance import watch_compliance
from infrastructure.elements.dashboard import make_dashboard
from infrastructure.elements.operators import Operators
from infrastructure.elements.threat_detection import watch_threats
from infrastructure.settings import Settings
from infrastructure.stacks.application import ApplicationStack
from infrastructure.stacks.base import PlatformStack
from infrastructure.stacks.data import DataStack


class ObservabilityStack(PlatformStack):
    def __init__(self, scope: Construct, settings: Settings, *, data: DataStack, application: ApplicationStack) -> None:
        super().__init__(scope, "observability", settings=settings)
        watch, operators = settings.watch, Operators(self)
        balancer = application.balancer.balancer.attr_load_balancer_full_name
        alarms = all_alarms(settings, balancer=balancer)
        make_alarms(self, alarms, topic_arn=operators.topic.topic_arn)
        make_dashboard(self, balancer=balancer)
        make_month_budget(self)
        if watch.guardduty:
            watch_threats(self)
            operators.hear_threats()
        if watch.cloudtrail or watch.config:
            bucket = make_bucket(self, "Records", logs=make_log_bucket(self, "RecordsAccess"))
            if watch.cloudtrail:
                make_audit_trail(self, bucket=bucket, watched=data.snapshots)
            if watch.config:
                watch_compliance(self, bucket)
                operators.hear_broken_rules()
