"""What holds data: kept when its stack goes, encrypted, backed up."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from infrastructure.names import EXPIRES_ATTRIBUTE, INDEXES
from infrastructure.tests.templates import Assembly

STORE = Path(__file__).parents[2] / "manager" / "adapters" / "dynamodb" / "table.py"

STATEFUL = {
    "AWS::RDS::DBInstance": "Snapshot",
    "AWS::ElastiCache::ReplicationGroup": "Snapshot",
    "AWS::EFS::FileSystem": "Retain",
    "AWS::DynamoDB::Table": "Retain",
    "AWS::S3::Bucket": "Retain",
    "AWS::KMS::Key": "Retain",
    "AWS::SecretsManager::Secret": "Retain",
    "AWS::ECR::Repository": "Retain",
}


@pytest.mark.parametrize(("kind", "policy"), STATEFUL.items())
def test_what_holds_data_outlives_its_stack(kind: str, policy: str, hundred: Assembly) -> None:
    found = hundred.all(kind)
    assert found
    assert {(one.whole.get("DeletionPolicy"), one.whole.get("UpdateReplacePolicy")) for one in found} == {
        (policy, policy)
    }


def test_the_stack_of_data_is_protected_from_deletion(hundred: Assembly) -> None:
    assert hundred.manifest["artifacts"]["apranova-data"]["properties"]["terminationProtection"] is True


def test_the_database_is_what_the_document_draws(hundred: Assembly) -> None:
    database = hundred.one("AWS::RDS::DBInstance")
    assert database["Engine"] == "postgres"
    assert database["DBInstanceClass"] == "db.t3.medium"
    for name in ("MultiAZ", "StorageEncrypted", "DeletionProtection", "ManageMasterUserPassword"):
        assert database[name] is True
    assert database["PubliclyAccessible"] is False
    assert database["BackupRetentionPeriod"] == 14
    parameters = hundred.target(database["DBParameterGroupName"], "data")["Parameters"]
    assert parameters["rds.force_ssl"] == "1"


def test_the_databases_own_logs_are_ours_before_rds_makes_them(hundred: Assembly) -> None:
    """RDS would keep its own forever."""
    database = hundred.one("AWS::RDS::DBInstance")
    groups = {group.id: group["LogGroupName"] for group in hundred.all("AWS::Logs::LogGroup", "data")}
    assert sorted(groups.values()) == [
        f"/aws/rds/instance/{database['DBInstanceIdentifier']}/{log}" for log in database["EnableCloudwatchLogsExports"]
    ]
    assert len(groups) == 2
    assert set(groups) <= set(database.whole["DependsOn"])


def test_a_thousand_students_get_the_documents_next_sizes(school) -> None:
    assembly = school("thousand")
    assert assembly.one("AWS::RDS::DBInstance")["DBInstanceClass"] == "db.r5.large"
    assert assembly.one("AWS::ElastiCache::ReplicationGroup")["CacheNodeType"] == "cache.r5.large"


def test_the_cache_is_in_cluster_mode_in_several_zones_and_speaks_tls_alone(hundred: Assembly) -> None:
    cache = hundred.one("AWS::ElastiCache::ReplicationGroup")
    assert cache["CacheParameterGroupName"].endswith(".cluster.on")
    assert cache["TransitEncryptionMode"] == "required"
    for name in ("AutomaticFailoverEnabled", "MultiAZEnabled", "TransitEncryptionEnabled", "AtRestEncryptionEnabled"):
        assert cache[name] is True
    assert "{{resolve:secretsmanager:" in str(cache["AuthToken"])


def test_homes_are_encrypted_backed_up_and_reached_only_over_tls_by_roles(hundred: Assembly) -> None:
    homes = hundred.one("AWS::EFS::FileSystem")
    assert (homes["Encrypted"], homes["ThroughputMode"]) == (True, "elastic")
    assert homes["BackupPolicy"] == {"Status": "ENABLED"}
    assert {"TransitionToIA": "AFTER_30_DAYS"} in homes["LifecyclePolicies"]
    (deny,) = homes["FileSystemPolicy"]["Statement"]  # it allows nobody anything
    assert (deny["Effect"], deny["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    assert len(hundred.all("AWS::EFS::MountTarget")) == 3


def test_the_managers_table_has_the_keys_that_its_store_uses(hundred: Assembly) -> None:
    table = hundred.one("AWS::DynamoDB::Table")
    assert table["KeySchema"] == [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ]
    indexes = [
        (it["IndexName"], [key["AttributeName"] for key in it["KeySchema"]], it["Projection"]["ProjectionType"])
        for it in table["GlobalSecondaryIndexes"]
    ]
    assert indexes == [
        (it.name, [it.partition_key, it.sort_key], "ALL" if it.whole_records else "KEYS_ONLY") for it in INDEXES
    ]
    assert table["TimeToLiveSpecification"] == {"AttributeName": EXPIRES_ATTRIBUTE, "Enabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    types = {entry["AttributeName"]: entry["AttributeType"] for entry in table["AttributeDefinitions"]}
    assert types == {"pk": "S", "sk": "S"} | {i.partition_key: "S" for i in INDEXES} | {
        i.sort_key: i.sort_type for i in INDEXES
    }


def test_the_store_itself_names_the_same_keys_and_indexes() -> None:
    """It is read as text: the infrastructure may not import the manager."""
    values: dict[str, str] = {}
    for names, texts in re.findall(r'(?m)^([A-Z_, ]+) = ("[^#\n]+")', STORE.read_text()):
        values |= zip(names.split(", "), re.findall(r'"([^"]*)"', texts), strict=True)
    assert (values["PARTITION_KEY"], values["SORT_KEY"], values["EXPIRES_AT"]) == ("pk", "sk", EXPIRES_ATTRIBUTE)
    indexes = {
        (values["DUE_INDEX"], values["DUE_QUEUE"], values["DUE_AT"]),
        (values["POOL_INDEX"], values["POOL_QUEUE"], values["POOL_RANK"]),
        (values["LISTED_INDEX"], values["LISTED_KIND"], values["LISTED_ORDER"]),
    }
    assert indexes == {(index.name, index.partition_key, index.sort_key) for index in INDEXES}


def test_every_bucket_is_private_encrypted_by_s3_and_refuses_plain_http(hundred: Assembly) -> None:
    policies = {policy["Bucket"]["Ref"]: policy for policy in hundred.all("AWS::S3::BucketPolicy")}
    for bucket in hundred.all("AWS::S3::Bucket"):
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        denied = [s for s in policies[bucket.id]["PolicyDocument"]["Statement"] if s["Effect"] == "Deny"]
        assert any(s["Condition"] == {"Bool": {"aws:SecureTransport": "false"}} for s in denied)


def test_snapshots_of_homes_keep_what_was_deleted_for_a_month(hundred: Assembly) -> None:
    (snapshots,) = [bucket for bucket in hundred.all("AWS::S3::Bucket", "data") if bucket.id.startswith("Snapshots")]
    assert snapshots["VersioningConfiguration"] == {"Status": "Enabled"}
    assert any(
        rule.get("NoncurrentVersionExpiration") == {"NoncurrentDays": 30}
        for rule in snapshots["LifecycleConfiguration"]["Rules"]
    )


def test_an_images_tag_never_changes_its_meaning(hundred: Assembly) -> None:
    repositories = hundred.all("AWS::ECR::Repository")
    assert {repository["ImageTagMutability"] for repository in repositories} == {"IMMUTABLE"}
    assert {repository["RepositoryName"] for repository in repositories} == {
        "apranova/backend", "apranova/portal", "apranova/gateway", "apranova/workspace-vscode", "apranova/workspace-superset",
    }  # fmt: skip


def test_each_stack_has_a_key_of_its_own_that_turns_every_year(hundred: Assembly) -> None:
    keys = hundred.all("AWS::KMS::Key")
    assert sorted(key.stack for key in keys) == ["application", "data", "edge", "network", "observability"]
    assert all(key["EnableKeyRotation"] is True for key in keys)


def test_logs_are_kept_for_seven_days_under_a_key_that_logs_may_use(hundred: Assembly) -> None:
    """A missing grant is seen by no linter, and stops the deploy."""
    groups = hundred.all("AWS::Logs::LogGroup")
    assert len(groups) >= 7
    for group in groups:
        assert group["RetentionInDays"] == 7
        logs = {"Service": f"logs.{hundred.region(group.stack)}.amazonaws.com"}
        policy = hundred.target(group["KmsKeyId"], group.stack)["KeyPolicy"]["Statement"]
        assert any(it.get("Principal") == logs and "kms:Encrypt" in it["Action"] for it in policy)
