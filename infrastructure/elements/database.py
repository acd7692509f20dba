"""RDS PostgreSQL: a standby in another zone, backups, TLS only, and a password that RDS rotates."""

from __future__ import annotations

from aws_cdk import CfnDeletionPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_rds as rds
from constructs import Construct

from infrastructure.elements.keys import StackKey
from infrastructure.elements.log_groups import make_log_group
from infrastructure.elements.roles import make_role
from infrastructure.names import DATABASE_PORT, Names
from infrastructure.settings import Database as DatabaseSettings

ENGINE_VERSION = "17.6"
FAMILY = "postgres17"
DATABASE_NAME = "apranova"
OWNER = "apranova"
LOGS = ("postgresql", "upgrade")
_MONITORING_POLICY = "service-role/AmazonRDSEnhancedMonitoringRole"


class Database(Construct):
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        names: Names,
        settings: DatabaseSettings,
        subnet_ids: list[str],
        security_group_id: str,
        key: StackKey,
    ) -> None:
        super().__init__(scope, id)
        subnets = rds.CfnDBSubnetGroup(
            self, "Subnets", db_subnet_group_description=f"{names.name}: private subnets", subnet_ids=subnet_ids
        )
        parameters = rds.CfnDBParameterGroup(
            self,
            "Parameters",
            description=f"{names.name}: TLS only",
            family=FAMILY,
            parameters={"rds.force_ssl": "1", "max_connections": str(settings.connections_max), "log_connections": "1"},
        )
        monitoring = make_role(self, "Monitoring", "monitoring.rds.amazonaws.com", "RDS enhanced monitoring")
        monitoring.add_managed_policy(iam.ManagedPolicy.from_aws_managed_policy_name(_MONITORING_POLICY))
        self.instance = self._instance(names, settings, key, subnets, parameters, monitoring, security_group_id)
        for log in LOGS:  # RDS would create them without retention, and not under our key.
            group = make_log_group(
                self, f"{log.capitalize()}Log", f"/aws/rds/instance/{names.of('database')}/{log}", key
            )
            self.instance.node.add_dependency(group)
        self.instance.cfn_options.deletion_policy = CfnDeletionPolicy.SNAPSHOT
        self.instance.cfn_options.update_replace_policy = CfnDeletionPolicy.SNAPSHOT
        self.secret_arn = self._secret_arn(settings)
        """The owner's password. RDS keeps it, and changes it every seven days."""

    def _instance(
        self,
        names: Names,
        settings: DatabaseSettings,
        key: StackKey,
        subnets: rds.CfnDBSubnetGroup,
        parameters: rds.CfnDBParameterGroup,
        monitoring: iam.Role,
        security_group_id: str,
    ) -> rds.CfnDBInstance:
        return rds.CfnDBInstance(
            self,
            "Instance",
            db_instance_identifier=names.of("database"),
            engine="postgres",
            engine_version=ENGINE_VERSION,
            db_instance_class=settings.instance_class,
            db_name=DATABASE_NAME,
            port=str(DATABASE_PORT),
            allocated_storage=str(settings.storage_gb),
            max_allocated_storage=settings.storage_max_gb,
            storage_type="gp3",
            storage_encrypted=True,
            kms_key_id=key.arn,
            master_username=OWNER,
            manage_master_user_password=True,
            master_user_secret=rds.CfnDBInstance.MasterUserSecretProperty(kms_key_id=key.arn),
            multi_az=settings.multi_az,
            publicly_accessible=False,
            db_subnet_group_name=subnets.ref,
            vpc_security_groups=[security_group_id],
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
            performance_insights_kms_key_id=key.arn,
            performance_insights_retention_period=7,
            monitoring_interval=60,
            monitoring_role_arn=monitoring.role_arn,
            ca_certificate_identifier="rds-ca-rsa2048-g1",
        )

    def _secret_arn(self, settings: DatabaseSettings) -> str:
        own = self.instance.attr_master_user_secret_secret_arn
        if not settings.secret_arn:
            return own
        # CloudFormation keeps an export while another stack imports it, and this stack is updated first.
        Stack.of(self).export_value(own)
        return settings.secret_arn

    @property
    def url(self) -> str:
        """Without user and password, which libpq takes from PGUSER and PGPASSWORD."""
        return f"postgresql://{self.instance.attr_endpoint_address}:{DATABASE_PORT}/{DATABASE_NAME}"
