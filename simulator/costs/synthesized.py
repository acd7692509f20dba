"""Reads from the templates what the cost model counts: the resources of each line, and their sizes.

A type on no list is an error, so that a new resource is never free by oversight.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from simulator.costs.assembly import Assembly, BadAssembly, Resource
from simulator.costs.stack import Arch, Stack, WorkspaceTask

LINES: Mapping[str, tuple[str, ...]] = {
    "Backend and frontend": (
        "AWS::ECS::Service",
        "AWS::ApplicationAutoScaling::ScalableTarget",
    ),
    "Database": ("AWS::RDS::DBInstance",),
    "Cache": ("AWS::ElastiCache::ReplicationGroup",),
    "Load balancer": ("AWS::ElasticLoadBalancingV2::LoadBalancer",),
    "DNS and firewall": ("AWS::Route53::RecordSet", "AWS::WAFv2::WebACL"),
    "Workspace manager": ("AWS::Lambda::Function", "AWS::DynamoDB::Table", "AWS::Scheduler::Schedule"),
    "Ready instances": ("AWS::Lambda::Alias",),
    "Keys and secrets": ("AWS::KMS::Key", "AWS::SecretsManager::Secret"),
    "Sessions": ("AWS::ECS::TaskDefinition",),
    "Homes, stored": ("AWS::EFS::FileSystem",),
    "Snapshots": ("AWS::S3::Bucket",),
    "Metrics and alarms": ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard"),
    "Logs": ("AWS::Logs::LogGroup",),
    "Audit and compliance": (
        "AWS::CloudTrail::Trail",
        "AWS::Config::ConfigRule",
        "AWS::Config::ConfigurationRecorder",
    ),
    "Threat detection": ("AWS::GuardDuty::Detector",),
    "NAT gateways": ("AWS::EC2::NatGateway", "AWS::EC2::EIP"),
    "To browsers": ("AWS::CloudFront::Distribution",),
}
"""A line of the model's bill → the resources that cause it."""

BY_USE: Mapping[str, str] = {
    "AWS::EC2::FlowLog": "by refused connections written to the log",
    "AWS::ECR::Repository": "by GB of images",
    "AWS::ECS::Cluster": "Container Insights: by metrics of services and task families",
    "AWS::SQS::Queue": "by messages; the first million is free",
    "AWS::SNS::Topic": "by mails; the first thousand are free",
    "AWS::WAFv2::LoggingConfiguration": "by GB of log",
}
"""Costs money by a use that nobody can plan; the bill leaves it out and says so."""

FREE_BY_SERVICE = {
    "ApplicationAutoScaling": "ScalingPolicy",
    "Budgets": "Budget",  # budgets that only warn
    "CertificateManager": "Certificate",
    "Config": "DeliveryChannel",
    "EC2": "InternetGateway NetworkAcl NetworkAclEntry Route RouteTable SecurityGroup SecurityGroupIngress Subnet "
    "SubnetNetworkAclAssociation SubnetRouteTableAssociation VPC VPCGatewayAttachment",
    "EFS": "AccessPoint MountTarget",
    "ElastiCache": "SubnetGroup",
    "ElasticLoadBalancingV2": "Listener ListenerRule TargetGroup",
    "Events": "Rule",
    "IAM": "Policy Role",
    "KMS": "Alias",
    "Lambda": "EventInvokeConfig EventSourceMapping Permission Version",
    "RDS": "DBParameterGroup DBSubnetGroup",
    "S3": "BucketPolicy",
    "SNS": "Subscription TopicPolicy",
    "SQS": "QueuePolicy",
    "SSM": "Parameter",
    "Scheduler": "ScheduleGroup",
    "SecretsManager": "ResourcePolicy",
}
FREE = frozenset(f"AWS::{service}::{name}" for service, names in FREE_BY_SERVICE.items() for name in names.split())
_GATEWAY_ENDPOINT = "AWS::EC2::VPCEndpoint"
_MANAGER = "workspace-manager"
_ARCHES: Mapping[str, Arch] = {"X86_64": "x86", "ARM64": "arm"}


@dataclass(frozen=True)
class Synthesized:
    """What the templates say of costs; how much of it is used is the plan's."""

    stack: Stack
    task: WorkspaceTask
    pool: float
    """The schedule's base size, around the clock, as the document counts it."""
    idle_minutes: float
    causes: Mapping[str, str]
    """Line of the bill → '3 NatGateway, 3 EIP'."""
    by_use: tuple[str, ...]
    """What is not counted, with the reason."""
    free: int
    """Resources that cost nothing by themselves."""


def synthesized(assembly: Assembly) -> Synthesized:
    """Raises BadAssembly when the templates hold something whose price nobody has looked up."""
    _refuse_unknown(assembly)
    settings = _manager(assembly).properties["Environment"]["Variables"]
    pool = dict(word.split("=") for word in settings["APRANOVA_POOL"].split())
    return Synthesized(
        stack=_stack(assembly),
        task=_workspace_task(assembly, int(settings["APRANOVA_SPOT_PERCENT"]) / 100),
        pool=float(pool["base"]),
        idle_minutes=int(settings["APRANOVA_IDLE_TIMEOUT_S"]) / 60,
        causes={line: _words(assembly, kinds) for line, kinds in LINES.items()},
        by_use=tuple(
            f"{kind.removeprefix('AWS::')}: {why}" for kind, why in sorted(BY_USE.items()) if assembly.count(kind)
        ),
        free=sum(resource.type in FREE or resource.type == _GATEWAY_ENDPOINT for resource in assembly.resources),
    )


