"""Carries a plan out, step after step.

Each step first checks whether it is done, so a deploy that was interrupted is just run again.
"""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import assert_never

from botocore.exceptions import ClientError

from contract.image_choices import ImageChoices
from infrastructure.deploy import plan
from infrastructure.deploy.assembly import Assembly
from infrastructure.deploy.aws import Aws, DeployFailed, refusal, said
from infrastructure.deploy.bucket import bucket_template
from infrastructure.deploy.fleet import ask_manager, pause_schedules, stop_workspaces
from infrastructure.deploy.observe import missing_images
from infrastructure.deploy.one_off import run_in_backend
from infrastructure.deploy.releases import record, templates_of
from infrastructure.deploy.smoke import Get, get, smoke_test
from infrastructure.deploy.stacks import Template, change_stack, delete_stack
from infrastructure.names import Names
from infrastructure.settings import Settings
from infrastructure.settings_file import image_choices, where_the_secret_goes

SOURCE = Path(__file__).parents[2]
SERVES_WITHIN_S = 1_200.0
SNAPSHOT_WITHIN_S = 3_600.0
POLL_S = 5.0


Push = Callable[[list[str], str, str], int]
"""Command, registry, its password → exit code."""


@dataclass
class Work:
    """What the steps share.

    No `assembly`: nothing is synthesized (rollback, teardown).
    """

    aws: Aws
    settings: Settings
    settings_file: Path
    assembly: Assembly | None
    say: Callable[[str], None]
    replace_data: bool = False
    ask: Get = get
    push_images: Push | None = None
    templates: dict[str, Template] = field(default_factory=dict)

    @property
    def names(self) -> Names:
        return Names(self.settings.name)

    @property
    def bucket(self) -> str:
        return self.names.deploy_bucket(self.settings.account.id, self.settings.account.region)


def carry_out(step: plan.Step, work: Work) -> None:
    """Raises DeployFailed, also for every refusal of AWS."""
    try:
        _carry_out(step, work)
    except ClientError as error:
        raise DeployFailed(
            f"AWS refuses {error.operation_name} ({refusal(error)}): {said(error)}. Fix that (are the rights of these "
            "credentials enough?) and run the same command again."
        ) from error


def _carry_out(step: plan.Step, work: Work) -> None:
    aws, names, settings = work.aws, work.names, work.settings
    match step:
        case plan.Upload():
            assert work.assembly is not None  # noqa: S101  (only plans of a deploy upload)
            work.say(f"{work.assembly.upload(aws)} files were not there yet")
            work.templates = work.assembly.templates(aws)
        case plan.FetchRelease(release):
            work.templates = templates_of(aws, work.bucket, release)
        case plan.ChangeStack(word, region):
            first = word == "bootstrap"
            template = bucket_template(names, settings.account.id, region) if first else work.templates[word]
            if not change_stack(aws, template, say=work.say, replace=work.replace_data):
                work.say("nothing to change")
        case plan.PushImages():
            _push_images(step, work)
        case plan.CheckSecrets(providers):
            _check_secrets(providers, work)
        case plan.SaveDatabase(release):
            _save_database(release, work)
        case plan.Migrate(release):
            # The image has its static files and a read-only root.
            _manage(work, release, "prepare", "--without-static")
        case plan.MakeAdmin(email):
            _manage(work, settings.release, "first_admin", email)
        case plan.AwaitServices():
            _await_services(work)
        case plan.WakeManager():
            ask_manager(aws, names, {"action": "sweep"})
        case plan.SmokeTest():
            smoke_test(aws, settings.school, ask=work.ask)
        case plan.Record(release):
            record(aws, work.bucket, release, work.templates)
        case plan.StopWorkspaces():
            pause_schedules(aws, names)
            stop_workspaces(aws, names, work.say)
        case plan.DeleteStack(word, region):
            if word == "application":
                _unprotect_balancer(work)
            delete_stack(aws, names.of(word), region, say=work.say)
        case _:
            assert_never(step)


def _manage(work: Work, release: str, *arguments: str) -> None:
    command = ["python", "-m", "backend.manage", *arguments]
    for line in run_in_backend(work.aws, work.names, command, release=release):
        work.say(line.rstrip())


def _check_secrets(providers: tuple[str, ...], work: Work) -> None:
    """Raises DeployFailed, with the command that writes what is missing."""
    name = work.names.path("sign-in")
    text = work.aws.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"]
    try:
        kept = json.loads(text)
    except ValueError:
        kept = None
    if not isinstance(kept, dict):
        raise DeployFailed(
            f'the secret {name} is no JSON object, as in {{"openid": "…"}}. Nothing of the school changed.'
        )
    missing = [it for it in providers if not isinstance(kept.get(it), str) or not kept[it].strip()]
    if missing:
        all_of_them = dict.fromkeys([*kept, *providers])  # the command replaces the whole object
        raise DeployFailed(
            f"the settings name {' and '.join(missing)}, of which the secret {name} has no client secret yet. "
            f"{where_the_secret_goes(*all_of_them, name=work.settings.name)}, then run the same command again."
        )


