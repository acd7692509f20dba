"""The backup worker's function over the emulator; a folder stands for the mounted file system."""

from __future__ import annotations

import io
import json
import logging
import secrets
import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from contract.collect import CollectRequest, CollectState
from contract.environment import BadSetting
from contract.errors import ApraNovaError, Reason
from contract.names import WorkspaceKind, WorkspaceState
from manager.adapters.efs.backup_worker import LambdaBackupWorker
from manager.adapters.efs.homes import EfsHomeVolumes, key_of
from manager.adapters.restic.s3 import S3Repositories
from manager.adapters.tests.aws_emulator import ACCOUNT, REGION, AwsEmulator
from manager.adapters.tests.ecs_under_test import Functions
from manager.adapters.tests.restic_under_test import fingerprint, restic
from manager.backup_settings import read_backup_settings
from manager.bootstrap_backup import build
from manager.domain.lifecycle.backup_health import BackupHealth
from manager.domain.lifecycle.workspace import Workspace
from manager.entrypoints.backup_worker import Function

HOME, OTHER = "home-aaaaaaaaaaaaaaaa", "home-bbbbbbbbbbbbbbbb"
ANNA, BEN = "ws-aaaaaaaaaa", "ws-bbbbbbbbbb"


class Context:
    def __init__(self, left_s: float = 900.0) -> None:
        self._left_s = left_s

    def get_remaining_time_in_millis(self) -> int:
        return int(self._left_s * 1000)