def _refuse_unknown(assembly: Assembly) -> None:
    known = {kind for kinds in LINES.values() for kind in kinds} | set(BY_USE) | FREE | {_GATEWAY_ENDPOINT}
    unknown = sorted({resource.type for resource in assembly.resources} - known)
    if unknown:
        raise BadAssembly(
            f"nobody has said what {', '.join(unknown)} costs; put it on one of the lists in simulator/costs/synthesized.py"
        )
    for endpoint in assembly.all(_GATEWAY_ENDPOINT):
        if endpoint.properties.get("VpcEndpointType") != "Gateway":
            raise BadAssembly(
                f"{endpoint.id} is an interface endpoint, which costs by the hour; no price is known for it"
            )


def _stack(assembly: Assembly) -> Stack:
    database, cache = assembly.one("AWS::RDS::DBInstance"), assembly.one("AWS::ElastiCache::ReplicationGroup")
    backend, portal = (_service(assembly, word) for word in ("-backend", "-portal"))
    balancer = assembly.one("AWS::ElasticLoadBalancingV2::LoadBalancer")
    zones = {str(record.properties["HostedZoneId"]) for record in assembly.all("AWS::Route53::RecordSet")}
    return Stack(
        backend_tasks=backend.tasks_min,
        frontend_tasks=portal.tasks_min,
        service_task=backend.task,
        frontend_task=portal.task,
        database_class=_price_word(database.properties["DBInstanceClass"], "db."),
        database_instances=2 if database.properties["MultiAZ"] else 1,
        database_gb=float(database.properties["AllocatedStorage"]),
        cache_node=_price_word(cache.properties["CacheNodeType"], "cache."),
        cache_nodes=cache.properties["NumNodeGroups"] * (1 + cache.properties["ReplicasPerNodeGroup"]),
        nat_gateways=assembly.count("AWS::EC2::NatGateway"),
        load_balancer_addresses=len(balancer.properties["Subnets"]),
        dns_zones=len(zones),
        firewall_rules=sum(len(acl.properties["Rules"]) for acl in assembly.all("AWS::WAFv2::WebACL")),
        keys=assembly.count("AWS::KMS::Key"),
        # RDS keeps the owner's password in one more.
        secrets=assembly.count("AWS::SecretsManager::Secret")
        + bool(database.properties.get("ManageMasterUserPassword")),
        alarms=assembly.count("AWS::CloudWatch::Alarm"),
        manager_memory_gb=_manager(assembly).properties["MemorySize"] / 1024,
        ready_instances=_ready_instances(assembly),
    )


@dataclass(frozen=True)
class _Service:
    tasks_min: int
    task: WorkspaceTask


def _service(assembly: Assembly, ending: str) -> _Service:
    for service in assembly.all("AWS::ECS::Service"):
        name = service.properties["ServiceName"]
        if name.endswith(ending):
            definition = assembly.named("AWS::ECS::TaskDefinition", service.properties["TaskDefinition"]["Ref"])
            return _Service(_tasks_min(assembly, name), _task(definition))
    raise BadAssembly(f"there is no service *{ending} in the templates")


def _tasks_min(assembly: Assembly, service: str) -> int:
    for target in assembly.all("AWS::ApplicationAutoScaling::ScalableTarget"):
        if f"/{service}" in str(target.properties["ResourceId"]):
            return target.properties["MinCapacity"]
    raise BadAssembly(f"the service {service} has no scaling, so nobody knows how many of its tasks run")


def _workspace_task(assembly: Assembly, spot_share: float) -> WorkspaceTask:
    tasks = {
        _task(definition, spot_share)
        for definition in assembly.all("AWS::ECS::TaskDefinition")
        if "-workspace-" in definition.properties["Family"]
    }
    if len(tasks) != 1:
        raise BadAssembly(f"the model counts workspaces of one size, and the templates have {len(tasks)}")
    return tasks.pop()


def _task(definition: Resource, spot_share: float = 0.0) -> WorkspaceTask:
    properties = definition.properties
    return WorkspaceTask(
        vcpus=int(properties["Cpu"]) / 1024,
        memory_gb=int(properties["Memory"]) / 1024,
        arch=_ARCHES[properties["RuntimePlatform"]["CpuArchitecture"]],
        spot_share=spot_share,
    )


def _manager(assembly: Assembly) -> Resource:
    for function in assembly.all("AWS::Lambda::Function"):
        if function.properties.get("FunctionName") == _MANAGER:
            return function
    raise BadAssembly(f"there is no function {_MANAGER} in the templates")


def _ready_instances(assembly: Assembly) -> int:
    """Of each function at most: `workspace-manager:live=10 …` → 10."""
    told = _manager(assembly).properties["Environment"]["Variables"]["APRANOVA_READY_INSTANCES"]
    return max(int(word.rpartition("=")[2]) for word in told.split())


def _price_word(name: str, prefix: str) -> str:
    """db.t3.medium → t3_medium, as the price book has it."""
    return name.removeprefix(prefix).replace(".", "_")


def _words(assembly: Assembly, kinds: tuple[str, ...]) -> str:
    found = Counter(resource.type for resource in assembly.resources if resource.type in kinds)
    return ", ".join(f"{found[kind]} {kind.rsplit('::', 1)[1]}" for kind in kinds if found[kind])
