"""IAM roles and statements. Actions are listed one by one, never with a wildcard."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_efs as efs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct, IDependable

Conditions = dict[str, dict[str, str | list[str]]]


def make_role(scope: Construct, id: str, service: str, description: str) -> iam.Role:
    """A role that a service may assume, for this account only (against the confused deputy)."""
    ours = {"StringEquals": {"aws:SourceAccount": Stack.of(scope).account}}
    principal = iam.ServicePrincipal(service, conditions=ours)
    return iam.Role(scope, id, assumed_by=principal, description=description)


def allow(
    role: iam.Role, sid: str, resources: str | Sequence[str], *actions: str, conditions: Conditions | None = None
) -> None:
    resources = [resources] if isinstance(resources, str) else list(resources)
    role.add_to_policy(iam.PolicyStatement(sid=sid, actions=list(actions), resources=resources, conditions=conditions))


def allow_service(
    resource: kms.Key | s3.Bucket | sns.Topic | sqs.Queue,
    sid: str,
    service: str,
    *actions: str,
    on: str = "*",
    conditions: Conditions | None = None,
) -> IDependable:
    """Let an AWS service use a resource. Returns what must exist before the service tries.

    `on`: the ARN in the statement; in a key's policy, `*` is that key.
    """
    statement = iam.PolicyStatement(
        sid=sid,
        principals=[iam.ServicePrincipal(service)],
        actions=list(actions),
        resources=[on],
        conditions=conditions,
    )
    added = resource.add_to_resource_policy(statement)
    return added.policy_dependable or resource


def allow_log(role: iam.Role, group: logs.LogGroup) -> None:
    allow(role, "WriteLog", group.log_group_arn, "logs:CreateLogStream", "logs:PutLogEvents")


def allow_mount(role: iam.Role, file_system_arn: str, point: efs.CfnAccessPoint, *, writes: bool = True) -> None:
    """As root, through this access point alone. Nobody may mount without such a statement."""
    use = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientRootAccess"]
    if writes:
        use.insert(1, "elasticfilesystem:ClientWrite")
    through: Conditions = {"StringEquals": {"elasticfilesystem:AccessPointArn": point.attr_arn}}
    allow(role, "MountFiles", file_system_arn, *use, conditions=through)


_VPC_ACTIONS = (
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
)


def allow_vpc(role: iam.Role, function_name: str) -> None:
    """Lets Lambda attach a function to subnets. EC2 supports no resource for these actions.

    The role is also the code's, which could delete any network interface of the account. Calls of
    the code carry the function's ARN, and Lambda's own do not, so those are refused.
    """
    allow(role, "VpcNetworking", "*", *_VPC_ACTIONS)
    code = Stack.of(role).format_arn(
        service="lambda", resource="function", resource_name=function_name, arn_format=ArnFormat.COLON_RESOURCE_NAME
    )
    role.add_to_policy(
        iam.PolicyStatement(
            sid="VpcNetworkingByLambdaAlone",
            effect=iam.Effect.DENY,
            actions=list(_VPC_ACTIONS),
            resources=["*"],
            conditions={"ArnEquals": {"lambda:SourceFunctionArn": code}},
        )
    )
