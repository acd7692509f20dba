"""The workspace manager: the document's Lambda function, its settings, and exactly its rights."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3_assets as assets
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infrastructure.elements.containers import ARCHITECTURES
from infrastructure.elements.function import allow_invoke, make_function, publish
from infrastructure.elements.roles import Conditions, allow, allow_log, allow_vpc, make_role
from infrastructure.elements.security_groups import Group
from infrastructure.elements.workspace_tasks import WorkspaceTasks
from infrastructure.names import (
    LIVE_ALIAS,
    MANAGER_HANDLER,
    METRICS_NAMESPACE,
    READY_INSTANCES_MAX,
    WAKE_DELAY_S,
    Names,
)
from infrastructure.stacks.base import PlatformStack
from infrastructure.stacks.data import DataStack
from infrastructure.stacks.network import NetworkStack

MEMORY_MB = 1024
"""Lambda gives CPU in proportion. Most of a cold start is the import of the AWS clients."""
TIMEOUT_S = 60
"""It never waits for a task. Its longest work is a reconcile pass over thousands of records."""


class ManagerFunction(Construct):
    def __init__(
        self,
        stack: PlatformStack,
        *,
        network: NetworkStack,
        data: DataStack,
        tasks: WorkspaceTasks,
        cluster: str,
        cluster_arn: str,
        code: Path,
    ) -> None:
        super().__init__(stack, "Manager")
        self._stack, self._network, self._data, self._tasks = stack, network, data, tasks
        self._cluster, self._cluster_arn = cluster, cluster_arn
        self.failures = sqs.Queue(
            self,
            "Failures",
            queue_name=stack.names.of("manager-failures"),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
        )
        self.wakes = self._wake_queue()
        log_group = stack.log_group("ManagerLogs", stack.names.logs("manager"))
        self.role = make_role(self, "Role", "lambda.amazonaws.com", "What the workspace manager may do")
        self._allow_records()
        self._allow_tasks()
        self._allow_homes()
        allow_log(self.role, log_group)
        self._allow_messages()
        self._allow_ready_instances()
        allow_vpc(self.role, stack.names.manager)
        self.function = make_function(
            stack,
            self,
            "Function",
            code=assets.Asset(self, "Code", path=str(code)),
            role=self.role,
            log_group=log_group,
            network=network,
            environment=self._environment(),
            function_name=stack.names.manager,
            description="Workspace manager: launches and stops workspaces, runs reconcile passes",
            handler=MANAGER_HANDLER,
            memory_size=MEMORY_MB,
            timeout=TIMEOUT_S,
            reserved_concurrent_executions=stack.settings.manager_concurrency,
            dead_letter_config=lambda_.CfnFunction.DeadLetterConfigProperty(target_arn=self.failures.queue_arn),
            # While anything changes, a pass asks for the next. Lambda would stop that after 16.
            recursive_loop="Allow",
        )
        self.live = publish(stack, self, self.function)
        lambda_.CfnEventSourceMapping(
            self,
            "PassesAskedFor",
            function_name=self.function.ref,
            event_source_arn=self.wakes.queue_arn,
            batch_size=10,
        )

    @property
    def arn(self) -> str:
        return self.function.attr_arn

    def let_invoke(self, role: iam.Role) -> None:
        allow_invoke(role, "InvokeManager", self.function, self.live)

    def _wake_queue(self) -> sqs.Queue:
        """Old or lost messages do not matter: the schedule brings a pass anyway."""
        return sqs.Queue(
            self,
            "Wakes",
            queue_name=f"{self._stack.names.of('manager-wakes')}.fifo",
            fifo=True,
            delivery_delay=Duration.seconds(WAKE_DELAY_S),
            visibility_timeout=Duration.seconds(TIMEOUT_S),
            retention_period=Duration.minutes(5),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
        )

    def _environment(self) -> dict[str, str]:
        settings, names, data, tasks = self._stack.settings, self._stack.names, self._data, self._tasks
        workspaces, pool = settings.workspaces, settings.workspaces.pool
        return {
            "APRANOVA_TABLE": data.table.table_name,
            "APRANOVA_CLUSTER": self._cluster,
            "APRANOVA_SUBNETS": ",".join(self._network.private_subnet_ids),
            "APRANOVA_WORKSPACE_SECURITY_GROUP": self._network.groups.id_of(Group.WORKSPACE),
            "APRANOVA_WORKSPACE_IMAGES": " ".join(f"{kind}={image}" for kind, image in tasks.images.items()),
            "APRANOVA_EXECUTION_ROLE": tasks.execution_role.role_arn,
            "APRANOVA_TASK_ROLE": tasks.task_role.role_arn,
            "APRANOVA_TASK_LOG_GROUP": tasks.log_group.log_group_name,
            "APRANOVA_TASK_CPU_UNITS": str(workspaces.size.cpu),
            "APRANOVA_TASK_MEMORY_MIB": str(workspaces.size.memory_mb),
            "APRANOVA_TASK_ARCHITECTURE": ARCHITECTURES[workspaces.arch],
            "APRANOVA_FAMILY_PREFIX": names.name,
            "APRANOVA_FILE_SYSTEM": data.homes.id,
            "APRANOVA_SNAPSHOTS_BUCKET": data.snapshots.bucket_name,
            "APRANOVA_SPOT_PERCENT": str(workspaces.spot_percent),
            "APRANOVA_PARAMETERS": names.path("manager"),
            "APRANOVA_KINDS": " ".join(workspaces.kinds),
            "APRANOVA_POOL": f"base={pool.base} peak={pool.peak} off={pool.off} weekend={pool.weekend}",
            "APRANOVA_TIME_ZONE": settings.school.time_zone,
            "APRANOVA_IDLE_TIMEOUT_S": str(workspaces.idle_timeout_s),
            "APRANOVA_PUBLIC_URL": settings.school.url,
            "APRANOVA_WORKSPACES_DOMAIN": settings.school.workspaces_domain,
            "APRANOVA_WAKE_QUEUE": self.wakes.queue_url,
            "APRANOVA_METRICS_NAMESPACE": METRICS_NAMESPACE,
            "APRANOVA_SERVICE": names.name,
            "APRANOVA_MOVER": f"{names.mover}:{LIVE_ALIAS}",
            "APRANOVA_READY_INSTANCES": self._ready_instances(names),
            **settings.task_variables,
        }

    def _ready_instances(self, names: Names) -> str:
        """How many at most of each. They are taken from the manager's reserved concurrency, which
        the passes need, too."""
        reserved = self._stack.settings.manager_concurrency
        of_manager = READY_INSTANCES_MAX if reserved is None else min(READY_INSTANCES_MAX, reserved // 2)
        return f"{names.manager}:{LIVE_ALIAS}={of_manager} {names.mover}:{LIVE_ALIAS}={READY_INSTANCES_MAX}"

    def _allow_records(self) -> None:
        table = self._data.table.table_arn
        allow(
            self.role,
            "ReadAndWriteRecords",
            table,
            "dynamodb:BatchGetItem",
            "dynamodb:DeleteItem",
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
        )
        allow(self.role, "QueryDueRecords", f"{table}/index/*", "dynamodb:Query")
        allow(self.role, "UseDataKey", self._data.key.key_arn, "kms:Decrypt", "kms:GenerateDataKey")

    def _allow_tasks(self) -> None:
        role, stack = self.role, self._stack
        here: Conditions = {"ArnEquals": {"ecs:cluster": self._cluster_arn}}
        families = [
            stack.arn_of("ecs", f"task-definition/{stack.names.name}-{kind}-*:*") for kind in self._tasks.images
        ]
        tasks = stack.arn_of("ecs", f"task/{self._cluster}/*")
        allow(role, "StartTasks", families, "ecs:RunTask", conditions=here)
        allow(role, "DescribeAndStopTasks", tasks, "ecs:DescribeTasks", "ecs:StopTask", conditions=here)
        allow(role, "ListTasks", "*", "ecs:ListTasks", conditions=here)
        allow(role, "TagTasks", [*families, tasks], "ecs:TagResource")
        allow(  # ECS supports neither resource nor condition for these actions
            role,
            "TaskDefinitions",
            "*",
            "ecs:DeregisterTaskDefinition",
            "ecs:RegisterTaskDefinition",
        )
        passed_to: Conditions = {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
        roles = [self._tasks.execution_role.role_arn, self._tasks.task_role.role_arn]
        allow(role, "PassExecutionRole", roles, "iam:PassRole", conditions=passed_to)

    def _allow_homes(self) -> None:
        role, efs = self.role, "elasticfilesystem"
        points = self._stack.arn_of(efs, "access-point/*")
        allow(role, "CreateAccessPoints", self._data.homes.arn, f"{efs}:CreateAccessPoint")
        allow(role, "DeleteAccessPoints", points, f"{efs}:DeleteAccessPoint", f"{efs}:TagResource")
        allow(role, "ListSnapshots", self._data.snapshots.bucket_arn, "s3:ListBucket")

    def _allow_ready_instances(self) -> None:
        stack = self._stack
        functions = (stack.names.manager, stack.names.mover)
        allow(
            self.role,
            "ReadyInstances",
            [stack.arn_of("lambda", f"function:{name}:{LIVE_ALIAS}") for name in functions],
            "lambda:DeleteProvisionedConcurrencyConfig",
            "lambda:GetProvisionedConcurrencyConfig",
            "lambda:PutProvisionedConcurrencyConfig",
        )

    def _allow_messages(self) -> None:
        parameters = self._stack.arn_of("ssm", f"parameter{self._stack.names.path('manager')}")
        allow(self.role, "ReadParameters", [parameters, f"{parameters}/*"], "ssm:GetParametersByPath")
        allow(self.role, "ReportFailures", self.failures.queue_arn, "sqs:SendMessage")
        allow(
            self.role,
            "RequestNextPass",
            self.wakes.queue_arn,
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:ReceiveMessage",
            "sqs:SendMessage",
        )
