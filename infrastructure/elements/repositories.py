"""Container registries: tags never change, images are scanned, old ones are deleted."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_ecr as ecr
from constructs import Construct

from infrastructure.names import IMAGES
from infrastructure.stacks.base import PlatformStack

RELEASES_KEPT = 20


class Repositories(Construct):
    def __init__(self, stack: PlatformStack) -> None:
        super().__init__(stack, "Images")
        self._repositories = {image: self._make(image, stack) for image in IMAGES}

    def arn(self, image: str) -> str:
        return self._repositories[image].repository_arn

    def uri(self, image: str, release: str) -> str:
        return f"{self._repositories[image].repository_uri}:{release}"

    def _make(self, image: str, stack: PlatformStack) -> ecr.Repository:
        return ecr.Repository(
            self,
            image.title().replace("-", ""),
            repository_name=stack.names.repository(image),
            image_tag_mutability=ecr.TagMutability.IMMUTABLE,
            image_scan_on_push=True,
            encryption=ecr.RepositoryEncryption.KMS,
            encryption_key=stack.key,
            removal_policy=RemovalPolicy.RETAIN,
            lifecycle_rules=[
                ecr.LifecycleRule(
                    rule_priority=1,
                    description="layers of pushes that were not finished",
                    tag_status=ecr.TagStatus.UNTAGGED,
                    max_image_age=Duration.days(7),
                ),
                ecr.LifecycleRule(
                    rule_priority=2,
                    description="old releases",
                    tag_status=ecr.TagStatus.ANY,
                    max_image_count=RELEASES_KEPT,
                ),
            ],
        )
