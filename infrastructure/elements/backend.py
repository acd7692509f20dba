"""The backend's service: in each task Envoy, which has the only open port, and Django behind it on a Unix socket."""

from __future__ import annotations

from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from infrastructure.elements.containers import MANY_FILES, make_container
from infrastructure.elements.execution_role import make_execution_role
from infrastructure.elements.fargate_service import FargateService, Place, Route
from infrastructure.elements.roles import allow, make_role
from infrastructure.names import BACKEND_HEALTH, BACKEND_PORT, DJANGO, GATEWAY, RUN_FOLDER, Names
from infrastructure.settings import Settings
from infrastructure.stacks.data import DataStack

_Task = ecs.CfnTaskDefinition


class Backend(Construct):
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        names: Names,
        settings: Settings,
        data: DataStack,
        place: Place,
        target_group_arn: str,
        log_group: logs.LogGroup,
        manager_arn: str,
    ) -> None:
        super().__init__(scope, id)
        self._names, self._settings, self._data, self._log_group = names, settings, data, log_group
        secrets = self._secrets()
        execution_role = make_execution_role(
            self,
            "Execution",
            repository_arns=[data.repositories.arn(image) for image in ("backend", "gateway")],
            log_group_arn=log_group.log_group_arn,
            secret_arns=sorted({arn for arn, _ in secrets.values()}),
            key_arn=data.key.arn,
        )
        self.role = self._task_role(manager_arn)
        self.service = FargateService(
            self,
            "Service",
            name=names.of("backend"),
            settings=settings.backend,
            arch=settings.workspaces.arch,
            place=place,
            route=Route(GATEWAY, BACKEND_PORT, target_group_arn),
            containers=[self._gateway(), self._django(secrets)],
            volumes=["run", "scratch"],
            execution_role=execution_role,
            task_role=self.role,
        )

    def _secrets(self) -> dict[str, tuple[str, str]]:
        """Variable → secret and the key inside it (empty: the whole secret)."""
        database, own = self._data.database.secret_arn, self._data.secrets
        return {
            "PGUSER": (database, "username"),
            "PGPASSWORD": (database, "password"),
            "APRANOVA_SECRET_KEY": (own.django.secret_arn, ""),
            "APRANOVA_IDENTITY_PRIVATE_KEY": (own.identity.secret_arn, ""),
            "APRANOVA_REDIS_TOKEN": (own.cache.secret_arn, ""),
            "APRANOVA_EMAIL_URL": (own.email.secret_arn, ""),
        }

    def _environment(self) -> dict[str, str]:
        school, region = self._settings.school, Stack.of(self).region
        return {
            "APRANOVA_PUBLIC_URL": school.url,
            "APRANOVA_WORKSPACES_DOMAIN": school.workspaces_domain,
            "APRANOVA_SCHOOL_NAME": school.title,
            "APRANOVA_ISOLATION": "ecs",
            "APRANOVA_RUN_DIR": RUN_FOLDER,
            "APRANOVA_MANAGER_ENDPOINT": f"https://lambda.{region}.amazonaws.com",
            "APRANOVA_EMAIL_FROM": f"no-reply@{school.domain}",
            "APRANOVA_PARAMETERS": self._names.path("manager"),
            "DATABASE_URL": self._data.database.url,
            # For libpq: TLS, with RDS' certificate checked against the authorities in the image.
            "PGSSLMODE": "verify-full",
            "PGSSLROOTCERT": "/etc/ssl/rds/global-bundle.pem",
            "REDIS_URL": self._data.cache.url,
            "APRANOVA_REDIS_CLUSTER": "yes",
            "AWS_REGION": region,
        }

    def _django(self, secrets: dict[str, tuple[str, str]]) -> ecs.CfnTaskDefinition.ContainerDefinitionProperty:
        health_check = _Task.HealthCheckProperty(
            command=["CMD", *BACKEND_HEALTH], interval=15, timeout=5, retries=3, start_period=60
        )
        return self._container(
            DJANGO,
            self._environment(),
            init_process=True,
            health_check=health_check,
            secrets=[
                _Task.SecretProperty(name=name, value_from=f"{arn}:{key}::" if key else arn)
                for name, (arn, key) in secrets.items()
            ],
        )

    def _gateway(self) -> ecs.CfnTaskDefinition.ContainerDefinitionProperty:
        environment = {
            "APRANOVA_PUBLIC_URL": self._settings.school.url,
            "APRANOVA_WORKSPACES_DOMAIN": self._settings.school.workspaces_domain,
            "APRANOVA_RUN_DIR": RUN_FOLDER,
            "APRANOVA_PORT": str(BACKEND_PORT),
            # CloudFront and the load balancer each append to X-Forwarded-For.
            "APRANOVA_TRUSTED_HOPS": "2",
        }
        after_django = _Task.ContainerDependencyProperty(container_name=DJANGO, condition="HEALTHY")
        return self._container(
            GATEWAY, environment, port=BACKEND_PORT, open_files=MANY_FILES, depends_on=[after_django]
        )

    def _container(
        self, name: str, environment: dict[str, str], **more: Any
    ) -> ecs.CfnTaskDefinition.ContainerDefinitionProperty:
        return make_container(
            self,
            name,
            self._data.repositories.uri(name, self._settings.release),
            log_group=self._log_group.log_group_name,
            folders={"run": RUN_FOLDER, "scratch": "/tmp"},  # noqa: S108
            environment=environment,
            stop_timeout=60,
            **more,
        )

    def _task_role(self, manager_arn: str) -> iam.Role:
        """The manager, whom the backend asks for everything about workspaces; and, as the document's task role has it, EFS and S3, to look only.

        Nothing in the backend uses these last three today: the homes' keepers read files and snapshots. They open little: a snapshot is
        encrypted with a password that this role may not read, and Fargate mounts what the task definition names, which is nothing.
        """
        role = make_role(self, "Role", "ecs-tasks.amazonaws.com", "What the backend's own code may do")
        allow(role, "InvokeManager", ("lambda:InvokeFunction",), (manager_arn,))
        stack = Stack.of(self)
        parameter = f"parameter{self._names.path('manager', 'identity-key')}"
        allow(
            role,
            "PublishIdentityKey",
            ("ssm:PutParameter",),
            (f"arn:{stack.partition}:ssm:{stack.region}:{stack.account}:{parameter}",),
        )
        allow(role, "ListSnapshots", ("s3:ListBucket",), (self._data.snapshots.bucket_arn,))
        allow(role, "ReadSnapshots", ("s3:GetObject",), (self._data.snapshots.arn_for_objects("*"),))
        allow(role, "ReadHomes", ("elasticfilesystem:ClientMount",), self._data.homes.arns)
        return role
