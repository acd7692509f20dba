"""Who mounts homes: mover, backup worker, tasks, and the backend, which only reads."""

from __future__ import annotations

from typing import Any

from infrastructure.names import BACKUP_HANDLER, MOVER_HANDLER
from infrastructure.tests.templates import Assembly, Resource, strings

AS_ROOT = {"elasticfilesystem:ClientMount", "elasticfilesystem:ClientRootAccess", "elasticfilesystem:ClientWrite"}


def function(assembly: Assembly, handler: str) -> Resource:
    (found,) = [f for f in assembly.all("AWS::Lambda::Function") if f.properties.get("Handler") == handler]
    return found


def point_of(assembly: Assembly, mounting: Resource) -> Resource:
    (mount,) = mounting["FileSystemConfigs"]
    assert mount["LocalMountPath"].startswith("/mnt/")
    return assembly.target(mount["Arn"], "application")


def actions_on_objects(assembly: Assembly, role: Resource) -> set[str]:
    return {
        action
        for statement in assembly.statements(role)
        for action in strings(statement["Action"])
        if action in ("s3:DeleteObject", "s3:GetObject", "s3:PutObject") and "Snapshots" in str(statement["Resource"])
    }


def mounts(assembly: Assembly) -> dict[str, Any]:
    """Role → its statement that mounts."""
    return {
        role.id: statement
        for role in assembly.all("AWS::IAM::Role", "application")
        for statement in assembly.statements(role)
        if "elasticfilesystem:ClientMount" in strings(statement["Action"])
    }


def test_only_mover_backup_worker_backend_and_tasks_may_mount_and_each_through_its_own_access_points(
    each: Assembly,
) -> None:
    found = mounts(each)
    kinds = sorted(name.rstrip("0123456789ABCDEF") for name in found)
    assert kinds == ["BackendRole", "BackupWorkersRole", "MoverRole", "WorkspaceTasksTask"]
    for handler in (MOVER_HANDLER, BACKUP_HANDLER):
        mounting = function(each, handler)
        statement = found[each.target(mounting["Role"], "application").id]
        assert set(statement["Action"]) == AS_ROOT
        through = statement["Condition"]["StringEquals"]["elasticfilesystem:AccessPointArn"]
        assert each.target(through, "application").id == point_of(each, mounting).id


def test_the_mover_mounts_everything_and_can_do_nothing_else(each: Assembly) -> None:
    mover = function(each, MOVER_HANDLER)
    variables = mover["Environment"]["Variables"]
    (mount,) = mover["FileSystemConfigs"]
    assert variables == {"APRANOVA_FILES": mount["LocalMountPath"]}
    point = point_of(each, mover)
    assert (point["PosixUser"], point["RootDirectory"]) == ({"Uid": "0", "Gid": "0"}, {"Path": "/"})
    role = each.target(mover["Role"], "application")
    services = {action.partition(":")[0] for s in each.statements(role) for action in strings(s["Action"])}
    assert services == {"elasticfilesystem", "logs", "ec2"}
    assert mover["Timeout"] == 10


def test_the_mover_s_group_leads_to_the_file_system_alone(each: Assembly) -> None:
    (group,) = [g for g in each.all("AWS::EC2::SecurityGroup") if g["GroupName"] == "apranova-mover"]
    (out,) = group["SecurityGroupEgress"]
    assert (out["FromPort"], out["ToPort"], out["IpProtocol"]) == (2049, 2049, "tcp")
    rows = [row for row in each.all("AWS::EC2::SecurityGroupIngress") if group.id in str(row["GroupId"])]
    assert rows == []
    (own,) = function(each, MOVER_HANDLER)["VpcConfig"]["SecurityGroupIds"]
    assert "Mover" in str(own)


def test_the_backup_worker_mounts_the_folder_that_only_root_enters(each: Assembly) -> None:
    worker = function(each, BACKUP_HANDLER)
    assert (worker["ReservedConcurrentExecutions"], worker["Timeout"]) == (1, 900)
    assert worker["FunctionName"] == "apranova-backup-worker"
    (mount,) = worker["FileSystemConfigs"]
    assert mount["LocalMountPath"] == worker["Environment"]["Variables"]["APRANOVA_HOMES_DIR"]
    point = point_of(each, worker)
    assert point["PosixUser"] == {"Uid": "0", "Gid": "0"}
    assert point["RootDirectory"]["Path"] == "/homes"
    assert point["RootDirectory"]["CreationInfo"]["Permissions"] == "0700"


