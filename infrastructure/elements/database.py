"""RDS PostgreSQL: a standby in another zone, backups, TLS only, and a password that RDS rotates."""

from __future__ import annotations

from aws_cdk import CfnDeletionPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_rds as rds
from constructs import Construct

from infrastructure.elements.roles import make_role
from infrastructure.elements.security_groups import Group
from infrastructure.names import DATABASE_PORT
from infrastructure.stacks.base import PlatformStack
from infrastructure.stacks.network import NetworkStack

ENGINE_VERSION = "17.6"
FAMILY = "postgres17"
DATABASE_NAME = "apranova"
OWNER = "apranova"
LOGS = ("postgresql", "upgrade")
_MONITORING_POLICY = "service-role/AmazonRDSEnhancedMonitoringRole"


class Database(Construct):
    def __init__(self, stack: PlatformStack, network: NetworkStack) -> None:
        super().__init__(stack, "Database")
        name, settings, key = stack.names.of("database"), stack.settings.database, stack.key.key_arn
        subnets = rds.CfnDBSubnetGroup(
            self,
            "Subnets",
            db_subnet_group_description=f"{stack.names.name}: private subnets",
            subnet_ids=network.private_subnet_ids,
        )
        parameters = self._parameters(stack)
        monitoring = make_role(self, "Monitoring", "monitoring.rds.amazonaws.com", "RDS enhanced monitoring")
        monitoring.add_managed_policy(iam.ManagedPolicy.from_aws_managed_policy_name(_MONITORING_POLICY))
        self.instance = rds.CfnDBInstance(
            self,
            "Instance",
            db_instance_identifier=name,
            engine="postgres",
            engine_version=ENGINE_VERSION,
            db_instance_class=settings.instance_class,
            db_name=DATABASE_NAME,
            port=str(DATABASE_PORT),
            allocated_storage=str(settings.storage_gb),
            max_allocated_storage=settings.storage_max_gb,
            storage_type="gp3",
            storage_encrypted=True,
            kms_key_id=key,
            master_username=OWNER,
            manage_master_user_password=True,
            master_user_secret=rds.CfnDBInstance.MasterUserSecretProperty(kms_key_id=key),
            multi_az=settings.multi_az,
            publicly_accessible=False,
            db_subnet_group_name=subnets.ref,
            vpc_security_groups=[network.groups.id_of(Group.DATABASE)],
            db_parameter_group_name=parameters.ref,
            backup_retention_period=settings.backup_days,
            preferred_backup_window=settings.backup_window,
            preferred_maintenance_window=settings.maintenance_window,
            copy_tags_to_snapshot=True,
            delete_automated_backups=False,
            deletion_protection=True,
            auto_minor_version_upgrade=True,
            allow_major_version_upgrade=False,
            enable_iam_database_authentication=True,
            enable_cloudwatch_logs_exports=list(LOGS),
            enable_performance_insights=True,
            performance_insights_kms_key_id=key,
            performance_insights_retention_period=7,
            monitoring_interval=60,
            monitoring_role_arn=monitoring.role_arn,
            ca_certificate_identifier="rds-ca-rsa2048-g1",
        )
        self.instance.cfn_options.deletion_policy = CfnDeletionPolicy.SNAPSHOT
        self.instance.cfn_options.update_replace_policy = CfnDeletionPolicy.SNAPSHOT
        self._make_log_groups(stack)
        self.secret_arn = self._secret_arn(stack)
        """The owner's password. RDS keeps it, and changes it every seven days."""

    def _parameters(self, stack: PlatformStack) -> rds.CfnDBParameterGroup:
        connections = str(stack.settings.database.connections_max)
        return rds.CfnDBParameterGroup(
            self,
            "Parameters",
            description=f"{stack.names.name}: TLS only",
            family=FAMILY,
            parameters={"rds.force_ssl": "1", "max_connections": connections, "log_connections": "1"},
        )

    def _make_log_groups(self, stack: PlatformStack) -> None:
        """RDS would make them without retention, and not under our key."""
        for log in LOGS:
            name = f"/aws/rds/instance/{stack.names.of('database')}/{log}"
            self.instance.node.add_dependency(stack.log_group(f"{log.capitalize()}Log", name, scope=self))

    def _secret_arn(self, stack: PlatformStack) -> str:
        own, restored = self.instance.attr_master_user_secret_secret_arn, stack.settings.database.secret_arn
        if restored:
            # This stack changes first. CloudFormation keeps an export while it is imported.
            stack.export_value(own)
        return restored or own

    @property
    def url(self) -> str:
        """Without user and password, which libpq takes from PGUSER and PGPASSWORD."""
        return f"postgresql://{self.instance.attr_endpoint_address}:{DATABASE_PORT}/{DATABASE_NAME}"
