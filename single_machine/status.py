"""`./apranova status`: what runs, what it uses, which limits are enforced."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import time
from dataclasses import asdict, replace

import psutil
from rich.table import Table

from contract.manager import FleetAnswer, HomeUseView, PoolView
from contract.names import DiskLevel
from contract.wire import to_json
from single_machine import doctor_record
from single_machine.backup.record import problems, read_record, summary
from single_machine.certificate_report import Health, find_report
from single_machine.machine_limits import low_limits
from single_machine.manager_calls import ask_fleet
from single_machine.progress import console, say, warn
from single_machine.running import RunningProduct, find_running
from single_machine.settings import Settings

DECISIONS_SHOWN = 12
LARGE_HOMES_SHOWN = 20


def run(settings: Settings, *, as_json: bool) -> int:
    product = find_running(settings)
    ready = product is not None and not product.starting
    fleet = ask_fleet(settings, product.manager_endpoint) if product and ready else None
    if as_json:
        text = {
            "running": ready,
            "starting": product is not None and not ready,
            "url": product.url if product else None,
            "processes": {name: resident_bytes(pid) for name, pid in product.pids.items()} if product else {},
            "certificate": certificate_view(settings),
            "backup": asdict(read_record(settings)) if settings.backup else None,
            "fleet": to_json(without_secrets(fleet)) if fleet else None,
        }
        print(json.dumps(text, indent=2))
        return 0 if ready else 3
    if product is None:
        say("ApraNova is not running. Start it with: ./apranova up")
        return 3
    if not ready:
        say(
            f"ApraNova is starting (process {product.pid}), which takes some minutes the first time. Logs: {settings.logs}"
        )
        return 3
    say(f"ApraNova runs at [bold]{product.url}[/]  (data: {settings.home})\n")
    say_certificate(settings)
    console.print(process_table(product))
    if fleet is None:
        warn(f"The workspace manager does not answer. Its log: {settings.logs / 'manager.log'}")
        return 1
    console.print(workspace_table(fleet))
    warm = sum(1 for task in fleet.tasks if task.state == "ready")
    passed = f"{time.time() - fleet.last_sweep_at:.0f} s ago" if fleet.last_sweep_at else "not yet"
    say(f"Warm pool: {warm} ready, target {fleet.pool_target}. Last reconcile pass: {passed}.")
    if fleet.pool is not None:
        say_pool(fleet.pool)
    say(f"Snapshots of homes: {fleet.snapshots}")
    say_snapshot_failures(fleet)
    say_backups(settings, now=time.time())
    say(doctor_record.line(settings))
    say_disk(fleet)
    for kind in fleet.kinds:
        say(f"Kind {kind.kind}: {'ready' if kind.ready else kind.text}")
    say(f"\nIsolation: {fleet.isolation}")
    for limit, how in fleet.enforced.items():
        say(f"  {limit:<14} {how}")
    if low := low_limits():
        warn(low)
    return 0


def say_certificate(settings: Settings) -> None:
    report = find_report(settings, dt.datetime.now(dt.UTC))
    if report is not None:
        line = f"Certificate: {report.text}. {report.remedy}".rstrip()
        say(f"{line}\n") if report.health is Health.GOOD else warn(f"{line}\n")


def certificate_view(settings: Settings) -> dict[str, str | None] | None:
    """For scripts; None if the certificate is not this machine's business."""
    report = find_report(settings, dt.datetime.now(dt.UTC))
    if report is None:
        return None
    until = None if report.not_after is None else report.not_after.isoformat()
    return {"health": report.health.name.lower(), "text": report.text, "until": until}


def say_snapshot_failures(fleet: FleetAnswer) -> None:
    """Which homes have no snapshot of their newest files, since when, and what to do."""
    failing = [workspace for workspace in fleet.workspaces if workspace.snapshot_failure]
    for workspace in failing[:LARGE_HOMES_SHOWN]:
        since = dt.datetime.fromtimestamp(workspace.snapshot_failing_since or 0.0).astimezone()
        newest = workspace.snapshot_at
        last = f"{dt.datetime.fromtimestamp(newest).astimezone():%Y-%m-%d %H:%M}" if newest else "none"
        warn(f"{workspace.workspace_id}, since {since:%Y-%m-%d %H:%M}: {workspace.snapshot_failure} Newest: {last}.")
    if len(failing) > LARGE_HOMES_SHOWN:
        warn(
            f"{len(failing) - LARGE_HOMES_SHOWN} more homes have no snapshot of their newest files: --json lists them."
        )


