"""Deploys against ministack: first install, again, upgrade, rollback, teardown, and failures.

Not emulated, and so not proven here: what NOT_EMULATED lists; RDS' and CloudFront's times; that ECS
drains connections; pushes of images (only their tags are put into the registry); that a task gets
its secrets; real answers to the smoke test.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest

from infrastructure.deploy import plan
from infrastructure.deploy.assembly import Assembly as Written
from infrastructure.deploy.aws import Aws, DeployFailed
from infrastructure.deploy.carry_out import Work, carry_out
from infrastructure.deploy.command import main
from infrastructure.deploy.observe import missing_images, observe
from infrastructure.deploy.plan import Asked, make_plan
from infrastructure.deploy.smoke import Answer
from infrastructure.deploy.stacks import HOLD_DATA, Template, change_stack, delete_stack, status_of
from infrastructure.names import IMAGES
from infrastructure.settings_file import EXAMPLES, load_settings
from infrastructure.tests.emulated import emulated, for_ministack
from infrastructure.tests.ministack import ACCOUNT, REGION, Ministack, running
from infrastructure.tests.templates import STACKS, Assembly

HUNDRED = (EXAMPLES / "hundred.toml").read_text()
ONE_OFF = 'echo "prepared in $IMAGE"; case "$IMAGE" in *:0.3.0) echo "no such table"; exit 1;; esac'
"""What a one-off task does: 0.3.0 is the release whose migration fails."""


@dataclass
class Operator:
    """Sits before one AWS, with a settings file and a way to answer questions."""

    aws: Aws
    ministack: Ministack
    folder: Path
    synthesized: Assembly
    zone: str
    answers: dict[str, Answer] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    def settings(self, release: str = "0.1.0") -> Path:
        file = self.folder / "school.toml"
        file.write_text(HUNDRED.replace('release = "0.1.0"', f'release = "{release}"'))
        return file

    def assembly(self, release: str = "0.1.0") -> Written:
        """The synthesized folder with the templates that ministack can make, of this release."""
        folder = self.folder / f"assembly-{release}"
        shutil.copytree(self.synthesized.folder, folder, dirs_exist_ok=True)
        for stack in STACKS:
            file = folder / f"apranova-{stack}.template.json"
            body = for_ministack(_without_secrets(emulated(stack, json.loads(file.read_text()), {})), self.zone)
            file.write_text(body.replace(":0.1.0", f":{release}").replace('"0.1.0"', f'"{release}"'))
            _name_by_content(folder, stack, release)
        return Written(folder)

    def push(self, release: str, images: tuple[str, ...] = IMAGES) -> None:
        for image in images:
            self.aws.client("ecr").put_image(
                repositoryName=f"apranova/{image}",
                imageTag=release,
                imageManifest=json.dumps({"image": image, "tag": release}),
            )

    def work(self, release: str = "0.1.0", *, assembly: Written | None = None) -> Work:
        file = self.settings(release)

        def push(command: list[str], registry: str, password: str) -> int:
            assert (command[1], registry) == ("images", f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com")
            assert password
            self.push(release)
            return 0

        return Work(self.aws, load_settings(file), file, assembly, self.said.append, ask=self.ask, push_images=push)

    def ask(self, url: str) -> Answer:
        known = {
            "https://school.example/signin": Answer(200, b""),
            "https://school.example/api/health": Answer(200, b'{"state": "up"}'),
            "https://school.example/workspace": Answer(302, b""),
            "https://origin.school.example/signin": Answer(403, b""),
        }
        return {**known, **self.answers}[url]

    def deploy(self, asked: Asked, release: str = "0.1.0") -> Work:
        work = self.work(release, assembly=None if asked.what in ("rollback", "teardown") else self.assembly(release))
        observed = observe(self.aws, work.settings, asked.release or release)
        for step in make_plan(work.settings, observed, asked):
            carry_out(step, work)
        return work

    def running(self) -> str:
        return self.aws.client("ssm").get_parameter(Name="/apranova/platform/release")["Parameter"]["Value"]


def _without_secrets(template: dict[str, Any]) -> dict[str, Any]:
    """ministack returns them in CloudFormation's spelling, which ECS' API does not take."""
    for body in template["Resources"].values():
        for container in body.get("Properties", {}).get("ContainerDefinitions", []):
            container.pop("Secrets", None)
    return template


def _name_by_content(folder: Path, stack: str, release: str) -> None:
    """A changed template is another file in the bucket, as CDK's hash makes it."""
    manifest_file, assets_file = folder / "manifest.json", folder / f"apranova-{stack}.assets.json"
    for file in (manifest_file, assets_file):
        content = json.loads(file.read_text())
        if "artifacts" in content:
            properties = content["artifacts"][f"apranova-{stack}"]["properties"]
            properties["stackTemplateAssetObjectUrl"] += f".{release}"
        else:
            for asset in content["files"].values():
                for place in asset["destinations"].values():
                    place["objectKey"] += f".{release}" if asset["source"]["packaging"] == "file" else ""
        file.write_text(json.dumps(content))


