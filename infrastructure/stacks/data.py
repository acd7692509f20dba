"""What must outlive everything else: people, workspaces, homes, snapshots, secrets, images. All of it is kept when the stack goes."""

from __future__ import annotations

from constructs import Construct

from infrastructure.elements.buckets import make_bucket, make_log_bucket, snapshots_lifecycle
from infrastructure.elements.cache import Cache
from infrastructure.elements.database import Database
from infrastructure.elements.homes import Homes
from infrastructure.elements.keys import StackKey
from infrastructure.elements.repositories import Repositories
from infrastructure.elements.secrets import Secrets
from infrastructure.elements.security_groups import Group
from infrastructure.elements.table import WorkspaceTable
from infrastructure.names import EDGE_REGION, Names
from infrastructure.settings import Settings
from infrastructure.stacks.base import PlatformStack
from infrastructure.stacks.network import NetworkStack


class DataStack(PlatformStack):
    def __init__(self, scope: Construct, *, settings: Settings, names: Names, network: NetworkStack) -> None:
        super().__init__(scope, "data", settings=settings, names=names, keep=True)
        subnet_ids = network.network.private_subnet_ids
        self.key = StackKey(self, "Encryption", names=names, purpose="data")
        self.key.let_logs_use_it()
        elsewhere = settings.account.region != EDGE_REGION
        self.secrets = Secrets(
            self, "Secrets", names=names, key=self.key, edge_region=EDGE_REGION if elsewhere else None
        )
        self.database = Database(
            self,
            "Database",
            names=names,
            settings=settings.database,
            subnet_ids=subnet_ids,
            security_group_id=network.groups.id_of(Group.DATABASE),
            key=self.key,
        )
        self.cache = Cache(
            self,
            "Cache",
            names=names,
            settings=settings.cache,
            subnet_ids=subnet_ids,
            security_group_id=network.groups.id_of(Group.CACHE),
            key=self.key,
            token=self.secrets.cache,
        )
        self.homes = Homes(
            self,
            "Homes",
            names=names,
            settings=settings.homes,
            subnet_ids=subnet_ids,
            security_group_id=network.groups.id_of(Group.HOMES),
            key=self.key,
        )
        self.workspaces = WorkspaceTable(self, "Workspaces", names=names, key=self.key.key)
        access_logs = make_log_bucket(self, "AccessLogs")
        self.snapshots = make_bucket(self, "Snapshots", logs=access_logs, lifecycle=snapshots_lifecycle())
        self.repositories = Repositories(self, "Images", names=names, key=self.key.key)
