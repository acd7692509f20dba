"""What wakes the manager without a person: the sweep, the hours at which the pool's size changes, and tasks that change state.

All of them send the same request: events only wake the manager, which then reads the world and decides. A lost one is
made good by the next sweep.
"""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from infrastructure.elements.function import let_events_invoke
from infrastructure.elements.manager_function import ManagerFunction
from infrastructure.elements.roles import allow, make_role
from infrastructure.names import SWEEP_REQUEST, Names
from infrastructure.settings import Pool, Settings

_Schedule = scheduler.CfnSchedule


@dataclass(frozen=True)
class PoolChange:
    """An hour of the school's clock at which another size holds; the manager's PoolSchedule says the same."""

    word: str
    cron: str
    size: int


def pool_changes(pool: Pool) -> tuple[PoolChange, ...]:
    """Peak from 9 to 21 h on weekdays, the base for two hours on either side, off at night, its own size at weekends."""
    return (
        PoolChange("morning", "cron(0 7 ? * MON-FRI *)", pool.base),
        PoolChange("peak", "cron(0 9 ? * MON-FRI *)", pool.peak),
        PoolChange("evening", "cron(0 21 ? * MON-FRI *)", pool.base),
        PoolChange("weekend", "cron(0 7 ? * SAT,SUN *)", pool.weekend),
        PoolChange("night", "cron(0 23 * * ? *)", pool.off),
    )


class ManagerTriggers(Construct):
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        names: Names,
        settings: Settings,
        manager: ManagerFunction,
        cluster_arn: str,
    ) -> None:
        super().__init__(scope, id)
        self._manager, self._zone = manager, settings.school.time_zone
        self._role = make_role(self, "Role", "scheduler.amazonaws.com", "EventBridge Scheduler wakes the manager")
        allow(self._role, "InvokeManager", ("lambda:InvokeFunction",), (manager.arn,))
        allow(self._role, "ReportFailures", ("sqs:SendMessage",), (manager.failures.queue_arn,))
        group = scheduler.CfnScheduleGroup(self, "Group", name=names.name)
        self._schedule("Sweep", group, names.of("sweep"), settings.workspaces.sweep, "Look at everything that is due")
        for change in pool_changes(settings.workspaces.pool):
            self._schedule(
                f"Pool{change.word.capitalize()}",
                group,
                names.of(f"pool-{change.word}"),
                change.cron,
                f"Warm pool from now on: {change.size}",
            )
        self._task_events(names, cluster_arn)

    def _schedule(self, id: str, group: scheduler.CfnScheduleGroup, name: str, when: str, why: str) -> None:
        _Schedule(
            self,
            id,
            name=name,
            group_name=group.ref,
            description=why,
            schedule_expression=when,
            schedule_expression_timezone=self._zone,
            flexible_time_window=_Schedule.FlexibleTimeWindowProperty(mode="OFF"),
            state="ENABLED",
            target=_Schedule.TargetProperty(
                arn=self._manager.arn,
                role_arn=self._role.role_arn,
                input=SWEEP_REQUEST,
                # Older than the next sweep it is of no use.
                retry_policy=_Schedule.RetryPolicyProperty(maximum_event_age_in_seconds=240, maximum_retry_attempts=2),
                dead_letter_config=_Schedule.DeadLetterConfigProperty(arn=self._manager.failures.queue_arn),
            ),
        )

    def _task_events(self, names: Names, cluster_arn: str) -> None:
        rule = events.CfnRule(
            self,
            "TaskStates",
            name=names.of("task-states"),
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
                events.CfnRule.TargetProperty(
                    id="manager",
                    arn=self._manager.arn,
                    retry_policy=events.CfnRule.RetryPolicyProperty(
                        maximum_event_age_in_seconds=240, maximum_retry_attempts=2
                    ),
                    dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=self._manager.failures.queue_arn),
                )
            ],
        )
        let_events_invoke(self, self._manager.arn, rule.attr_arn)
        self._manager.failures.add_to_resource_policy(
            iam.PolicyStatement(
                sid="EventDeliveryFailures",
                principals=[iam.ServicePrincipal("events.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[self._manager.failures.queue_arn],
                conditions={
                    "ArnEquals": {"aws:SourceArn": rule.attr_arn},
                    "StringEquals": {"aws:SourceAccount": Stack.of(self).account},
                },
            )
        )
