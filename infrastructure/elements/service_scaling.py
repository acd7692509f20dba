"""The document's autoscaling of services.

One task more above 70 % CPU for 2 minutes, one less below 40 % for 5, with 60 seconds between.
Target tracking would be shorter, but it chooses by itself when to remove tasks.
"""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infrastructure.settings import Service

UP_PERCENT, DOWN_PERCENT, VERY_BUSY_PERCENT = 70, 40, 85
COOLDOWN_S = 60

_Policy = autoscaling.CfnScalingPolicy
_Step = _Policy.StepAdjustmentProperty
_Dimension = cloudwatch.CfnAlarm.DimensionProperty


class ServiceScaling(Construct):
    def __init__(self, scope: Construct, *, cluster: str, service: str, settings: Service) -> None:
        """`cluster` and `service` are names."""
        super().__init__(scope, "Scaling")
        stack = Stack.of(self)
        target = autoscaling.CfnScalableTarget(
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
        for word, comparison, percent, minutes, steps in (
            ("Up", "GreaterThanThreshold", UP_PERCENT, 2, up),
            ("Down", "LessThanThreshold", DOWN_PERCENT, 5, down),
        ):
            policy = _Policy(
                self,
                f"Scale{word}",
                policy_name=f"{service}-Scale{word}",
                policy_type="StepScaling",
                scaling_target_id=target.ref,
                step_scaling_policy_configuration=_Policy.StepScalingPolicyConfigurationProperty(
                    adjustment_type="ChangeInCapacity",
                    cooldown=COOLDOWN_S,
                    metric_aggregation_type="Average",
                    step_adjustments=steps,
                ),
            )
            cloudwatch.CfnAlarm(
                self,
                f"Cpu{word}",
                alarm_description=f"{service}: CPU {comparison} {percent} % for {minutes} minutes",
                namespace="AWS/ECS",
                metric_name="CPUUtilization",
                statistic="Average",
                dimensions=[
                    _Dimension(name="ClusterName", value=cluster),
                    _Dimension(name="ServiceName", value=service),
                ],
                period=60,
                evaluation_periods=minutes,
                comparison_operator=comparison,
                threshold=percent,
                treat_missing_data="notBreaching",
                alarm_actions=[policy.ref],
            )
