"""Where we do not follow a rule of cdk-nag or checkov, and why. Tests hold that it is exact.

It is one page, because an auditor reads it as one. cdk-nag's own way needs generated identifiers,
which change with the code.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True)
class Acknowledged:
    rule: str
    """The tool's name, with the finding in brackets where it has one; `*` stands for anything."""
    construct: str
    """Path in the application, without the installation's name."""
    reason: str

    def fits(self, rule: str, construct: str) -> bool:
        _, _, path = construct.partition("-")
        # fnmatch reads brackets as sets of characters.
        pattern = self.rule.replace("[", "[[]")
        return fnmatchcase(rule, pattern) and fnmatchcase(path, self.construct)


ACKNOWLEDGED = (
    Acknowledged("VPC3", "network/Acls/*", "The document asks for network ACLs, a coarse fence behind the security groups."),
    Acknowledged("EC23", "network/SecurityGroups/Row1", "The document's first rule. The load balancer answers only requests with CloudFront's secret header."),
    Acknowledged("SMG4", "data/Secrets/DjangoKey/*", "A new key signs everyone out. An operator changes it when it may be known."),
    Acknowledged("SMG4", "data/Secrets/IdentityKey/*", "Running workspaces hold its public half; both change together, in a deploy."),
    Acknowledged("SMG4", "data/Secrets/CacheToken/*", "Redis and its clients must change the token together, in a deploy."),
    Acknowledged("SMG4", "data/Secrets/EmailUrl/*", "The mail provider's password changes there first, and then here."),
    Acknowledged("SMG4", "data/Secrets/EmailBounces/*", "The mail provider's password changes there first, and then here."),
    Acknowledged("SMG4", "data/Secrets/SignIn/*", "The providers' client secrets change at the providers first, and then here."),
    Acknowledged("SMG4", "data/Secrets/OriginSecret/*", "CloudFront and load balancer must change together: a deploy does, a rotation would not."),
    Acknowledged("IAM4[*AmazonRDSEnhancedMonitoringRole]", "data/Database/Monitoring/*", "RDS asks for this policy by name."),
    Acknowledged("RDS11", "data/Database/Instance", "The document's port. Only the backend reaches it."),
    Acknowledged("AEC5", "data/Cache/Redis", "Redis' usual port. Only the backend reaches it."),
    Acknowledged("IAM5[Resource::*]", "application/*/Execution/*", "ecr:GetAuthorizationToken supports no resource."),
    Acknowledged("IAM5[Resource::*:*:repository/aws-guardduty-agent-fargate]", "application/*/Execution/*", "GuardDuty's agent is in another account of AWS in each region. Only pulling, only this name, and a student's code never has this role."),
    Acknowledged("IAM5[Resource::*]", "application/Manager/Role/*", "Network interfaces and task definitions: AWS supports no resource for these actions. A condition limits listing tasks to the cluster."),
    Acknowledged("IAM5[Resource::*/index/*]", "application/Manager/Role/*", "The indexes of the one table."),
    Acknowledged("IAM5[Resource::*:task-definition/*:*]", "application/Manager/Role/*", "One definition for each slot, registered at run time. A condition limits it to our cluster."),
    Acknowledged("IAM5[Resource::*:task/*]", "application/Manager/Role/*", "Tasks of our cluster: their names are known only when they start."),
    Acknowledged("IAM5[Resource::*:access-point/*]", "application/Manager/Role/*", "A slot's access point is made at run time."),
    Acknowledged("IAM5[Resource::*Snapshots*/*]", "application/BackupWorkers/Role/*", "Objects of the one bucket of snapshots."),
    Acknowledged("IAM5[Resource::*]", "application/BackupWorkers/Role/*", "Network interfaces: AWS supports no resource for these actions."),
    Acknowledged("IAM5[Resource::*/index/*]", "application/BackupWorkers/Role/*", "The indexes of the one table."),
    Acknowledged("SMG4", "data/Secrets/SnapshotsPassword/*", "What it encrypted cannot be read with another."),
    Acknowledged("IAM5[Resource::*:parameter/*/manager/*]", "application/Manager/Role/*", "The manager's own parameters."),
    Acknowledged("IAM5[Resource::*/config/AWSLogs/*]", "observability/Compliance/Role/*", "AWS Config names its deliveries by date."),
    Acknowledged("IAM4[*AWS_ConfigRole]", "observability/Compliance/Role/*", "AWS updates this list of read rights when Config can record more."),
    Acknowledged("ECS2", "application/*", "Plain settings that anyone may see. A test holds that secrets come from Secrets Manager."),
    Acknowledged("IAM5[Resource::*]", "application/Mover/Role/*", "Network interfaces: AWS supports no resource for these actions."),
    Acknowledged("L1", "application/Mover/*", "The same version as the manager's, which is tested."),
    Acknowledged("L1", "application/BackupWorkers/*", "The same version as the manager's, whose code it shares."),
    Acknowledged("L1", "application/*/Function", "One version behind the newest, for which every package of the manager has a wheel."),
    Acknowledged("SQS3", "application/Manager/Wakes/*", "A lost request for a pass does not matter: the schedule brings the next pass."),
    Acknowledged("S1", "*Logs/Resource", "It holds access logs: logging access to it into itself would never end."),
    Acknowledged("CFR1", "edge/*", "Students travel, so no country is blocked."),
)  # fmt: skip

