"""Decides what a deploy does, from what is there and what is asked. Pure: the plan is shown, and asked about, before anything is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, assert_never

from infrastructure.deploy.aws import DeployFailed
from infrastructure.deploy.observe import Observed, region_of, regions
from infrastructure.settings import Settings

RELEASES_ROLLED_BACK = ("application",)
"""Network and data outlive releases; the edge and the observers do not change with one."""


@dataclass(frozen=True)
class Asked:
    what: Literal["deploy", "upgrade", "rollback", "teardown"]
    release: str = ""
    """For a rollback; else the settings say it."""
    admin: str = ""
    """E-mail address of the first admin."""


@dataclass(frozen=True)
class MakeBucket:
    region: str


@dataclass(frozen=True)
class Upload:
    """Templates and the manager's code."""


@dataclass(frozen=True)
class FetchRelease:
    release: str


@dataclass(frozen=True)
class ChangeStack:
    word: str
    region: str
    exists: bool


@dataclass(frozen=True)
class PushImages:
    release: str
    images: tuple[str, ...]
    earlier: str
    """The release that runs, whose static files open pages still ask for; empty: none."""


@dataclass(frozen=True)
class SaveDatabase:
    release: str
    """The one that runs until now."""


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
    pass


@dataclass(frozen=True)
class SmokeTest:
    url: str


@dataclass(frozen=True)
class Record:
    release: str


@dataclass(frozen=True)
class PauseSchedules:
    pass


@dataclass(frozen=True)
class StopWorkspaces:
    pass


@dataclass(frozen=True)
class UnprotectBalancer:
    pass


@dataclass(frozen=True)
class DeleteStack:
    word: str
    region: str


Step = (
    MakeBucket
    | Upload
    | FetchRelease
    | ChangeStack
    | PushImages
    | SaveDatabase
    | Migrate
    | MakeAdmin
    | AwaitServices
    | WakeManager
    | SmokeTest
    | Record
    | PauseSchedules
    | StopWorkspaces
    | UnprotectBalancer
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
            f"{old} runs, and the settings ask for {new}: say deploy --upgrade (or set release back to change settings only)"
        )
    if asked.what == "upgrade" and old is None:
        raise DeployFailed("nothing is deployed yet that could be upgraded; say deploy without --upgrade")
    running = _serves(observed)
    migrate = (Migrate(new),)
    steps: list[Step] = [MakeBucket(region) for region in regions(settings)]
    steps += [Upload(), *(_change(settings, observed, word) for word in ("network", "data"))]
    if observed.missing_images:
        steps.append(PushImages(new, observed.missing_images, earlier=old or ""))
    if old not in (None, new):
        steps.append(SaveDatabase(str(old)))
    # Once something runs, tables change before the code that needs them; each release's tables also serve the release before.
    steps += [*(migrate if running else ()), _change(settings, observed, "application"), *(() if running else migrate)]
    steps += [_change(settings, observed, word) for word in ("edge", "observability")]
    steps += [AwaitServices(new), WakeManager()]
    if asked.admin:
        steps.append(MakeAdmin(asked.admin))
    return (*steps, SmokeTest(settings.school.url), Record(new))


def _serves(observed: Observed) -> bool:
    """Its first creation has succeeded; whatever came later, CloudFormation left it whole."""
    status = observed.stacks["application"]
    return status == "CREATE_COMPLETE" or status.startswith("UPDATE_")


def _change(settings: Settings, observed: Observed, word: str) -> ChangeStack:
    return ChangeStack(word, region_of(word, settings), exists=bool(observed.stacks[word]))


def _rollback(settings: Settings, observed: Observed, asked: Asked) -> tuple[Step, ...]:
    release = asked.release
    if not _serves(observed):
        raise DeployFailed("nothing runs here that could go back to another release")
    if release not in observed.releases:
        known = ", ".join(observed.releases) or "none"
        raise DeployFailed(f"{release} was never deployed here, so there is nothing to go back to; known are: {known}")
    if observed.missing_images:
        raise DeployFailed(
            f"{', '.join(observed.missing_images)} of {release} are not in the registries any more; build and push them first"
        )
    return (
        FetchRelease(release),
        *(_change(settings, observed, word) for word in RELEASES_ROLLED_BACK),
        AwaitServices(release),
        WakeManager(),
        SmokeTest(settings.school.url),
    )


def _teardown(settings: Settings, observed: Observed) -> tuple[Step, ...]:
    there = [word for word in ("edge", "observability") if observed.stacks[word]]  # first nobody gets in any more
    steps: list[Step] = [DeleteStack(word, region_of(word, settings)) for word in there]
    if _serves(observed):
        steps += [PauseSchedules(), StopWorkspaces()]
    if observed.stacks["application"]:
        steps.append(UnprotectBalancer())
        steps.append(DeleteStack("application", region_of("application", settings)))
    return tuple(steps)


def describe(step: Step) -> str:
    """A line for the plan."""
    match step:
        case MakeBucket(region):
            return f"make sure of the bucket for templates and code in {region}"
        case Upload():
            return "upload templates and the manager's code"
        case FetchRelease(release):
            return f"take the templates that {release} was deployed with"
        case ChangeStack(word, region, exists):
            return f"{'change' if exists else 'make'} the stack {word} in {region}{_patience(word, exists)}"
        case PushImages(release, images):
            return f"build and push the images of {release} that are missing: {', '.join(images)}"
        case SaveDatabase(release):
            return f"take a snapshot of the database as {release} leaves it"
        case Migrate(release):
            return f"bring the database's tables to {release}, in a task of its own"
        case MakeAdmin(email):
            return f"make {email} an admin, unless there is one of that address"
        case AwaitServices(release):
            return f"wait until backend and portal serve {release} alone"
        case WakeManager():
            return "wake the manager: it replaces warm tasks of another image; workspaces that run are left alone"
        case SmokeTest(url):
            return f"ask {url}: portal, health, door, and that nobody goes around CloudFront"
        case Record(release):
            return f"record {release}, so that it can be gone back to"
        case PauseSchedules():
            return "stop the schedules, so that no warm task is started any more"
        case StopWorkspaces():
            return "stop every workspace, saving first; then warm tasks"
        case UnprotectBalancer():
            return "take the load balancer's protection against deletion off"
        case DeleteStack(word, region):
            return f"delete the stack {word} in {region}"
        case _:
            assert_never(step)


def _patience(word: str, exists: bool) -> str:
    """What AWS takes for it the first time, as AWS' own documentation and everyone's experience have it; not measured here."""
    return "" if exists else {"data": " (half an hour)", "edge": " (some 10 minutes)"}.get(word, " (some minutes)")
