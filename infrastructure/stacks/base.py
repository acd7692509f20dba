"""What all stacks have: the account and region in plain text (so nothing is looked up), and tags that bills can be split by."""

from __future__ import annotations

from aws_cdk import CliCredentialsStackSynthesizer, Environment, Stack, Tags
from constructs import Construct

from infrastructure.names import Names
from infrastructure.settings import Settings


class PlatformStack(Stack):
    def __init__(
        self,
        scope: Construct,
        word: str,
        *,
        settings: Settings,
        names: Names,
        region: str | None = None,
        keep: bool = False,
    ) -> None:
        """`keep`: CloudFormation refuses to delete this stack until an operator says so."""
        region = region or settings.account.region
        super().__init__(
            scope,
            names.of(word),
            stack_name=names.of(word),
            description=f"ApraNova, {settings.school.title}: {word}",
            env=Environment(account=settings.account.id, region=region),
            termination_protection=keep,
            analytics_reporting=False,
            # Nothing but a bucket of our own: no roles and registries of CDK's bootstrap (docs/decisions/0016).
            synthesizer=CliCredentialsStackSynthesizer(
                file_assets_bucket_name=names.deploy_bucket(settings.account.id, region)
            ),
        )
        self.settings, self.names = settings, names
        Tags.of(self).add("apranova", names.name)
        Tags.of(self).add("apranova:part", word)