CHECKOV = (
    Acknowledged("CKV_AWS_18", "*Logs/Resource", "It holds access logs: logging access to it into itself would never end."),
    Acknowledged("CKV_AWS_18", "observability/RecordsAccess/Resource", "It holds the access log of the audit records, with the same end as other logs."),
    Acknowledged("CKV_AWS_21", "*Logs/Resource", "Access logs are written once and end after 90 days. Nothing of ours may change or delete them."),
    Acknowledged("CKV_AWS_21", "observability/RecordsAccess/Resource", "An access log is written once and ends after 90 days. Nothing of ours may change or delete it."),
    Acknowledged("CKV_AWS_27", "application/*/Failures/Resource", "SQS encrypts it with its own key (SSE-SQS), which this rule does not know."),
    Acknowledged("CKV_AWS_27", "application/Manager/Wakes/Resource", "SQS encrypts it with its own key (SSE-SQS), which this rule does not know."),
    Acknowledged("CKV_AWS_35", "observability/Audit/Trail", "The document asks for S3's own encryption of buckets. Every log file is signed, and the bucket keeps versions."),
    Acknowledged("CKV_AWS_111[VpcNetworking]", "application/*/Role/*", "Network interfaces: AWS supports no resource for these actions. The next statement denies them to the function's code."),
    Acknowledged("CKV_AWS_111[VpcNetworkingByLambdaAlone]", "application/*/Role/*", "This statement denies. The rule reads it as one that allows."),
    Acknowledged("CKV_AWS_115", "application/Manager/Function", "The school decides (manager_concurrency): what is reserved is taken from the account's other functions."),
    Acknowledged("CKV_AWS_115", "application/Mover/Function", "Only the manager calls it, a call for each move. A limit here would make launches fail that the manager let in."),
    Acknowledged("CKV_AWS_115", "application/PasswordRotation/Function", "It runs once a week, for a second, when RDS has changed the password."),
    Acknowledged("CKV_AWS_116", "application/Mover/Function", "The manager waits for its answer. Lambda uses this queue only for calls that nobody waits for."),
    Acknowledged("CKV_AWS_116", "application/BackupWorkers/Worker1", "The record says what is due, and the nightly run finds it. A request that was lost needs no queue."),
    Acknowledged("CKV_AWS_117", "application/PasswordRotation/Function", "It calls only the API of ECS. In our network it would need rights on network interfaces, too."),
    Acknowledged("CKV_AWS_149", "data/Secrets/OriginSecret/Resource", "CloudFront's stack reads it in us-east-1, which cannot use this region's key."),
    Acknowledged("CKV2_AWS_71", "*/Certificate", "Each workspace has a host of its own, whose name is known only when it is made."),
)  # fmt: skip