def say_backups(settings: Settings, *, now: float) -> None:
    """Where backups of the school go, how old the newest is, and what is wrong since when."""
    if settings.backup is None:
        say("Backups of the school: off. Set backup.target in school.toml: docs/guides/one-server.md")
        return
    record = read_record(settings)
    say(f"Backups of the school: {summary(record, settings.backup)}.")
    for problem in problems(record, now=now):
        warn(problem)


def say_disk(fleet: FleetAnswer) -> None:
    """How much room is left, and which homes are near their limits or over them."""
    if fleet.disk is not None and fleet.disk.nearly_full:
        warn(f"{fleet.disk.text} What to do: docs/runbooks/disk-nearly-full.md")
    elif fleet.disk is not None:
        say(fleet.disk.text)
    homes = [(view.workspace_id, view.home_use) for view in fleet.workspaces if view.home_use is not None]
    large = sorted(((name, use) for name, use in homes if use.level != DiskLevel.WITHIN), key=_part, reverse=True)
    for name, use in large[:LARGE_HOMES_SHOWN]:
        used = f"{use.used_bytes / 1e9:.1f} of {use.limit_bytes / 1e9:.1f} GB, {use.used_files:,} of {use.limit_files:,} files"
        say(f"  {name} is {'over its limit' if use.level == DiskLevel.OVER else 'near its limit'}: {used}")


def _part(home: tuple[str, HomeUseView]) -> float:
    _, use = home
    return max(use.used_bytes / use.limit_bytes, use.used_files / use.limit_files)


def say_pool(pool: PoolView) -> None:
    """Who decides, what it costs, and the newest reasons; the rest is in --json."""
    say(f"Pool policy: {pool.policy}. Today {pool.spent_h:.1f} warm task-hours.")
    for decision in pool.decisions[:DECISIONS_SHOWN]:
        say(f"  {decision}")


def without_secrets(fleet: FleetAnswer) -> FleetAnswer:
    """An endpoint holds the launch secret, which has no place on a terminal."""
    return replace(fleet, workspaces=tuple(replace(workspace, endpoint=None) for workspace in fleet.workspaces))


def process_table(product: RunningProduct) -> Table:
    table = Table("process", "pid", "memory", box=None, header_style="bold", pad_edge=False)
    total = 0
    for name, pid in product.pids.items():
        used = resident_bytes(pid)
        total += used or 0
        table.add_row(name, str(pid), f"{used / 1e6:.0f} MB" if used else "not running")
    table.add_row("together", "", f"{total / 1e6:.0f} MB")
    return table


def workspace_table(fleet: FleetAnswer) -> Table:
    table = Table(
        "\nworkspace", "\nkind", "\nstate", "\nlast activity", "\nstops", box=None, header_style="bold", pad_edge=False
    )
    now = time.time()
    for workspace in fleet.workspaces:
        activity = (
            f"{workspace.activity.reason}, {_minutes(now - workspace.activity.at)} ago" if workspace.activity else ""
        )
        stops = f"in {_minutes(workspace.stops_at - now)}: {workspace.stops_because}" if workspace.stops_at else ""
        table.add_row(workspace.workspace_id, workspace.kind, workspace.state, activity, stops)
    if not fleet.workspaces:
        table.add_row("none yet", "", "", "", "")
    return table


def resident_bytes(pid: int) -> int | None:
    """Proportional memory of a process (shared pages counted once); None when it is gone.

    Includes PostgreSQL's children and the shim's prefork templates, but neither the workspaces
    below the shim nor the processes below the supervisor.
    """
    try:
        root = psutil.Process(pid)
        family = [root]
        if root.name() == "postgres":
            family += root.children(recursive=True)
        else:
            family += [child for child in root.children() if "agent.prefork_template" in child.cmdline()]
    except psutil.Error:
        return None
    total = 0
    for process in family:
        with contextlib.suppress(psutil.Error):
            memory = process.memory_full_info()
            total += getattr(memory, "pss", 0) or memory.uss
    return total


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if abs(seconds) >= 90 else f"{max(seconds, 0):.0f} s"
