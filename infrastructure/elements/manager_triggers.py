"""What wakes the manager without a person: schedules, and tasks that change state.

All send the same request. An event only wakes the manager, which then reads the world and decides.
The next scheduled pass makes up for a lost event.
"""

from __future__ import annotations

from aws_cdk import aws_events as events
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from infrastructure.elements.function import let_events_invoke
from infrastructure.elements.manager_function import ManagerFunction
from infrastructure.elements.roles import allow, allow_service, make_role
from infrastructure.names import SWEEP_REQUEST
from infrastructure.settings import Pool
from infrastructure.stacks.base import PlatformStack

RETRY = {"maximum_event_age_in_seconds": 240, "maximum_retry_attempts": 2}
"""An older event is of no use: the next scheduled pass has come by then."""

_Rule = events.CfnRule
_Schedule = scheduler.CfnSchedule


def pool_changes(pool: Pool) -> dict[str, tuple[str, int]]:
    """When pool sizes change, in the school's time zone, as in the manager's PoolSchedule."""
    return {
        "morning": ("cron(0 7 ? * MON-FRI *)", pool.base),
        "peak": ("cron(0 9 ? * MON-FRI *)", pool.peak),
        "evening": ("cron(0 21 ? * MON-FRI *)", pool.base),
        "weekend": ("cron(0 7 ? * SAT,SUN *)", pool.weekend),
        "night": ("cron(0 23 * * ? *)", pool.off),
    }


class ManagerTriggers(Construct):
    def __init__(self, stack: PlatformStack, manager: ManagerFunction, *, cluster_arn: str) -> None:
        super().__init__(stack, "Triggers")
        self._stack, self._manager = stack, manager
        self._role = make_role(self, "Role", "scheduler.amazonaws.com", "EventBridge Scheduler wakes the manager")
        allow(self._role, "InvokeManager", manager.arn, "lambda:InvokeFunction")
        allow(self._role, "ReportFailures", manager.failures.queue_arn, "sqs:SendMessage")
        self._group = scheduler.CfnScheduleGroup(self, "Group", name=stack.names.name)
        workspaces = stack.settings.workspaces
        minutes = workspaces.sweep_minutes
        rate = f"rate({minutes} minute{'s' if minutes > 1 else ''})"
        self._schedule("Sweep", "sweep", rate, "Look at everything that is due")
        for word, (cron, size) in pool_changes(workspaces.pool).items():
            self._schedule(f"Pool{word.capitalize()}", f"pool-{word}", cron, f"Warm pool from now on: {size}")
        self._task_events(cluster_arn)

    def _schedule(self, id: str, word: str, when: str, why: str) -> None:
        _Schedule(
            self,
            id,
            name=self._stack.names.of(word),
            group_name=self._group.ref,
            description=why,
            schedule_expression=when,
            schedule_expression_timezone=self._stack.settings.school.time_zone,
            flexible_time_window=_Schedule.FlexibleTimeWindowProperty(mode="OFF"),
            state="ENABLED",
            target=_Schedule.TargetProperty(
                arn=self._manager.arn,
                role_arn=self._role.role_arn,
                input=SWEEP_REQUEST,
                retry_policy=_Schedule.RetryPolicyProperty(**RETRY),
                dead_letter_config=_Schedule.DeadLetterConfigProperty(arn=self._manager.failures.queue_arn),
            ),
        )

    def _task_events(self, cluster_arn: str) -> None:
        failures = self._manager.failures
        rule = _Rule(
            self,
            "TaskStates",
            name=self._stack.names.of("task-states"),
            description="A workspace's task runs or has ended",
            event_pattern={
                "source": ["aws.ecs"],
                "detail-type": ["ECS Task State Change"],
                "detail": {
                    "clusterArn": [cluster_arn],
                    "group": [{"anything-but": {"prefix": "service:"}}],
                    "lastStatus": ["RUNNING", "STOPPED"],
                },
            },
            targets=[
                _Rule.TargetProperty(
                    id="manager",
                    arn=self._manager.arn,
                    retry_policy=_Rule.RetryPolicyProperty(**RETRY),
                    dead_letter_config=_Rule.DeadLetterConfigProperty(arn=failures.queue_arn),
                )
            ],
        )
        let_events_invoke(self, self._manager.arn, rule.attr_arn)
        allow_service(
            failures,
            "EventDeliveryFailures",
            "events.amazonaws.com",
            "sqs:SendMessage",
            on=failures.queue_arn,
            conditions={
                "ArnEquals": {"aws:SourceArn": rule.attr_arn},
                "StringEquals": {"aws:SourceAccount": self._stack.account},
            },
        )
