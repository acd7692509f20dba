"""Where we do not follow a rule of cdk-nag, and why. A test holds that this list is exact.

It is one page, because an auditor reads it as one. cdk-nag's own way needs generated identifiers,
which change with the code.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True)
class Acknowledged:
    rule: str
    """cdk-nag's name, with the finding in brackets where it has one; `*` stands for anything."""
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
