"""The backend's service: each task has Envoy with the only open port, and Django behind it."""

from __future__ import annotations

from typing import Any

from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_efs as efs
from aws_cdk import aws_iam as iam
from constructs import Construct

from infrastructure.elements.containers import MANY_FILES, make_container
from infrastructure.elements.execution_role import make_execution_role
from infrastructure.elements.fargate_service import FargateService, Route
from infrastructure.elements.manager_function import ManagerFunction
from infrastructure.elements.roles import allow, allow_mount, make_role
from infrastructure.elements.security_groups import Group
from infrastructure.names import BACKEND_HEALTH, BACKEND_PORT, DJANGO, GATEWAY, HOMES_MOUNT, RUN_FOLDER
from infrastructure.sign_in_settings import secret_variable
from infrastructure.stacks.base import PlatformStack
from infrastructure.stacks.data import DataStack
from infrastructure.stacks.network import NetworkStack

_Task = ecs.CfnTaskDefinition
_HOMES = "homes"


class Backend(Construct):
    def __init__(
        self,
        stack: PlatformStack,
        *,
        network: NetworkStack,
        data: DataStack,
        cluster: str,
        target_group_arn: str,
        manager: ManagerFunction,
        homes: efs.CfnAccessPoint,
    ) -> None:
        super().__init__(stack, "Backend")
        self._stack, self._data, self._manager, self._homes = stack, data, manager, homes
        self._log_group = stack.log_group("BackendLogs", stack.names.logs("backend"))
        secrets = self._secrets()
        execution_role = make_execution_role(
            self,
            repository_arns=[data.repositories.arn(image) for image in ("backend", "gateway")],
            log_group=self._log_group,
            secret_arns=sorted({arn for arn, _ in secrets.values()}),
            secrets_key=data.key,
        )
        self.service = FargateService(
            self,
            name=stack.names.of("backend"),
            settings=stack.settings.backend,
            arch=stack.settings.workspaces.arch,
            network=network,
            group=Group.BACKEND,
            cluster=cluster,
            route=Route(GATEWAY, BACKEND_PORT, target_group_arn),
            containers=[self._gateway(), self._django(secrets)],
            volumes=["run", "scratch"],
            execution_role=execution_role,
            task_role=self._task_role(),
            mounts={_HOMES: homes},
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
            "APRANOVA_EMAIL_BOUNCES": (own.bounces.secret_arn, ""),
            **{
                secret_variable(provider): (own.sign_in.secret_arn, provider)
                for provider in self._stack.settings.providers_with_secret
            },
        }

    def _environment(self) -> dict[str, str]:
        school, region = self._stack.settings.school, self._stack.region
        return {
            "APRANOVA_PUBLIC_URL": school.url,
            "APRANOVA_WORKSPACES_DOMAIN": school.workspaces_domain,
            "APRANOVA_SCHOOL_NAME": school.title,
            "APRANOVA_ISOLATION": "ecs",
            "APRANOVA_HELP_VISITS": school.help_visits,
            "APRANOVA_ERASE_GRACE_DAYS": str(school.erase_grace_days),
            "APRANOVA_PRICE_PER_GB_HOUR": f"{self._stack.settings.workspaces.gb_hour:.6g}",
            "APRANOVA_SHARE_WITH_ANYONE": "yes" if school.share_with_anyone else "no",
            "APRANOVA_RUN_DIR": RUN_FOLDER,
            "APRANOVA_MANAGER_ENDPOINT": f"https://lambda.{region}.amazonaws.com",
            "APRANOVA_MANAGER_FUNCTION": self._manager.live.ref,
            "APRANOVA_EMAIL_FROM": school.email_from or f"no-reply@{school.domain}",
            "APRANOVA_PARAMETERS": self._stack.names.path("manager"),
            "APRANOVA_DATABASE_SECRET": self._data.database.secret_arn,
            "APRANOVA_HOMES_MOUNT": HOMES_MOUNT,
            "DATABASE_URL": self._data.database.url,
            # For libpq: TLS; it checks RDS' certificate against the authorities in the image.
            "PGSSLMODE": "verify-full",
            "PGSSLROOTCERT": "/etc/ssl/rds/global-bundle.pem",
            "REDIS_URL": self._data.cache.url,
            "APRANOVA_REDIS_CLUSTER": "yes",
            "AWS_REGION": region,
            **self._stack.settings.sign_in_variables,
        }

    def _django(self, secrets: dict[str, tuple[str, str]]) -> ecs.CfnTaskDefinition.ContainerDefinitionProperty:
        return self._container(
            DJANGO,
            self._environment(),
            init_process=True,
            reads={_HOMES: HOMES_MOUNT},
            health_check=_Task.HealthCheckProperty(
                command=["CMD", *BACKEND_HEALTH], interval=15, timeout=5, retries=3, start_period=60
            ),
            secrets=[
                _Task.SecretProperty(name=name, value_from=f"{arn}:{key}::" if key else arn)
                for name, (arn, key) in secrets.items()
            ],
        )

    def _gateway(self) -> ecs.CfnTaskDefinition.ContainerDefinitionProperty:
        school = self._stack.settings.school
        environment = {
            "APRANOVA_PUBLIC_URL": school.url,
            "APRANOVA_WORKSPACES_DOMAIN": school.workspaces_domain,
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
            name,
            self._data.repositories.uri(name, self._stack.settings.release),
            log_group=self._log_group,
            folders={"run": RUN_FOLDER, "scratch": "/tmp"},  # noqa: S108
            environment=environment,
            stop_timeout=60,
            **more,
        )

    def _task_role(self) -> iam.Role:
        """The manager, for all about workspaces, and homes at rest, to read only.

        RDS changes the database's password: Django reads it again when a connection is refused.
        """
        stack, data = self._stack, self._data
        role = make_role(self, "Role", "ecs-tasks.amazonaws.com", "What the backend's own code may do")
        self._manager.let_invoke(role)
        identity_key = stack.arn_of("ssm", f"parameter{stack.names.path('manager', 'identity-key')}")
        allow(role, "ReadDatabasePassword", data.database.secret_arn, "secretsmanager:GetSecretValue")
        allow(role, "DecryptDatabasePassword", data.key.key_arn, "kms:Decrypt")
        allow_mount(role, data.homes.arn, self._homes, writes=False)
        allow(role, "PublishIdentityKey", identity_key, "ssm:PutParameter")
        return role
