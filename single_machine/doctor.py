"""`./apranova doctor`: every check with yes, or no and what fixes it."""

from __future__ import annotations

import ctypes
import datetime as dt
import http.client
import json
import re
import secrets
import shutil
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlsplit

import psutil
from rich.markup import escape

from single_machine import (
    certificate_doctor,
    doctor_record,
    files_doctor,
    mail_doctor,
    network_doctor,
    proxy_doctor,
    sign_in_doctor,
)
from single_machine.answers import Answer, Verdict
from single_machine.backup.record import problems, read_record, summary
from single_machine.backup.repository import BackupFailed, Repository, find_restic
from single_machine.isolation_check import why_no_bubblewrap
from single_machine.machine_limits import low_limits
from single_machine.manager_calls import ask_fleet
from single_machine.preflight import FREE_BYTES_MIN, CannotGoOn, check_port
from single_machine.progress import console
from single_machine.running import find_running
from single_machine.service_user import ServiceUser
from single_machine.services import UnitServices
from single_machine.settings import Settings, Tls

MEMORY_BYTES_MIN = 4_000_000_000
"""The platform with one Superset template and a few workspaces: benchmarks/README.md."""
RESERVE_BYTES = 5_000_000_000
"""As APRANOVA_DISK_RESERVE_GB unless it is set: below it, workspaces are stopped."""
TIMEOUT_S = 5.0


Check = Callable[[Settings], Iterator[Answer]]


def run(settings: Settings, *, as_json: bool, send_mail: bool = False, hourly: bool = False) -> int:
    """0 when nothing must be fixed, else 1. `hourly`: nobody waits for it, and it is asked while
    backups run."""
    checks = (*CHECKS, mail_doctor.sent_mail) if send_mail else CHECKS
    if hourly:
        checks = tuple(_backups_read_only if check is _backups else check for check in checks)
    answers = [answer for check in checks for answer in check(settings)]
    doctor_record.keep(settings, answers, now=dt.datetime.now(dt.UTC))
    wrong = sum(answer.verdict is Verdict.NO for answer in answers)
    if as_json:
        print(json.dumps([asdict(answer) for answer in answers], indent=2))
        return 1 if wrong else 0
    for answer in answers:
        console.print(f"{_MARKS[answer.verdict]} [bold]{answer.check}[/]: {escape(answer.text)}")
        if answer.remedy:
            console.print(f"    {escape(answer.remedy)}")
    console.print(f"\n{len(answers)} checks, {wrong} to fix." if wrong else f"\n{len(answers)} checks, nothing to fix.")
    return 1 if wrong else 0


_MARKS = {Verdict.YES: "[green]✓[/]", Verdict.LOOK: "[yellow]![/]", Verdict.NO: "[red]✗[/]"}


def _names(settings: Settings) -> Iterator[Answer]:
    """The portal's name and any workspace's lead to this machine."""
    if not settings.domain:
        return
    here = {address.address for found in psutil.net_if_addrs().values() for address in found}
    workspaces = settings.workspaces_domain.partition(":")[0]
    hosts = (("portal's name", settings.domain), ("workspaces' names", f"ws-{secrets.token_hex(5)}.{workspaces}"))
    for check, host in hosts:
        record = host if host == settings.domain else f"*.{workspaces}"
        try:
            addresses = sorted({str(found[4][0]) for found in socket.getaddrinfo(host, None)})
        except OSError:
            advice = f"Add an A record (and AAAA for IPv6) for {record} with this server's address at your registrar."
            yield Answer(check, Verdict.NO, f"{host} has no address", advice)
            continue
        shown = f"{host} is {', '.join(addresses)}"
        if here.intersection(addresses):
            yield Answer(check, Verdict.YES, shown)
        else:
            advice = f"Right behind a router or a proxy. Otherwise correct the record of {record}."
            yield Answer(check, Verdict.LOOK, f"{shown}, which is no address of this machine itself", advice)


def _ports(settings: Settings) -> Iterator[Answer]:
    ours = find_running(settings) is not None
    for port in filter(None, (settings.port, settings.redirect_port)):
        check = f"port {port}"
        if ours:
            yield Answer(check, Verdict.YES, "used by this school, which runs")
            continue
        if settings.service:
            yield Answer(check, Verdict.LOOK, "the school does not run", "Start it: sudo systemctl start apranova")
            continue
        try:
            check_port(settings.host, port)
        except CannotGoOn as problem:
            yield Answer(check, Verdict.NO, str(problem))
        else:
            yield Answer(check, Verdict.YES, "free")