@pytest.fixture(scope="module")
def operator(hundred: Assembly, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    folder = tmp_path_factory.mktemp("op")
    with running(folder, one_off=ONE_OFF) as ministack:
        session = boto3.Session(aws_access_key_id=ACCOUNT, aws_secret_access_key="test", region_name=REGION)
        aws = Aws(session, REGION, endpoint=f"http://127.0.0.1:{ministack.port}", pause=_briefly)
        zone = aws.client("route53").create_hosted_zone(Name="school.example", CallerReference="t")["HostedZone"]["Id"]
        yield Operator(aws, ministack, folder, hundred, zone.rsplit("/", 1)[1])


def _briefly(_seconds: float) -> None:
    import time

    time.sleep(0.05)


# One story: each test continues where the one before it stopped, as an operator does.


def test_the_first_deploy_ends_with_a_running_recorded_release(operator: Operator) -> None:
    operator.deploy(Asked("deploy", admin="me@school.example"))
    assert operator.running() == "0.1.0"
    formation = operator.aws.client("cloudformation")
    assert {word: status_of(formation, f"apranova-{word}") for word in STACKS} == dict.fromkeys(
        STACKS, "CREATE_COMPLETE"
    )
    assert any(line.startswith("prepared in ") and line.endswith("/backend:0.1.0") for line in operator.said)
    bucket = f"apranova-deploy-{ACCOUNT}-{REGION}"
    objects = operator.aws.client("s3").list_objects_v2(Bucket=bucket, Prefix="releases/")["Contents"]
    assert [item["Key"] for item in objects] == ["releases/0.1.0.json"]
    stack = formation.describe_stacks(StackName="apranova-data")["Stacks"][0]
    assert stack["EnableTerminationProtection"] is True


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        ("{}", r"name google and openid, of which the secret /apranova/sign-in has no .*put-secret-value"),
        ('{"google": " ", "openid": "y"}', "name google,"),
        ('{"google": "x", "openid": 1}', "name openid,"),
        # The command replaces the whole object: it has a place for each of them.
        ('{"github": "x", "google": "y"}', r'name openid, .*\'\{"github": "…", "google": "…", "openid": "…"\}\''),
        ("google=x", "is no JSON object"),
        ('["google"]', "is no JSON object"),
        ('{"google": "x", "openid": "y"}', ""),
    ],
)
def test_a_client_secret_that_is_missing_is_asked_for_with_its_command(
    operator: Operator, kept: str, said: str
) -> None:
    """ECS would not start a backend whose secret has no such text."""
    operator.aws.client("secretsmanager").put_secret_value(SecretId="/apranova/sign-in", SecretString=kept)
    step = plan.CheckSecrets(("google", "openid"))
    if not said:
        carry_out(step, operator.work())
        return
    with pytest.raises(DeployFailed, match=said):
        carry_out(step, operator.work())


def test_the_images_command_is_given_what_the_school_chose(operator: Operator) -> None:
    """And the release without its choices: the command names the tag by what it builds."""
    folder = operator.folder / "chosen"
    (folder / "ext").mkdir(parents=True)
    (folder / "ext/one.vsix").write_text("x")
    file = folder / "school.toml"
    more = 'title = "Example School"\nnode_versions = ["20"]\nextensions = "ext"'
    file.write_text(HUNDRED.replace('title = "Example School"', more))
    settings, given = load_settings(file), []

    def push(command: list[str], _registry: str, _password: str) -> int:
        given.extend(command)
        operator.push(settings.release)
        return 0

    work = Work(operator.aws, settings, file, None, operator.said.append, push_images=push)
    carry_out(plan.PushImages(settings.release, ("gateway",), earlier="0.1.0"), work)
    assert given[given.index("--release") + 1] == "0.1.0"
    assert settings.release.startswith("0.1.0-school-")
    assert {"--node-version=20", f"--extensions={folder / 'ext'}"} <= set(given)
    assert missing_images(operator.aws, settings, settings.release) == ()


def test_the_same_again_changes_nothing(operator: Operator) -> None:
    operator.said.clear()
    operator.deploy(Asked("deploy"))
    assert operator.said.count("nothing to change") == len(STACKS) + 1
    assert "0 files were not there yet" in operator.said


