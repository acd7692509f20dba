"""Backup workers: one for each file system, the only ones that reach files and snapshots."""

from __future__ import annotations

from infrastructure.tests.templates import Assembly, Resource, strings


def workers(assembly: Assembly) -> list[Resource]:
    return [
        f
        for f in assembly.all("AWS::Lambda::Function")
        if f.properties.get("Handler") == "manager.entrypoints.backup_worker.handle"
    ]


def actions_on_objects(assembly: Assembly, role: Resource) -> set[str]:
    return {
        action
        for statement in assembly.statements(role)
        for action in strings(statement["Action"])
        if action in ("s3:DeleteObject", "s3:GetObject", "s3:PutObject") and "Snapshots" in str(statement["Resource"])
    }


def test_each_file_system_has_one_worker_that_mounts_its_homes_as_their_student(
    each: Assembly,
) -> None:
    systems = each.all("AWS::EFS::FileSystem")
    served = set()
    for worker in workers(each):
        assert (worker["ReservedConcurrentExecutions"], worker["Timeout"]) == (1, 900)
        (mount,) = worker["FileSystemConfigs"]
        variables = worker["Environment"]["Variables"]
        assert mount["LocalMountPath"] == variables["APRANOVA_HOMES_DIR"]
        assert mount["LocalMountPath"].startswith("/mnt/")
        point = each.target(mount["Arn"], "application")
        assert point["PosixUser"] == {"Uid": "1000", "Gid": "1000"}
        assert point["RootDirectory"]["Path"] == "/homes"
        assert point["FileSystemId"] == variables["APRANOVA_FILE_SYSTEM"]
        system = each.target(point["FileSystemId"], "application")
        served.add(system.id)
        assert worker["FunctionName"] == {"Fn::Join": ["", ["apranova-backup-worker-", point["FileSystemId"]]]}
    assert served == {system.id for system in systems}
    assert len(workers(each)) == len(systems)


def test_only_backup_workers_write_snapshots_and_read_the_password(hundred: Assembly) -> None:
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


def test_a_worker_mounts_only_through_its_own_access_points(hundred: Assembly) -> None:
    role = hundred.target(workers(hundred)[0]["Role"], "application")
    mounts = [s for s in hundred.statements(role) if "elasticfilesystem:ClientWrite" in strings(s["Action"])]
    assert len(mounts) == len(workers(hundred))
    for statement in mounts:
        point = hundred.target(
            statement["Condition"]["StringEquals"]["elasticfilesystem:AccessPointArn"], "application"
        )
        assert point["RootDirectory"]["Path"] == "/homes"
    assert not [s for s in hundred.statements(role) if "elasticfilesystem:ClientRootAccess" in strings(s["Action"])]


def test_the_manager_may_invoke_every_worker_and_each_runs_once_a_night(
    each: Assembly,
) -> None:
    ids = {worker.id for worker in workers(each)}
    (manager,) = [
        f for f in each.all("AWS::Lambda::Function") if f.properties.get("FunctionName") == "workspace-manager"
    ]
    role = each.target(manager["Role"], "application")
    (invoke,) = each.statements(role, "InvokeBackupWorkers")
    resources = invoke["Resource"] if isinstance(invoke["Resource"], list) else [invoke["Resource"]]
    assert {each.target(arn, "application").id for arn in resources} == ids
    runs = [s for s in each.all("AWS::Scheduler::Schedule") if s["Target"]["Input"] == '{"action":"round"}']
    assert {each.target(s["Target"]["Arn"], "application").id for s in runs} == ids
    assert {s["ScheduleExpression"] for s in runs} == {"cron(0 4 * * ? *)"}