def _address(settings: Settings) -> Iterator[Answer]:
    """The way a browser comes, through whatever is in front."""
    if not settings.domain or find_running(settings) is None:
        return
    public = urlsplit(settings.public_url)
    connection = http.client.HTTPSConnection(public.netloc, timeout=TIMEOUT_S, context=ssl.create_default_context())
    try:
        connection.request("GET", "/api/health/")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        advice = (
            "Check the proxy in front: docs/guides/operator.md has what it needs."
            if settings.tls is Tls.PROXY
            else "Check names and firewall; a certificate of a school's own authority must be known to this machine too."
        )
        yield Answer("address", Verdict.NO, f"{settings.public_url} cannot be opened ({error})", advice)
    else:
        good = status < 500
        yield Answer("address", Verdict.YES if good else Verdict.NO, f"{settings.public_url} answers with {status}")
    finally:
        connection.close()


def _clock(_settings: Settings) -> Iterator[Answer]:
    """The kernel knows whether something keeps its clock right (adjtimex(2): TIME_ERROR is 5).
    The service and containers may not ask it (-1): then the doctor that root asks says it."""
    libc = ctypes.CDLL(None, use_errno=True)
    state = libc.adjtimex(ctypes.create_string_buffer(512))
    if state == -1:
        return
    if state == 5:
        advice = "Switch synchronization on: sudo timedatectl set-ntp true"
        yield Answer("clock", Verdict.LOOK, "not synchronized, as far as the kernel knows", advice)
    else:
        yield Answer("clock", Verdict.YES, "synchronized")


def _memory(_settings: Settings) -> Iterator[Answer]:
    memory = psutil.virtual_memory()
    text = f"{memory.total / 1e9:.1f} GB, of which {memory.available / 1e9:.1f} GB are free"
    if memory.total < MEMORY_BYTES_MIN:
        yield Answer("memory", Verdict.NO, text, f"A school needs {MEMORY_BYTES_MIN / 1e9:.0f} GB or more.")
    else:
        yield Answer("memory", Verdict.YES, text)


