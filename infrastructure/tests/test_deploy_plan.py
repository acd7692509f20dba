"""What a deploy decides to do. Plain data; nothing is called."""

from __future__ import annotations

from dataclasses import replace

import pytest

from infrastructure.deploy import plan
from infrastructure.deploy.aws import DeployFailed
from infrastructure.deploy.observe import STACKS, Observed
from infrastructure.deploy.plan import Asked, Step, describe, make_plan
from infrastructure.names import IMAGES
from infrastructure.settings_file import EXAMPLES, load_settings
from infrastructure.sign_in_settings import GitHub, Google

SETTINGS = load_settings(EXAMPLES / "hundred.toml")
SMALL = load_settings(EXAMPLES / "small.toml")
NOTHING = Observed(stacks=dict.fromkeys(STACKS, ""), release=None, missing_images=IMAGES, releases=())
RUNS = Observed(
    stacks=dict.fromkeys(STACKS, "CREATE_COMPLETE"), release="0.1.0", missing_images=(), releases=("0.1.0",)
)
NEXT = replace(SETTINGS, release="0.2.0")


def kinds(steps: tuple[Step, ...]) -> list[str]:
    return [getattr(step, "word", type(step).__name__) for step in steps]


def test_the_first_deploy_makes_registries_before_it_pushes_and_services_before_it_migrates() -> None:
    assert kinds(make_plan(SETTINGS, NOTHING, Asked("deploy", admin="me@school.example"))) == [
        "bootstrap", "Upload", "network", "data", "PushImages", "application", "Migrate", "edge", "observability",
        "AwaitServices", "WakeManager", "MakeAdmin", "SmokeTest", "Record",
    ]  # fmt: skip


def test_a_school_elsewhere_has_a_bucket_in_the_edges_region_too() -> None:
    steps = make_plan(SMALL, NOTHING, Asked("deploy"))
    changed = [(step.word, step.region) for step in steps if isinstance(step, plan.ChangeStack)]
    assert changed[:2] == [("bootstrap", "eu-central-1"), ("bootstrap", "us-east-1")]
    assert ("edge", "us-east-1") in changed


def test_an_upgrade_saves_the_database_and_migrates_before_the_new_code_serves() -> None:
    steps = kinds(make_plan(NEXT, replace(RUNS, missing_images=("portal",)), Asked("upgrade")))
    order = [steps.index(word) for word in ("PushImages", "SaveDatabase", "Migrate", "application", "AwaitServices")]
    assert order == sorted(order)
    pushed = next(step for step in make_plan(NEXT, replace(RUNS, missing_images=("portal",)), Asked("upgrade")) if isinstance(step, plan.PushImages))  # fmt: skip
    assert (pushed.images, pushed.earlier) == (("portal",), "0.1.0")


def test_client_secrets_are_looked_for_once_their_secret_is_there_and_before_anything_of_a_release() -> None:
    school = replace(SETTINGS, google=Google("a"), github=GitHub("b"))
    for observed in (NOTHING, RUNS):
        steps = make_plan(school, observed, Asked("deploy"))
        assert plan.CheckSecrets(("google",)) in steps, "GitHub is for Git alone"
        order = kinds(steps)
        assert (
            order.index("data") < order.index("CheckSecrets") < min(order.index("Migrate"), order.index("application"))
        )
    assert "CheckSecrets" not in kinds(make_plan(SETTINGS, NOTHING, Asked("deploy")))


def test_other_settings_with_the_same_release_need_no_upgrade_and_no_snapshot() -> None:
    steps = kinds(make_plan(SETTINGS, RUNS, Asked("deploy")))
    assert "SaveDatabase" not in steps
    assert "PushImages" not in steps
    assert steps.index("Migrate") < steps.index("application")


def test_another_release_is_not_deployed_by_accident() -> None:
    with pytest.raises(DeployFailed, match=r"0.1.0 runs, and the settings ask for 0.2.0: use deploy --upgrade"):
        make_plan(NEXT, RUNS, Asked("deploy"))


def test_nothing_cannot_be_upgraded() -> None:
    with pytest.raises(DeployFailed, match="nothing is deployed yet"):
        make_plan(SETTINGS, NOTHING, Asked("upgrade"))


def test_a_first_deploy_that_was_cut_off_before_its_tables_were_made_makes_them() -> None:
    half = replace(RUNS, stacks={**RUNS.stacks, "edge": "", "observability": ""})
    assert "Migrate" in kinds(make_plan(SETTINGS, half, Asked("deploy")))


@pytest.mark.parametrize("status", ["CREATE_IN_PROGRESS", "ROLLBACK_COMPLETE", "CREATE_FAILED"])
def test_a_first_attempt_that_failed_has_no_task_yet_in_which_tables_could_be_made(status: str) -> None:
    half = replace(RUNS, release=None, stacks={**RUNS.stacks, "application": status})
    steps = kinds(make_plan(SETTINGS, half, Asked("deploy")))
    assert steps.index("application") < steps.index("Migrate")
    assert "StopWorkspaces" not in kinds(make_plan(SETTINGS, half, Asked("teardown")))


def test_a_rollback_changes_the_application_alone_and_leaves_data_and_tables() -> None:
    steps = make_plan(NEXT, replace(RUNS, release="0.2.0"), Asked("rollback", release="0.1.0"))
    assert kinds(steps) == ["FetchRelease", "application", "AwaitServices", "WakeManager", "SmokeTest"]


@pytest.mark.parametrize(
    ("observed", "release", "message"),
    [
        (RUNS, "0.0.9", "0.0.9 was never deployed here; releases to roll back to: 0.1.0"),
        (replace(RUNS, missing_images=("backend",)), "0.1.0", "the registries no longer have backend of 0.1.0"),
        (NOTHING, "0.1.0", "nothing runs here"),
    ],
)
def test_a_rollback_to_what_is_not_there_is_refused_before_anything_is_done(
    observed: Observed, release: str, message: str
) -> None:
    with pytest.raises(DeployFailed, match=message):
        make_plan(SETTINGS, observed, Asked("rollback", release=release))


def test_a_teardown_shuts_the_door_first_and_keeps_network_and_data() -> None:
    assert kinds(make_plan(SETTINGS, RUNS, Asked("teardown"))) == [
        "edge", "observability", "StopWorkspaces", "application",
    ]  # fmt: skip


def test_a_teardown_of_what_is_gone_has_nothing_to_do() -> None:
    kept = replace(RUNS, stacks={**dict.fromkeys(STACKS, ""), "network": "CREATE_COMPLETE", "data": "CREATE_COMPLETE"})
    assert make_plan(SETTINGS, kept, Asked("teardown")) == ()


@pytest.mark.parametrize("asked", [Asked("deploy", admin="a@b.example"), Asked("teardown")])
def test_every_step_says_what_it_will_do(asked: Asked) -> None:
    observed = RUNS if asked.what == "teardown" else NOTHING
    lines = [describe(step) for step in make_plan(SETTINGS, observed, asked)]
    assert len(set(lines)) == len(lines)
    assert all(len(line) > 15 for line in lines)