def test_a_task_of_a_deploy_leaves_no_definition_behind(operator: Operator) -> None:
    found = operator.aws.client("ecs").list_task_definitions(familyPrefix="apranova-one-off", status="ACTIVE")
    assert found["taskDefinitionArns"] == []


def test_an_upgrade_rolls_services_and_leaves_a_running_workspace_alone(operator: Operator) -> None:
    ecs = operator.aws.client("ecs")
    started = ecs.run_task(
        cluster="apranova-cluster", taskDefinition="apranova-workspace-vscode", startedBy="task-abcdefghijklmnop"
    )["tasks"][0]["taskArn"]
    operator.deploy(Asked("upgrade"), "0.2.0")
    assert operator.running() == "0.2.0"
    assert any(line.endswith("/backend:0.2.0") for line in operator.said)
    task = ecs.describe_tasks(cluster="apranova-cluster", tasks=[started])["tasks"][0]
    assert task["lastStatus"] == "RUNNING"
    assert ":0.1.0" in task["containers"][0]["image"]
    service = ecs.describe_task_definition(taskDefinition="apranova-backend")["taskDefinition"]
    assert {one["image"].rpartition(":")[2] for one in service["containerDefinitions"]} == {"0.2.0"}
    snapshots = operator.aws.client("rds").describe_db_snapshots()["DBSnapshots"]
    assert [one["DBSnapshotIdentifier"] for one in snapshots] == ["apranova-database-before-leaving-0-1-0"]
    ecs.stop_task(cluster="apranova-cluster", task=started)


def test_a_migration_that_fails_stops_the_upgrade_before_the_new_code_serves(operator: Operator) -> None:
    with pytest.raises(
        DeployFailed,
        match=r"(?s)backend.manage prepare --without-static failed.*no such table.*run the same command again",
    ):
        operator.deploy(Asked("upgrade"), "0.3.0")
    assert operator.running() == "0.2.0"


def test_a_rollback_takes_the_templates_and_images_of_that_release(operator: Operator) -> None:
    operator.deploy(Asked("rollback", release="0.1.0"), "0.2.0")
    assert operator.running() == "0.1.0"
    service = operator.aws.client("ecs").describe_task_definition(taskDefinition="apranova-backend")["taskDefinition"]
    assert {one["image"].rpartition(":")[2] for one in service["containerDefinitions"]} == {"0.1.0"}


def test_what_does_not_answer_rightly_is_told_question_by_question(operator: Operator) -> None:
    operator.answers["https://school.example/api/health"] = Answer(503, b'{"state": "down"}')
    impatient = Aws(
        operator.aws.session, REGION, operator.aws.endpoint, pause=_briefly, now=iter(range(0, 10**6, 500)).__next__
    )
    work = operator.work()
    work.aws = impatient
    with pytest.raises(
        DeployFailed, match=r"(?s)not answered as they should be.*health of database.*503.*--rollback"
    ) as refused:
        carry_out(make_plan(work.settings, observe(operator.aws, work.settings, "0.1.0"), Asked("deploy"))[-2], work)
    assert "sign-in page" not in str(refused.value)
    operator.answers.clear()


def test_the_plan_is_shown_and_a_no_does_nothing(operator: Operator, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(
        ["--settings", str(operator.settings()), "--skip-account-check"], aws=operator.aws, ask=lambda _question: "n"
    )
    text = capsys.readouterr().out
    assert code == 0
    assert "runs now: 0.1.0" in text
    assert "change the stack application in us-east-1" in text
    assert "Nothing was done." in text


def test_another_account_is_refused_before_anything_is_read(
    operator: Operator, capsys: pytest.CaptureFixture[str]
) -> None:
    file = operator.settings()
    file.write_text(file.read_text().replace(ACCOUNT, "999988887777"))
    assert main(["--settings", str(file), "--yes"], aws=operator.aws) == 1
    assert (
        f"these credentials are of account {ACCOUNT}, and account.id in the settings is 999988887777"
        in capsys.readouterr().err
    )


def test_bad_settings_never_reach_aws(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "school.toml"
    file.write_text(HUNDRED.replace("us-east-1", "us-east-9"))
    assert main(["--settings", str(file)], ask=_nobody_asks) == 2
    assert "is expected, not 'us-east-9'" in capsys.readouterr().err


def _nobody_asks(question: str) -> str:
    raise AssertionError(question)


def test_a_stack_whose_first_attempt_failed_is_cleared_away_and_made(operator: Operator) -> None:
    said: list[str] = []
    handle = {"Type": "AWS::CloudFormation::WaitConditionHandle"}
    waits = {"Type": "AWS::CloudFormation::WaitCondition", "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": "1"}}
    never = Template("apranova-again", REGION, "", body=json.dumps({"Resources": {"Handle": handle, "Never": waits}}))
    with pytest.raises(
        DeployFailed, match=r"(?s)apranova-again ended as ROLLBACK_COMPLETE:.*Never \(AWS::CloudFormation"
    ):
        change_stack(operator.aws, never, say=said.append)
    good = _one_bucket("apranova-again", {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "again-1"}})
    assert change_stack(operator.aws, good, say=said.append) is True
    assert change_stack(operator.aws, good, say=said.append) is False


