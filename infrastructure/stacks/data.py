"""What must outlive everything else: people, workspaces, homes, snapshots, secrets, images.

All of it is kept when the stack is deleted.
"""

from __future__ import annotations

from constructs import Construct

from infrastructure.elements.buckets import make_bucket, make_log_bucket, snapshots_lifecycle
from infrastructure.elements.cache import Cache
from infrastructure.elements.database import Database
from infrastructure.elements.homes import Homes
from infrastructure.elements.repositories import Repositories
from infrastructure.elements.secrets import Secrets
from infrastructure.elements.table import make_table
from infrastructure.settings import Settings
from infrastructure.stacks.base import PlatformStack
from infrastructure.stacks.network import NetworkStack


class DataStack(PlatformStack):
    def __init__(self, scope: Construct, settings: Settings, network: NetworkStack) -> None:
        super().__init__(scope, "data", settings=settings, keep=True)
        self.secrets = Secrets(self)
        self.database = Database(self, network)
        self.cache = Cache(self, network, self.secrets.cache)
        self.homes = Homes(self, network)
        self.table = make_table(self)
        access_logs = make_log_bucket(self, "AccessLogs")
        self.snapshots = make_bucket(self, "Snapshots", logs=access_logs, lifecycle=snapshots_lifecycle())
        self.repositories = Repositories(self)
