"""Decides what a deploy does, from what is there and what is asked.

Pure: the plan is shown, and a person confirms it, before anything is done.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, assert_never

from infrastructure.deploy.aws import DeployFailed
from infrastructure.deploy.observe import Observed, region_of, regions
from infrastructure.settings import Settings


@dataclass(frozen=True)
class Asked:
    what: Literal["deploy", "upgrade", "rollback", "teardown"]
    release: str = ""
    """Of a rollback; otherwise the settings name it."""
    admin: str = ""
    """E-mail address of the first admin."""


@dataclass(frozen=True)
class Upload:
    """Templates and the manager's code."""


@dataclass(frozen=True)
class FetchRelease:
    release: str


@dataclass(frozen=True)
class ChangeStack:
    """The stack `bootstrap` is made in each region; it has the bucket for templates and code."""

    word: str
    region: str
    exists: bool


@dataclass(frozen=True)
class PushImages:
    release: str
    images: tuple[str, ...]
    earlier: str
    """The release that runs, whose static files open pages still request; empty: none."""


@dataclass(frozen=True)
class CheckSecrets:
    """A backend without the secret of a provider that the settings name would not start."""

    providers: tuple[str, ...]


@dataclass(frozen=True)
class SaveDatabase:
    release: str
    """The release that runs until now."""


@dataclass(frozen=True)
class Migrate:
    release: str


@dataclass(frozen=True)
class MakeAdmin:
    email: str


@dataclass(frozen=True)
class AwaitServices:
    release: str


@dataclass(frozen=True)
class WakeManager:
    """It replaces warm tasks of another image. Running workspaces stay as they are."""


@dataclass(frozen=True)
class SmokeTest:
    url: str


@dataclass(frozen=True)
class Record:
    release: str


@dataclass(frozen=True)
class StopWorkspaces:
    """Schedules stop first, so that no warm task starts; warm tasks stop last."""


@dataclass(frozen=True)
class DeleteStack:
    word: str
    region: str


Step = (
    Upload
    | FetchRelease
    | ChangeStack
    | PushImages
    | CheckSecrets
    | SaveDatabase
    | Migrate
    | MakeAdmin
    | AwaitServices
    | WakeManager
    | SmokeTest
    | Record
    | StopWorkspaces
    | DeleteStack
)


def make_plan(settings: Settings, observed: Observed, asked: Asked) -> tuple[Step, ...]:
    """Raises DeployFailed when what is asked for does not fit what is there."""
    match asked.what:
        case "deploy" | "upgrade":
            return _deploy(settings, observed, asked)
        case "rollback":
            return _rollback(settings, observed, asked)
        case "teardown":
            return _teardown(settings, observed)


def _deploy(settings: Settings, observed: Observed, asked: Asked) -> tuple[Step, ...]:
    new, old = settings.release, observed.release
    if asked.what == "deploy" and old not in (None, new):
        raise DeployFailed(
            f"{old} runs, and the settings ask for {new}: use deploy --upgrade, or set release back to change "
            "only settings"
        )
    if asked.what == "upgrade" and old is None:
        raise DeployFailed("nothing is deployed yet that could be upgraded; use deploy without --upgrade")
    running = _serves(observed)
    migrate: tuple[Step, ...] = (Migrate(new),)
    steps: list[Step] = [
        ChangeStack("bootstrap", region, exists=bool(observed.stacks.get(f"bootstrap@{region}")))
        for region in regions(settings)
    ]
    steps += [Upload(), *(_change(settings, observed, word) for word in ("network", "data"))]
    if settings.providers_with_secret:
        steps.append(CheckSecrets(settings.providers_with_secret))
    if observed.missing_images:
        steps.append(PushImages(new, observed.missing_images, earlier=old or ""))
    if old not in (None, new):
        steps.append(SaveDatabase(str(old)))
    # If something runs, tables change before the code. They also serve the release before.
    application = (_change(settings, observed, "application"),)
    steps += (*migrate, *application) if running else (*application, *migrate)
    steps += [_change(settings, observed, word) for word in ("edge", "observability")]
    steps += [AwaitServices(new), WakeManager()]
    if asked.admin:
        steps.append(MakeAdmin(asked.admin))
    return (*steps, SmokeTest(settings.school.url), Record(new))


def _serves(observed: Observed) -> bool:
    """Its first creation succeeded. CloudFormation keeps it whole through later failures."""
    status = observed.stacks["application"]
    return status == "CREATE_COMPLETE" or status.startswith("UPDATE_")


def _change(settings: Settings, observed: Observed, word: str) -> ChangeStack:
    return ChangeStack(word, region_of(word, settings), exists=bool(observed.stacks[word]))


def _rollback(settings: Settings, observed: Observed, asked: Asked) -> tuple[Step, ...]:
    release = asked.release
    if not _serves(observed):
        raise DeployFailed("nothing runs here that could be rolled back")
    if release not in observed.releases:
        known = ", ".join(observed.releases) or "none"
        raise DeployFailed(f"{release} was never deployed here; releases to roll back to: {known}")
    if observed.missing_images:
        missing = ", ".join(observed.missing_images)
        raise DeployFailed(f"the registries no longer have {missing} of {release}; build and push them first")
    return (
        FetchRelease(release),
        _change(settings, observed, "application"),  # no other stack changes with a release
        AwaitServices(release),
        WakeManager(),
        SmokeTest(settings.school.url),
    )


def _teardown(settings: Settings, observed: Observed) -> tuple[Step, ...]:
    there = [word for word in ("edge", "observability") if observed.stacks[word]]  # first, nobody can get in
    steps: list[Step] = [DeleteStack(word, region_of(word, settings)) for word in there]
    if _serves(observed):
        steps.append(StopWorkspaces())
    if observed.stacks["application"]:
        steps.append(DeleteStack("application", region_of("application", settings)))
    return tuple(steps)


def describe(step: Step) -> str:
    """A line for the plan."""
    match step:
        case Upload():
            return "upload templates and the manager's code"
        case FetchRelease(release):
            return f"fetch the templates that {release} was deployed with"
        case ChangeStack(word, region, exists):
            return f"{'change' if exists else 'make'} the stack {word} in {region}{_patience(word, exists)}"
        case PushImages(release, images):
            return f"build and push the images of {release} that are missing: {', '.join(images)}"
        case CheckSecrets(providers):
            return f"look whether the client secrets are there: {', '.join(providers)}"
        case SaveDatabase(release):
            return f"take a snapshot of the database before {release} is left"
        case Migrate(release):
            return f"migrate the database to {release}, in a task of its own"
        case MakeAdmin(email):
            return f"make {email} an admin, unless that account exists"
        case AwaitServices(release):
            return f"wait until backend and portal serve only {release}"
        case WakeManager():
            return "wake the manager: it replaces warm tasks of another image; running workspaces stay as they are"
        case SmokeTest(url):
            return f"check {url}: portal, health, door, and that nothing goes around CloudFront"
        case Record(release):
            return f"record {release} for a rollback"
        case StopWorkspaces():
            return "stop the schedules, save and stop every workspace, then stop warm tasks"
        case DeleteStack(word, region):
            return f"delete the stack {word} in {region}"
        case _:
            assert_never(step)


def _patience(word: str, exists: bool) -> str:
    """How long AWS takes the first time, by its documentation; not measured here."""
    minutes = {"data": " (half an hour)", "edge": " (about 10 minutes)"}
    return "" if exists else minutes.get(word, " (a few minutes)")
