"""The workspace manager: the document's Lambda function, what it is told, and exactly what it may do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3_assets as assets
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from contract.names import WorkspaceKind
from infrastructure.elements.containers import ARCHITECTURES
from infrastructure.elements.function import FunctionPlace, make_function
from infrastructure.elements.keys import StackKey
from infrastructure.elements.roles import allow, allow_log, allow_vpc, make_role
from infrastructure.names import MANAGER_HANDLER, METRICS_NAMESPACE, WAKE_DELAY_S, Names
from infrastructure.settings import Settings
from infrastructure.stacks.data import DataStack

MEMORY_MB = 1024
"""Lambda gives CPU in proportion; importing the AWS clients is most of a cold start."""
TIMEOUT_S = 60
"""It never waits for a task; a sweep of thousands of records is the longest it does."""


@dataclass(frozen=True)
class Surroundings:
    """Where the manager starts tasks."""

    cluster: str
    cluster_arn: str
    place: FunctionPlace
    """In the backend's security group, the only one that workspaces admit."""
    workspace_group_id: str
    workspace_log_group: str
    workspace_role_arn: str
    """The execution role of workspace tasks: the one role that the manager may hand on."""


class ManagerFunction(Construct):
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        names: Names,
        settings: Settings,
        data: DataStack,
        around: Surroundings,
        code: Path,
        log_group: logs.LogGroup,
        key: StackKey,
    ) -> None:
        super().__init__(scope, id)
        self._names, self._settings, self._data, self._around = names, settings, data, around
        self.failures = sqs.Queue(
            self,
            "Failures",
            queue_name=names.of("manager-failures"),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
        )
        self.wakes = self._wake_queue()
        self.role = self._role(log_group.log_group_arn)
        self.function = make_function(
            self,
            "Function",
            code=assets.Asset(self, "Code", path=str(code)),
            role=self.role,
            log_group=log_group,
            key=key,
            environment=self._environment(),
            function_name=names.manager,
            description="Workspace manager: launches, stops, sweeps; starts and ends tasks",
            handler=MANAGER_HANDLER,
            memory_size=MEMORY_MB,
            timeout=TIMEOUT_S,
            vpc_config=around.place.vpc_config,
            reserved_concurrent_executions=settings.manager_concurrency,
            dead_letter_config=lambda_.CfnFunction.DeadLetterConfigProperty(target_arn=self.failures.queue_arn),
            # A pass asks for the next one while anything changes. Lambda would stop such a chain after 16 calls.
            recursive_loop="Allow",
        )
        lambda_.CfnEventSourceMapping(
            self,
            "PassesAskedFor",
            function_name=self.function.ref,
            event_source_arn=self.wakes.queue_arn,
            batch_size=10,
        )

    def _wake_queue(self) -> sqs.Queue:
        """Old messages are of no use, and one that is given up neither: the schedule brings a pass anyway."""
        return sqs.Queue(
            self,
            "Wakes",
            queue_name=f"{self._names.of('manager-wakes')}.fifo",
            fifo=True,
            delivery_delay=Duration.seconds(WAKE_DELAY_S),
            visibility_timeout=Duration.seconds(TIMEOUT_S),
            retention_period=Duration.minutes(5),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
        )

    @property
    def arn(self) -> str:
        return self.function.attr_arn

    def _environment(self) -> dict[str, str]:
        settings, data, around = self._settings, self._data, self._around
        pool = settings.workspaces.pool
        return {
            "APRANOVA_TABLE": data.workspaces.table.table_name,
            "APRANOVA_CLUSTER": around.cluster,
            "APRANOVA_SUBNETS": ",".join(around.place.subnet_ids),
            "APRANOVA_WORKSPACE_SECURITY_GROUP": around.workspace_group_id,
            "APRANOVA_WORKSPACE_IMAGES": self._words(
                {
                    kind: data.repositories.uri(f"workspace-{kind}", settings.release)
                    for kind in settings.workspaces.kinds
                }
            ),
            "APRANOVA_EXECUTION_ROLE": around.workspace_role_arn,
            "APRANOVA_TASK_LOG_GROUP": around.workspace_log_group,
            "APRANOVA_TASK_CPU_UNITS": str(settings.workspaces.size.cpu),
            "APRANOVA_TASK_MEMORY_MIB": str(settings.workspaces.size.memory_mb),
            "APRANOVA_TASK_ARCHITECTURE": ARCHITECTURES[settings.workspaces.arch],
            "APRANOVA_FAMILY_PREFIX": self._names.name,
            "APRANOVA_FILE_SYSTEMS": data.homes.ids,
            "APRANOVA_SNAPSHOTS_BUCKET": data.snapshots.bucket_name,
            "APRANOVA_SPOT_PERCENT": str(settings.workspaces.spot_percent),
            "APRANOVA_PARAMETERS": self._names.path("manager"),
            "APRANOVA_KINDS": " ".join(settings.workspaces.kinds),
            "APRANOVA_POOL": f"base={pool.base} peak={pool.peak} off={pool.off} weekend={pool.weekend}",
            "APRANOVA_TIME_ZONE": settings.school.time_zone,
            "APRANOVA_IDLE_TIMEOUT_S": str(settings.workspaces.idle_timeout_s),
            "APRANOVA_PUBLIC_URL": settings.school.url,
            "APRANOVA_WORKSPACES_DOMAIN": settings.school.workspaces_domain,
            "APRANOVA_WAKE_QUEUE": self.wakes.queue_url,
            "APRANOVA_METRICS_NAMESPACE": METRICS_NAMESPACE,
            "APRANOVA_SERVICE": self._names.name,
        }

    @staticmethod
    def _words(values: Mapping[WorkspaceKind, str]) -> str:
        return " ".join(f"{kind}={value}" for kind, value in values.items())

    def _role(self, log_group_arn: str) -> iam.Role:
        role = make_role(self, "Role", "lambda.amazonaws.com", "What the workspace manager may do")
        self._records(role)
        self._tasks(role)
        self._homes(role)
        stack = Stack.of(self)
        allow_log(role, log_group_arn)
        parameters = f"arn:{stack.partition}:ssm:{stack.region}:{stack.account}:parameter{self._names.path('manager')}"
        allow(
            role,
            "ReadParameters",
            ("ssm:GetParametersByPath",),
            (parameters, f"{parameters}/*"),
        )
        allow(role, "ReportFailures", ("sqs:SendMessage",), (self.failures.queue_arn,))
        allow(
            role,
            "RequestNextPass",
            ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage", "sqs:SendMessage"),
            (self.wakes.queue_arn,),
        )
        allow_vpc(role)
        return role

    def _records(self, role: iam.Role) -> None:
        table = self._data.workspaces.table.table_arn
        allow(
            role,
            "ReadAndWriteRecords",
            (
                "dynamodb:BatchGetItem",
                "dynamodb:DeleteItem",
                "dynamodb:GetItem",
                "dynamodb:PutItem",
                "dynamodb:Query",
                "dynamodb:UpdateItem",
            ),
            (table,),
        )
        allow(role, "QueryDueRecords", ("dynamodb:Query",), (f"{table}/index/*",))
        allow(role, "UseDataKey", ("kms:Decrypt", "kms:GenerateDataKey"), (self._data.key.arn,))

    def _tasks(self, role: iam.Role) -> None:
        stack, around = Stack.of(self), self._around
        ours = f"arn:{stack.partition}:ecs:{stack.region}:{stack.account}"
        here = {"ArnEquals": {"ecs:cluster": around.cluster_arn}}
        families = [f"{ours}:task-definition/{self._names.name}-{kind}-*:*" for kind in self._settings.workspaces.kinds]
        tasks = [f"{ours}:task/{around.cluster}/*"]
        allow(role, "StartTasks", ("ecs:RunTask",), families, here)
        allow(role, "DescribeAndStopTasks", ("ecs:DescribeTasks", "ecs:StopTask"), tasks, here)
        allow(role, "ListTasks", ("ecs:ListTasks",), ("*",), here)
        allow(role, "TagTasks", ("ecs:TagResource",), [*families, *tasks])
        allow(
            role,
            "TaskDefinitions",  # ECS supports neither resource nor condition for these actions
            (
                "ecs:DeregisterTaskDefinition",
                "ecs:DescribeTaskDefinition",
                "ecs:RegisterTaskDefinition",
            ),
            ("*",),
        )
        allow(
            role,
            "PassExecutionRole",
            ("iam:PassRole",),
            (around.workspace_role_arn,),
            {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
        )

    def _homes(self, role: iam.Role) -> None:
        stack, data = Stack.of(self), self._data
        ours = f"arn:{stack.partition}:elasticfilesystem:{stack.region}:{stack.account}"
        points, any_of_them = f"{ours}:access-point/*", f"{ours}:file-system/*"
        allow(role, "CreateAccessPoints", ("elasticfilesystem:CreateAccessPoint",), data.homes.arns)
        allow(role, "CheckAccessPoints", ("elasticfilesystem:DescribeAccessPoints",), (points,))
        allow(  # one that the stack has lost, too
            role, "CheckFileSystems", ("elasticfilesystem:DescribeFileSystems",), (any_of_them,)
        )
        allow(
            role,
            "DeleteAccessPoints",
            ("elasticfilesystem:DeleteAccessPoint", "elasticfilesystem:TagResource"),
            (points,),
        )
        allow(role, "ListSnapshots", ("s3:ListBucket",), (data.snapshots.bucket_arn,))
