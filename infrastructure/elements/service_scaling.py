"""The document's autoscaling: one task more above 70 % CPU for 2 minutes, one less below 40 % for 5, 60 seconds between.

Target tracking would be shorter, and would remove tasks at its own moment, not at the document's.
"""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infrastructure.settings import Service

UP_PERCENT, UP_MINUTES = 70, 2
DOWN_PERCENT, DOWN_MINUTES = 40, 5
COOLDOWN_S = 60
VERY_BUSY_PERCENT = 85

_Step = autoscaling.CfnScalingPolicy.StepAdjustmentProperty


class ServiceScaling(Construct):
    def __init__(self, scope: Construct, id: str, *, cluster: str, service: str, settings: Service) -> None:
        """`cluster` and `service` are names."""
        super().__init__(scope, id)
        self._cluster, self._service = cluster, service
        stack = Stack.of(self)
        self._target = autoscaling.CfnScalableTarget(
            self,
            "Target",
            service_namespace="ecs",
            scalable_dimension="ecs:service:DesiredCount",
            resource_id=f"service/{cluster}/{service}",
            min_capacity=settings.tasks_min,
            max_capacity=settings.tasks_max,
            role_arn=(
                f"arn:{stack.partition}:iam::{stack.account}:role/aws-service-role/"
                "ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService"
            ),
        )
        far = VERY_BUSY_PERCENT - UP_PERCENT
        up = [
            _Step(metric_interval_lower_bound=0, metric_interval_upper_bound=far, scaling_adjustment=1),
            _Step(metric_interval_lower_bound=far, scaling_adjustment=3),
        ]
        down = [_Step(metric_interval_upper_bound=0, scaling_adjustment=-1)]
        self._alarm("Up", "GreaterThanThreshold", UP_PERCENT, UP_MINUTES, self._policy("ScaleUp", up))
        self._alarm("Down", "LessThanThreshold", DOWN_PERCENT, DOWN_MINUTES, self._policy("ScaleDown", down))

    def _policy(self, id: str, steps: list[_Step]) -> str:
        return autoscaling.CfnScalingPolicy(
            self,
            id,
            policy_name=f"{self._service}-{id}",
            policy_type="StepScaling",
            scaling_target_id=self._target.ref,
            step_scaling_policy_configuration=autoscaling.CfnScalingPolicy.StepScalingPolicyConfigurationProperty(
                adjustment_type="ChangeInCapacity",
                cooldown=COOLDOWN_S,
                metric_aggregation_type="Average",
                step_adjustments=steps,
            ),
        ).ref

    def _alarm(self, id: str, comparison: str, percent: int, minutes: int, policy: str) -> None:
        Dimension = cloudwatch.CfnAlarm.DimensionProperty  # noqa: N806 (a class)
        cloudwatch.CfnAlarm(
            self,
            f"Cpu{id}",
            alarm_description=f"{self._service}: CPU {comparison} {percent} % for {minutes} minutes",
            namespace="AWS/ECS",
            metric_name="CPUUtilization",
            statistic="Average",
            dimensions=[
                Dimension(name="ClusterName", value=self._cluster),
                Dimension(name="ServiceName", value=self._service),
            ],
            period=60,
            evaluation_periods=minutes,
            comparison_operator=comparison,
            threshold=percent,
            treat_missing_data="notBreaching",
            alarm_actions=[policy],
        )