def _push_images(step: plan.PushImages, work: Work) -> None:
    """With the command that builds them. Then the registries decide, not its exit code."""
    settings = work.settings
    registry = f"{settings.account.id}.dkr.ecr.{settings.account.region}.amazonaws.com"
    prefix = f"{registry}/{settings.name}"
    choices = image_choices(settings.school)
    release = step.release.removesuffix(choices.suffix())  # the command adds it again
    command = [str(SOURCE / "apranova"), "images", *step.images, "--registry", prefix, "--release", release]
    command += [*_options(choices), "--arch", settings.workspaces.arch, "--push"]
    if step.earlier:
        command += ["--earlier", f"{prefix}/gateway:{step.earlier}"]
    work.say(" ".join(["./apranova", *command[1:]]))
    code = (work.push_images or push_with_engine)(command, registry, _registry_password(work.aws))
    missing = missing_images(work.aws, settings, step.release)
    if missing:
        wanted = "\n".join(f"  {prefix}/{image}:{step.release}" for image in missing)
        raise DeployFailed(
            f"./apranova images ended with {code}, and these images are not in the registries:\n{wanted}\n"
            "Build and push them on a machine with Docker or Podman, then run the same command again to continue."
        )


def _options(choices: ImageChoices) -> list[str]:
    options = [f"--node-version={version}" for version in choices.node_versions]
    options += [f"--extensions={choices.extensions}"] if choices.extensions else []
    return [*options, *(f"--packages={folder}" for folder in choices.packages)]


def _registry_password(aws: Aws) -> str:
    """Valid for twelve hours; the user is AWS."""
    token = aws.client("ecr").get_authorization_token()["authorizationData"][0]["authorizationToken"]
    return base64.b64decode(token).decode().partition(":")[2]


def push_with_engine(command: list[str], registry: str, password: str) -> int:
    """Sign the container engine in, build and push. The password is on no command line."""
    for engine in ("podman", "docker"):
        if shutil.which(engine):
            login = [engine, "login", "--username", "AWS", "--password-stdin", registry]
            subprocess.run(login, input=password.encode(), check=False)
    return subprocess.call(command)


def _save_database(release: str, work: Work) -> None:
    """For a way back when a migration turns out wrong; once for each release that is left."""
    rds, database = work.aws.client("rds"), work.names.of("database")
    snapshot = f"{database}-before-leaving-{re.sub(r'[^a-z0-9]+', '-', release.lower()).strip('-')}"

    def status() -> str:
        try:
            return rds.describe_db_snapshots(DBSnapshotIdentifier=snapshot)["DBSnapshots"][0]["Status"]
        except ClientError as error:
            if "NotFound" in refusal(error):
                return ""
            raise

    if not status():
        rds.create_db_snapshot(DBInstanceIdentifier=database, DBSnapshotIdentifier=snapshot)
    work.aws.until(
        lambda: status() == "available",
        within_s=SNAPSHOT_WITHIN_S,
        every_s=POLL_S,
        failure=lambda: f"the snapshot {snapshot} is still {status()} after an hour; run the same command again",
    )
    work.say(snapshot)


def _await_services(work: Work) -> None:
    ecs, names = work.aws.client("ecs"), work.names
    wanted = [names.of("backend"), names.of("portal")]
    unsteady: list[str] = []

    def steady() -> bool:
        found = ecs.describe_services(cluster=names.cluster, services=wanted)["services"]
        unsteady.clear()
        for service in found:
            running, desired, rollouts = service["runningCount"], service["desiredCount"], service["deployments"]
            if any(rollout.get("rolloutState") == "FAILED" for rollout in rollouts):
                events = "; ".join(event["message"] for event in service.get("events", [])[:3])
                raise DeployFailed(f"ECS rolled {service['serviceName']} back to its last task definition: {events}")
            if len(rollouts) != 1 or running < desired or desired < 1:
                unsteady.append(f"{service['serviceName']}: {running} of {desired} tasks, {len(rollouts)} releases")
        return len(found) == len(wanted) and not unsteady

    work.aws.until(
        steady,
        within_s=SERVES_WITHIN_S,
        every_s=POLL_S,
        failure=lambda: f"the services are not steady after {SERVES_WITHIN_S / 60:.0f} minutes: {'; '.join(unsteady)}",
    )


def _unprotect_balancer(work: Work) -> None:
    balancers = work.aws.client("elbv2")
    try:
        found = balancers.describe_load_balancers(Names=[work.names.of("balancer")])["LoadBalancers"]
    except ClientError as error:
        if refusal(error) == "LoadBalancerNotFound":
            return
        raise
    for balancer in found:
        balancers.modify_load_balancer_attributes(
            LoadBalancerArn=balancer["LoadBalancerArn"],
            Attributes=[{"Key": "deletion_protection.enabled", "Value": "false"}],
        )
