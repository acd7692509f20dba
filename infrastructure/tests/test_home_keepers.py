"""The homes' keepers: one for each file system, alone at its work, and alone with the files and their snapshots."""

from __future__ import annotations

from infrastructure.tests.templates import Assembly, Resource, strings


def keepers(assembly: Assembly) -> list[Resource]:
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


def test_each_file_system_has_one_keeper_that_mounts_its_homes_as_their_student(
    each: Assembly,
) -> None:
    systems = each.all("AWS::EFS::FileSystem")
    served = set()
    for keeper in keepers(each):
        assert (keeper["ReservedConcurrentExecutions"], keeper["Timeout"]) == (1, 900)
        (mount,) = keeper["FileSystemConfigs"]
        variables = keeper["Environment"]["Variables"]
        assert mount["LocalMountPath"] == variables["APRANOVA_HOMES_DIR"]
        assert mount["LocalMountPath"].startswith("/mnt/")
        point = each.target(mount["Arn"], "application")
        assert point["PosixUser"] == {"Uid": "1000", "Gid": "1000"}
        assert point["RootDirectory"]["Path"] == "/homes"
        assert point["FileSystemId"] == variables["APRANOVA_FILE_SYSTEM"]
        system = each.target(point["FileSystemId"], "application")
        served.add(system.id)
        assert keeper["FunctionName"] == {"Fn::Join": ["", ["apranova-purger-", point["FileSystemId"]]]}
    assert served == {system.id for system in systems}
    assert len(keepers(each)) == len(systems)


def test_only_keepers_write_snapshots_and_read_the_password(hundred: Assembly) -> None:
    roles = {role.id: actions_on_objects(hundred, role) for role in hundred.all("AWS::IAM::Role", "application")}
    writers = [id for id, actions in roles.items() if {"s3:PutObject", "s3:DeleteObject"} & actions]
    assert [id.startswith("KeepersRole") for id in writers] == [True]
    assert not any(actions for id, actions in roles.items() if id.startswith("ManagerRole"))
    (secret,) = [s for s in hundred.all("AWS::SecretsManager::Secret") if s["Name"] == "/apranova/snapshots-password"]
    readers = [
        role.id
        for role in hundred.all("AWS::IAM::Role")
        if any(secret.id in text for s in hundred.statements(role) for text in strings(s["Resource"]))
    ]
    assert [id.startswith("KeepersRole") for id in readers] == [True]


def test_a_keeper_mounts_through_its_own_access_points_alone(hundred: Assembly) -> None:
    role = hundred.target(keepers(hundred)[0]["Role"], "application")
    mounts = [s for s in hundred.statements(role) if "elasticfilesystem:ClientWrite" in strings(s["Action"])]
    assert len(mounts) == len(keepers(hundred))
    for statement in mounts:
        point = hundred.target(
            statement["Condition"]["StringEquals"]["elasticfilesystem:AccessPointArn"], "application"
        )
        assert point["RootDirectory"]["Path"] == "/homes"
    assert not [s for s in hundred.statements(role) if "elasticfilesystem:ClientRootAccess" in strings(s["Action"])]


def test_the_manager_may_tell_every_keeper_and_each_goes_on_its_round_once_a_day(
    each: Assembly,
) -> None:
    ids = {keeper.id for keeper in keepers(each)}
    (manager,) = [
        f for f in each.all("AWS::Lambda::Function") if f.properties.get("FunctionName") == "workspace-manager"
    ]
    role = each.target(manager["Role"], "application")
    (tell,) = each.statements(role, "InvokeBackupWorkers")
    resources = tell["Resource"] if isinstance(tell["Resource"], list) else [tell["Resource"]]
    assert {each.target(arn, "application").id for arn in resources} == ids
    rounds = [s for s in each.all("AWS::Scheduler::Schedule") if s["Target"]["Input"] == '{"action":"round"}']
    assert {each.target(s["Target"]["Arn"], "application").id for s in rounds} == ids
    assert {s["ScheduleExpression"] for s in rounds} == {"cron(0 4 * * ? *)"}