def _disk(settings: Settings) -> Iterator[Answer]:
    folder = _existing(settings.home)
    usage = shutil.disk_usage(folder)
    text = f"{usage.free / 1e9:.0f} GB of {usage.total / 1e9:.0f} GB are free for {settings.home} ({_kind_of(folder)})"
    if not ServiceUser().may_write(folder):
        yield Answer(
            "disk", Verdict.NO, f"{folder} cannot be written", "Choose another folder (data.folder), or be its user."
        )
    elif usage.free < max(FREE_BYTES_MIN, min(RESERVE_BYTES, usage.total // 20)):
        yield Answer("disk", Verdict.NO, text, "Free some space, or move the data to a larger disk.")
    else:
        yield Answer("disk", Verdict.YES, text)


def _kind_of(folder: Path) -> str:
    """Whether the kernel can limit each home, beside who looks after them every few minutes."""
    disks = [disk for disk in psutil.disk_partitions(all=True) if folder.resolve().is_relative_to(disk.mountpoint)]
    if not disks:
        return "of an unknown kind"
    disk = max(disks, key=lambda it: len(it.mountpoint))
    has_quota = {"prjquota", "pquota"} & set(disk.opts.split(","))
    return f"{disk.fstype}, {'project quota' if has_quota else 'no project quota, so homes are watched'}"


def _isolation(settings: Settings) -> Iterator[Answer]:
    if settings.service:  # only the sandboxes' unit may have namespaces; without them it does not answer
        yield _unit("isolation", "apranova-sandboxes", UnitServices(settings, "bubblewrap").shim().ready())
        return
    why_not, _, advice = why_no_bubblewrap(settings.sandbox_uid).partition("\n")
    if why_not:
        yield Answer("isolation", Verdict.NO, why_not, advice.strip())
    else:
        yield Answer("isolation", Verdict.YES, "sandboxes start")


def _unit(check: str, unit: str, answers: bool) -> Answer:
    if answers:
        return Answer(check, Verdict.YES, f"{unit} answers")
    return Answer(check, Verdict.NO, f"{unit} does not answer", f"Its log says why: journalctl -u {unit}")


def _limits(settings: Settings) -> Iterator[Answer]:
    """What the engine found when it tried; only it knows what this user's cgroup allows."""
    product = find_running(settings)
    fleet = ask_fleet(settings, product.manager_endpoint) if product and not product.starting else None
    if fleet is None:
        yield Answer("limits", Verdict.LOOK, "known once the school runs", "Then ask again, or see ./apranova status.")
        return
    limits = {name: fleet.enforced.get(name, "not known") for name in ("memory", "processes")}
    if weak := [f"{name}: {how}" for name, how in limits.items() if re.search("not enforced|no cgroup|not known", how)]:
        advice = "What that means: docs/guides/operator.md, “Memory without cgroups”."
        yield Answer("limits", Verdict.LOOK, ". ".join(weak), advice)
    else:
        yield Answer("limits", Verdict.YES, "the kernel limits memory and processes of each workspace")


def _machine_limits(_settings: Settings) -> Iterator[Answer]:
    low, _, advice = low_limits().partition("\n")
    if low:
        yield Answer("inotify", Verdict.LOOK, low, advice.strip())
    else:
        yield Answer("inotify", Verdict.YES, "enough for 40 workspaces")


def _snapshots(settings: Settings) -> Iterator[Answer]:
    folder = _existing(settings.snapshots)
    if not ServiceUser().may_write(folder):
        yield Answer("snapshots", Verdict.NO, f"{folder} cannot be written", "Choose another folder (data.snapshots).")
        return
    newest = max((file.stat().st_mtime for file in settings.snapshots.glob("home-*/snapshots/*")), default=None)
    at = (
        f"the newest is of {dt.datetime.fromtimestamp(newest, dt.UTC).astimezone():%d %B %Y, %H:%M}"
        if newest
        else "none is there yet"
    )
    if folder.stat().st_dev == _existing(settings.data).stat().st_dev:
        advice = "Put data.snapshots on another disk: this one may be lost with all homes."
        yield Answer("snapshots", Verdict.LOOK, f"{at}; they are on the disk of the homes", advice)
    else:
        yield Answer("snapshots", Verdict.YES, at)


def _backups(settings: Settings) -> Iterator[Answer]:
    """The target can be written now, and the newest backup is of the last night."""
    yield from _backup_answers(settings, lambda target: target.snapshots())


def _backups_read_only(settings: Settings) -> Iterator[Answer]:
    """The same of a target that can be read: a lock of ours would be in the nightly backup's way,
    and its lock in ours."""
    yield from _backup_answers(settings, _find_repository)


def _find_repository(target: Repository) -> None:
    if not target.exists():
        raise BackupFailed("there is no repository; is the disk mounted?")


def _backup_answers(settings: Settings, ask: Callable[[Repository], object]) -> Iterator[Answer]:
    if settings.backup is None:
        advice = "Set backup.target to another disk's folder, sftp:user@host:/folder or s3:https://host/bucket."
        yield Answer("backup", Verdict.LOOK, "no target is set: a lost disk would be the end of the school", advice)
        return
    record, now = read_record(settings), time.time()
    if not record.succeeded_at and not record.failure:
        yield Answer("backup", Verdict.LOOK, summary(record, settings.backup), "Make the first: ./apranova backup")
        return
    text = summary(record, settings.backup)
    try:
        ask(Repository(find_restic(settings), settings.backup))
    except (BackupFailed, CannotGoOn) as problem:
        advice = "Is the disk mounted, the other machine up, the password file in place?"
        yield Answer("backup", Verdict.NO, f"{settings.backup.target} cannot be used: {problem}", advice)
        return
    if wrong := problems(record, now=now):
        yield Answer("backup", Verdict.NO, f"{text}. {' '.join(wrong)}", "Try it now: ./apranova backup --prove")
        return
    folder = settings.backup.folder
    if folder is not None and _existing(folder).stat().st_dev == _existing(settings.data).stat().st_dev:
        yield Answer("backup", Verdict.LOOK, text, "Put backup.target on another disk: this one holds the school.")
    else:
        yield Answer("backup", Verdict.YES, text)


CHECKS: tuple[Check, ...] = (
    _names, _ports, files_doctor.named_files, certificate_doctor.certificate, certificate_doctor.delegation, certificate_doctor.challenge_port,
    certificate_doctor.staging_order, _address, proxy_doctor.proxy_in_front, _clock, _memory, _disk, _isolation, _limits, _machine_limits, network_doctor.network, mail_doctor.mail,
    sign_in_doctor.sign_in, _snapshots, _backups,
)  # fmt: skip


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above that is there already."""
    return next(found for found in (folder, *folder.parents) if found.is_dir())
