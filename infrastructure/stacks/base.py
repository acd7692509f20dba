"""What all stacks have: account and region in plain text, tags for the bill, a key, log groups."""

from __future__ import annotations

from aws_cdk import CliCredentialsStackSynthesizer, Duration, Environment, RemovalPolicy, Stack, Tags
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from infrastructure.elements.roles import allow_service
from infrastructure.names import Names
from infrastructure.settings import Settings


class PlatformStack(Stack):
    """Each stack has a KMS key of its own. Two stacks with one key would wait for each other."""

    def __init__(
        self, scope: Construct, word: str, *, settings: Settings, region: str | None = None, keep: bool = False
    ) -> None:
        """`keep`: CloudFormation refuses to delete this stack until an operator allows it."""
        region, names = region or settings.account.region, Names(settings.name)
        super().__init__(
            scope,
            names.of(word),
            stack_name=names.of(word),
            description=f"ApraNova, {settings.school.title}: {word}",
            env=Environment(account=settings.account.id, region=region),
            termination_protection=keep,
            analytics_reporting=False,
            # A bucket of our own; none of the roles of CDK's bootstrap (docs/decisions/0016).
            synthesizer=CliCredentialsStackSynthesizer(
                file_assets_bucket_name=names.deploy_bucket(settings.account.id, region)
            ),
        )
        self.settings, self.names = settings, names
        Tags.of(self).add("apranova", names.name)
        Tags.of(self).add("apranova:part", word)
        self.key = self._key(word)

    def log_group(self, id: str, name: str, scope: Construct | None = None) -> logs.LogGroup:
        """Keeps its lines for seven days (the document's), under the stack's key."""
        return logs.LogGroup(
            scope or self,
            id,
            log_group_name=name,
            retention=logs.RetentionDays.ONE_WEEK,
            encryption_key=self.key,
            removal_policy=RemovalPolicy.DESTROY,
        )

    def _key(self, word: str) -> kms.Key:
        """Rotates every year. Services get only what they need, and only in this account."""
        key = kms.Key(
            Construct(self, "Encryption"),
            "Key",
            alias=f"alias/{self.names.of(word)}",
            description=f"{self.names.name}: {word}",
            enable_key_rotation=True,
            rotation_period=Duration.days(365),
            pending_window=Duration.days(30),
            removal_policy=RemovalPolicy.RETAIN,
        )
        # Without this, CloudWatch Logs refuses to make a log group. No linter finds that.
        allow_service(
            key,
            "EncryptLogs",
            f"logs.{self.region}.amazonaws.com",
            "kms:Decrypt",
            "kms:DescribeKey",
            "kms:Encrypt",
            "kms:GenerateDataKey",
            "kms:GenerateDataKeyWithoutPlaintext",
            "kms:ReEncryptFrom",
            "kms:ReEncryptTo",
            conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": self.arn_of("logs", "log-group:*")}},
        )
        return key

    def arn_of(self, service: str, resource: str) -> str:
        """The ARN of a resource in this stack's account and region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"