class FileSystem:
    """One file system with its backup worker, wired as in its Lambda."""

    def __init__(self, aws: AwsEmulator, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCOUNT)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
        word = secrets.token_hex(4)
        self.homes, self.bucket = folder / "homes", f"snapshots-{word}"
        self.homes.mkdir()
        self.s3, self.dynamodb = aws.client("s3"), aws.client("dynamodb")
        self.s3.create_bucket(Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        secret = aws.client("secretsmanager").create_secret(Name=f"s-{word}", SecretString="of the tests")
        settings = read_backup_settings(
            {
                "AWS_REGION": REGION,
                "APRANOVA_TABLE": aws.make_table(),
                "APRANOVA_HOMES_DIR": str(self.homes),
                "APRANOVA_SNAPSHOTS_BUCKET": self.bucket,
                "APRANOVA_SNAPSHOTS_SECRET": secret["ARN"],
                "APRANOVA_RESTIC": str(restic().find()),
                "TMPDIR": str(folder),
                "APRANOVA_METRICS_NAMESPACE": "Tests",
                "APRANOVA_SERVICE": "a-school",
            }
        )
        self.parts = build(settings, endpoint_url=aws.url)
        self.parts = replace(self.parts, restic=replace(self.parts.restic, niceness=0))
        self.function = Function(self.parts)
        self.store, self.table = self.parts.store, settings.table
        self.repositories = S3Repositories(self.s3, self.bucket, None)

    def stopped(self, workspace_id: str, home_id: str) -> Workspace:
        (self.homes / home_id).mkdir()
        (self.homes / home_id / "work.py").write_text(f"# of {workspace_id}\n")
        now = time.time() - 60.0
        self.store.write(
            Workspace(
                workspace_id,
                "owner",
                WorkspaceKind.VSCODE,
                state_since=now,
                home_id=home_id,
                home_created_at=now - 100.0,
                stopped_at=now,
            )
        )
        return self.get(workspace_id)

    def get(self, workspace_id: str) -> Workspace:
        found = self.store.find_workspace(workspace_id)
        assert found is not None
        return found

    def mark_purging(self, home_id: str) -> None:
        self.dynamodb.put_item(TableName=self.table, Item={**key_of(home_id), "purging": {"BOOL": True}})

    def is_purged(self, home_id: str) -> bool:
        return "purged" in self.dynamodb.get_item(TableName=self.table, Key=key_of(home_id)).get("Item", {})

    def objects(self) -> list[str]:
        return [found["Key"] for found in self.s3.list_objects_v2(Bucket=self.bucket).get("Contents", [])]


@pytest.fixture
def efs(aws: AwsEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FileSystem:
    return FileSystem(aws, tmp_path, monkeypatch)


def test_a_stopped_home_is_kept_in_s3_and_comes_back(
    efs: FileSystem, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    efs.stopped(ANNA, HOME)
    assert efs.function({"workspace_id": ANNA}, Context()) == {"done": "looked"}
    (first,) = efs.repositories.list(HOME)
    assert efs.get(ANNA).snapshot_at == first.taken_at
    assert all(key.startswith(f"{HOME}/") for key in efs.objects())
    assert not (tmp_path / "restic").exists()  # what restic knew while it worked
    as_it_was = fingerprint(efs.homes / HOME)
    (efs.homes / HOME / "work.py").write_text("# all deleted by mistake")
    efs.store.write(efs.get(ANNA).request_restore(first.snapshot_id, now=time.time(), ask_again_s=60.0))
    efs.function({"workspace_id": ANNA}, Context())
    assert fingerprint(efs.homes / HOME) == as_it_was
    assert (efs.get(ANNA).restoring, efs.get(ANNA).failure) == (None, "")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    counted = {name: line[name] for line in lines for name in ("snapshots_total", "restores_total") if name in line}
    assert counted == {"snapshots_total": 1, "restores_total": 1}
    assert {line["_aws"]["CloudWatchMetrics"][0]["Namespace"] for line in lines if "_aws" in line} == {"Tests"}
    assert len(efs.repositories.list(HOME)) == 2  # the state before the restore can be had, too


@pytest.mark.parametrize("purging", [False, True])
def test_a_home_whose_files_are_gone_is_restored_unless_it_is_being_purged(efs: FileSystem, purging: bool) -> None:
    efs.stopped(ANNA, HOME)
    efs.function({"workspace_id": ANNA}, Context())
    (first,) = efs.repositories.list(HOME)
    as_it_was = fingerprint(efs.homes / HOME)
    shutil.rmtree(efs.homes / HOME)
    if purging:
        efs.mark_purging(HOME)
    efs.store.write(efs.get(ANNA).request_restore(first.snapshot_id, now=time.time(), ask_again_s=60.0))
    efs.function({"workspace_id": ANNA}, Context())
    assert (efs.homes / HOME).exists() is not purging
    assert (efs.get(ANNA).restoring is None) is not purging
    if not purging:
        assert (fingerprint(efs.homes / HOME), efs.get(ANNA).failure) == (as_it_was, "")


def test_a_round_checks_waiting_homes_that_are_there_while_there_is_time(efs: FileSystem) -> None:
    efs.stopped(ANNA, HOME)
    efs.stopped(BEN, OTHER)
    (efs.homes / OTHER).rename(efs.homes.parent / "in a slot")
    efs.function({"action": "round"}, Context(left_s=200.0))
    assert efs.objects() == []
    efs.function({"action": "round"}, Context())
    assert efs.get(ANNA).snapshot_at is not None
    assert efs.get(BEN).snapshot_at is None
    before = efs.objects()
    efs.function({"action": "round"}, Context())
    assert efs.objects() == before


def test_a_purge_removes_files_and_snapshots_of_a_home_marked_for_it_and_says_so(efs: FileSystem) -> None:
    efs.stopped(ANNA, HOME)
    efs.stopped(BEN, OTHER)
    for workspace_id in (ANNA, BEN):
        efs.function({"workspace_id": workspace_id}, Context())
    efs.mark_purging(HOME)
    (efs.homes / HOME).chmod(0o000)  # its student locked it
    assert efs.function({"home_id": HOME}, Context()) == {"done": "purged"}
    assert efs.function({"home_id": HOME}, Context()) == {"done": "purged"}  # delivered twice
    assert efs.function({"home_id": OTHER}, Context()) == {"done": "nothing"}
    assert [path.name for path in efs.homes.iterdir()] == [OTHER]
    assert efs.repositories.list(HOME) == ()
    assert len(efs.repositories.list(OTHER)) == 1
    assert (efs.is_purged(HOME), efs.is_purged(OTHER)) == (True, False)


def test_an_event_alone_purges_nothing(efs: FileSystem) -> None:
    efs.stopped(ANNA, HOME)
    assert efs.function({"home_id": HOME}, Context()) == {"done": "nothing"}
    assert (efs.homes / HOME / "work.py").exists()


@pytest.mark.parametrize("event", [{}, [], {"action": "purge all"}, {"workspace_id": 5}, None])
def test_any_other_event_is_refused(efs: FileSystem, event: Any) -> None:
    with pytest.raises(ValueError, match="is expected"):
        efs.function(event, Context())


@pytest.mark.parametrize("missing", ["APRANOVA_SNAPSHOTS_SECRET", "APRANOVA_HOMES_DIR"])
def test_a_setting_that_is_missing_is_named(missing: str) -> None:
    names = ("AWS_REGION", "APRANOVA_TABLE", "APRANOVA_SNAPSHOTS_BUCKET")
    whole = {
        **dict.fromkeys((*names, "APRANOVA_SNAPSHOTS_SECRET", "APRANOVA_METRICS_NAMESPACE", "APRANOVA_SERVICE"), "x"),
        "APRANOVA_HOMES_DIR": "/mnt",
        "APRANOVA_RESTIC": "/restic",
    }
    assert read_backup_settings(whole).bucket == "x"
    with pytest.raises(BadSetting, match=missing):
        read_backup_settings({**whole, missing: ""})
    with pytest.raises(BadSetting, match="full path"):
        read_backup_settings({**whole, "APRANOVA_RESTIC": "bin/restic"})


def worker_of(functions: Any, repositories: Any) -> LambdaBackupWorker:
    return LambdaBackupWorker(functions, "worker-here", lambda: repositories)


def test_the_manager_notifies_the_worker_and_never_waits(efs: FileSystem, tmp_path: Path) -> None:
    functions = Functions(tmp_path)
    worker = worker_of(functions, efs.repositories)
    worker.notify(ANNA, HOME)
    (sent,) = functions.sent
    assert (sent["FunctionName"], sent["InvocationType"]) == ("worker-here", "Event")
    assert json.loads(sent["Payload"]) == {"workspace_id": ANNA}
    assert worker.list(HOME) == ()
    assert worker.status() == f"on: in s3://{efs.bucket}"


def test_a_worker_that_cannot_be_notified_fails_no_stop(efs: FileSystem, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)

    class Unreachable:
        def invoke(self, **_: Any) -> None:
            raise ConnectionClosedError(endpoint_url="https://lambda")

    worker_of(Unreachable(), efs.repositories).notify(ANNA, HOME)
    assert "could not be notified" in caplog.text


def test_a_bucket_that_does_not_answer_is_an_error_with_words(aws: AwsEmulator) -> None:
    worker = worker_of(None, S3Repositories(aws.client("s3"), "no-such-bucket", None))
    with pytest.raises(ApraNovaError, match="cannot be listed") as refused:
        worker.list(HOME)
    assert refused.value.reason is Reason.MANAGER_UNAVAILABLE


def test_a_launch_between_snapshot_and_record_drops_the_snapshot_in_s3_too(
    efs: FileSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    efs.stopped(ANNA, HOME)
    listed = efs.parts.repositories.list

    def list_while_somebody_launches(home_id: str) -> object:
        found = listed(home_id)
        if found:
            monkeypatch.undo()
            efs.store.write(replace(efs.get(ANNA), state=WorkspaceState.STARTING, state_since=time.time()))
        return found

    monkeypatch.setattr(efs.parts.repositories, "list", list_while_somebody_launches)
    efs.function({"workspace_id": ANNA}, Context())
    assert efs.repositories.list(HOME) == ()
    assert (efs.get(ANNA).state, efs.get(ANNA).snapshot_at) == (WorkspaceState.STARTING, None)


def test_a_round_verifies_this_file_systems_snapshots_and_damage_in_s3_is_said_with_the_runbook(
    efs: FileSystem,
) -> None:
    efs.stopped(ANNA, HOME)
    efs.function({"action": "round"}, Context())
    assert efs.get(ANNA).backup.verified_at is not None
    disk = efs.get(ANNA).disk
    assert disk is not None
    assert (disk.use.used_files, disk.use.used_bytes) == (1, len(f"# of {ANNA}\n"))
    efs.store.write(replace(efs.get(ANNA), backup=BackupHealth()))
    efs.s3.delete_object(Bucket=efs.bucket, Key=f"{HOME}/config")
    efs.function({"action": "round"}, Context())
    assert "restore-on-aws.md" in efs.get(ANNA).backup.failure
    assert len(efs.repositories.list(HOME)) == 1, "nothing was removed"


class CalledAtOnce:
    """Lambda, as far as a call that waits for its answer goes."""

    def __init__(self, function: Function) -> None:
        self._function = function
        self.busy = False

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803 (boto3's)
        if self.busy:
            raise ClientError({"Error": {"Code": "TooManyRequestsException", "Message": FunctionName}}, "Invoke")
        try:
            answer = self._function(json.loads(Payload), Context())
        except Exception as error:
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(json.dumps(str(error)).encode())}
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}


def test_a_folder_of_a_home_at_rest_is_copied_and_the_home_is_not_purged(efs: FileSystem) -> None:
    efs.stopped(ANNA, HOME)
    folder = efs.homes / HOME / "project/lesson-1"
    folder.mkdir(parents=True)
    (folder / "main.py").write_text("mine")
    (folder / "hosts").symlink_to("/etc/passwd")
    functions: Any = CalledAtOnce(efs.function)
    homes = EfsHomeVolumes(functions, mover="", backup_worker="a-worker", records=efs.dynamodb, table_name=efs.table)
    efs.mark_purging(HOME)
    copy = homes.copy_folder(HOME, CollectRequest("lesson-1"))
    assert copy is not None
    assert (copy.state, [it.path for it in copy.left_out]) == (CollectState.DONE, ["hosts"])
    assert (folder / "main.py").exists()
    assert homes.copy_folder(OTHER, CollectRequest("lesson-1")) is None
    with pytest.raises(ValueError, match="not the id of a home"):
        homes.copy_folder("../../etc", CollectRequest("lesson-1"))
    functions.busy = True
    assert homes.copy_folder(HOME, CollectRequest("lesson-1")) is None