def test_a_kind_that_the_school_does_not_offer_needs_no_image(operator: Operator) -> None:
    file = operator.settings()
    file.write_text(file.read_text().replace("at_once = 60", 'at_once = 60\nkinds = ["vscode"]'))
    assert missing_images(operator.aws, load_settings(file), "9.9.9") == (
        "backend", "portal", "gateway", "workspace-vscode",
    )  # fmt: skip


def test_a_template_that_cloudformation_does_not_take_is_told_with_its_reason(operator: Operator) -> None:
    with pytest.raises(DeployFailed, match=r"refuses the template:.*AWS::S3::Nonsense"):
        change_stack(operator.aws, _one_bucket("apranova-odd", {"Type": "AWS::S3::Nonsense"}), say=operator.said.append)


def test_a_change_that_would_lose_data_is_refused_and_nothing_is_changed(operator: Operator) -> None:
    """A bucket that would be removed stands for a mistake that costs a database."""
    keep = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "keep"}}
    both = {"Data": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "data-1"}}, "Keep": keep}
    stack = Template("apranova-lossy", REGION, "", body=json.dumps({"Resources": both}))
    change_stack(operator.aws, stack, say=operator.said.append)
    less = Template("apranova-lossy", REGION, "", body=json.dumps({"Resources": {"Keep": keep}}))
    with pytest.raises(
        DeployFailed, match=r"would lose data, nothing was changed: Data \(AWS::S3::Bucket\) would be removed"
    ):
        change_stack(operator.aws, less, say=operator.said.append)
    assert "data-1" in {one["Name"] for one in operator.aws.client("s3").list_buckets()["Buckets"]}
    assert change_stack(operator.aws, less, say=operator.said.append, replace=True) is True


def test_whatever_holds_data_in_the_data_stack_is_guarded(hundred: Assembly) -> None:
    kept = {
        resource.type
        for resource in hundred.all(stack="data")
        if resource.whole.get("DeletionPolicy") in ("Retain", "Snapshot")
    }
    assert kept <= {*HOLD_DATA}


def _one_bucket(stack: str, resource: dict[str, Any]) -> Template:
    return Template(stack, REGION, "", body=json.dumps({"Resources": {"One": resource}}))


def test_a_teardown_keeps_network_data_and_what_is_in_it(operator: Operator) -> None:
    table = operator.aws.client("dynamodb")
    table.put_item(TableName="apranova-workspaces", Item={"pk": {"S": "workspace#1"}, "sk": {"S": "-"}})
    fleet = {"ok": True, "workspaces": [], "tasks": []}
    _manager_answers(operator, fleet)
    operator.deploy(Asked("teardown"))
    formation = operator.aws.client("cloudformation")
    left = {word for word in STACKS if status_of(formation, f"apranova-{word}")}
    assert left == {"network", "data"}
    assert table.get_item(TableName="apranova-workspaces", Key={"pk": {"S": "workspace#1"}, "sk": {"S": "-"}})["Item"]


def _manager_answers(operator: Operator, answer: dict[str, Any]) -> None:
    """Put a function in the manager's place that answers every request like this."""
    import io
    import zipfile

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("manager/__init__.py", "")
        archive.writestr("manager/entrypoints/__init__.py", "")
        archive.writestr("manager/entrypoints/aws_lambda.py", f"def handle(event, context):\n    return {answer!r}\n")
    operator.aws.client("lambda").update_function_code(FunctionName="workspace-manager", ZipFile=packed.getvalue())


def test_after_a_teardown_the_school_comes_back_with_its_data(operator: Operator) -> None:
    operator.deploy(Asked("deploy"))
    assert operator.running() == "0.1.0"
    item = operator.aws.client("dynamodb").get_item(
        TableName="apranova-workspaces", Key={"pk": {"S": "workspace#1"}, "sk": {"S": "-"}}
    )
    assert "Item" in item
    delete_stack(operator.aws, "apranova-again", REGION, say=operator.said.append)