def test_the_backend_mounts_homes_at_rest_and_can_write_into_none(each: Assembly) -> None:
    """Three times: its role, the mount of its container, and the code, which only reads."""
    task = each.task("apranova-backend")
    (volume,) = [it for it in task["Volumes"] if "EFSVolumeConfiguration" in it]
    mount = volume["EFSVolumeConfiguration"]
    assert each.target(mount["FilesystemId"], "application").type == "AWS::EFS::FileSystem"
    assert (mount["TransitEncryption"], mount["AuthorizationConfig"]["IAM"]) == ("ENABLED", "ENABLED")
    assert "RootDirectory" not in mount  # the access point has it
    point = each.target(mount["AuthorizationConfig"]["AccessPointId"], "application")
    assert point["PosixUser"] == {"Uid": "0", "Gid": "0"}
    assert point["RootDirectory"]["Path"] == "/homes"
    assert point["RootDirectory"]["CreationInfo"]["Permissions"] == "0700"
    statement = mounts(each)[each.target(task["TaskRoleArn"], "application").id]
    assert set(statement["Action"]) == AS_ROOT - {"elasticfilesystem:ClientWrite"}
    through = statement["Condition"]["StringEquals"]["elasticfilesystem:AccessPointArn"]
    assert each.target(through, "application").id == point.id
    gateway, django = task["ContainerDefinitions"]
    assert (gateway["Name"], django["Name"]) == ("gateway", "backend")
    assert volume["Name"] not in {it["SourceVolume"] for it in gateway["MountPoints"]}
    (there,) = [it for it in django["MountPoints"] if it["SourceVolume"] == volume["Name"]]
    told = {entry["Name"]: entry["Value"] for entry in django["Environment"]}
    assert (there["ReadOnly"], there["ContainerPath"]) == (True, told["APRANOVA_HOMES_MOUNT"])


def test_only_the_backup_worker_writes_snapshots_and_reads_the_password(hundred: Assembly) -> None:
    roles = {role.id: actions_on_objects(hundred, role) for role in hundred.all("AWS::IAM::Role", "application")}
    writers = [id for id, actions in roles.items() if {"s3:PutObject", "s3:DeleteObject"} & actions]
    assert [id.startswith("BackupWorkersRole") for id in writers] == [True]
    assert not any(actions for id, actions in roles.items() if id.startswith("ManagerRole"))
    (secret,) = [s for s in hundred.all("AWS::SecretsManager::Secret") if s["Name"] == "/apranova/snapshots-password"]
    readers = [
        role.id
        for role in hundred.all("AWS::IAM::Role")
        if any(secret.id in text for s in hundred.statements(role) for text in strings(s["Resource"]))
    ]
    assert [id.startswith("BackupWorkersRole") for id in readers] == [True]


def test_the_manager_may_invoke_both_and_the_worker_runs_once_a_night(each: Assembly) -> None:
    worker, mover = function(each, BACKUP_HANDLER), function(each, MOVER_HANDLER)
    (manager,) = [
        f for f in each.all("AWS::Lambda::Function") if f.properties.get("FunctionName") == "workspace-manager"
    ]
    role = each.target(manager["Role"], "application")
    (invoke,) = each.statements(role, "InvokeBackupWorkers")
    assert each.target(invoke["Resource"], "application").id == worker.id
    (invoke,) = each.statements(role, "InvokeMover")
    alias = each.target(invoke["Resource"][0], "application")
    assert (alias.type, each.target(alias["FunctionName"], "application").id) == ("AWS::Lambda::Alias", mover.id)
    (run,) = [s for s in each.all("AWS::Scheduler::Schedule") if s["Target"]["Input"] == '{"action":"round"}']
    assert each.target(run["Target"]["Arn"], "application").id == worker.id
    assert run["ScheduleExpression"] == "cron(0 4 * * ? *)"
