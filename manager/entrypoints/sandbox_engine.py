"""The sandbox engine daemon: `python -m manager.entrypoints.sandbox_engine`.

It outlives the manager, and the sandboxes outlive it: their parent is the shim
(manager/entrypoints/sandbox_shim.py). A new engine adopts them from the records in `records/`.
SIGTERM ends the engine alone, SIGINT ends its tasks first.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import resource
import signal
import socket
import ssl
import sys
from pathlib import Path

from contract.environment import BadSetting
from contract.network import trusted_authorities
from manager.adapters.bubblewrap import layout
from manager.adapters.bubblewrap.cgroups import Hierarchy
from manager.adapters.bubblewrap.launcher import BubblewrapLauncher
from manager.adapters.bubblewrap.own_namespaces import become
from manager.adapters.sandbox_engine.clusters import ClustersFile
from manager.adapters.sandbox_engine.egress import EgressLimits, EgressProxy
from manager.adapters.sandbox_engine.fleet import Fleet
from manager.adapters.sandbox_engine.images import Images
from manager.adapters.sandbox_engine.launcher import Launcher
from manager.adapters.sandbox_engine.server import EngineServer
from manager.adapters.sandbox_engine.upstream import Upstream
from manager.adapters.sandbox_shim.client import ShimClient
from manager.adapters.sandbox_shim.wire import ShimGone
from manager.adapters.unisolated.launcher import UnisolatedLauncher
from manager.entrypoints.sandbox_settings import CannotRun, Settings, limit_files, listener, make_folders, only_one

log = logging.getLogger("apranova.sandbox_engine")

STOP_GRACE_S = 2.0


def main() -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        settings = Settings.from_environment(os.environ)
        run(settings)
    except (BadSetting, CannotRun, ShimGone) as error:
        print(f"sandbox engine: {error}", file=sys.stderr)
        return 2
    return 0


def run(settings: Settings) -> None:
    """Prepare with our first rights, give up those we do not need, serve until a signal."""
    # Tasks' connections to the internet are open files of this process: two for each.
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    limit_files(settings)
    make_folders(settings, ("tasks", "egress", "clusters", "records"))
    with only_one(settings.run_dir / "engine.lock", f"another sandbox engine uses {settings.run_dir}"):
        socket_path = settings.run_dir / "engine.sock"
        shim = ShimClient(settings.run_dir / "shim.sock")
        listening = listener(socket_path)
        bundle = _write_authorities(settings)
        upstream = _upstream(settings, bundle)
        if settings.sandbox_uid is not None:
            become(settings.sandbox_uid)
        launcher = (
            UnisolatedLauncher(shim, settings.run_dir / "tasks")
            if settings.isolation == "none"
            else _isolated(settings, shim, bundle)
        )
        images = Images(settings.images_dir)
        fleet = Fleet(
            shim=shim,
            launcher=launcher,
            images=images,
            homes_dir=settings.homes_dir,
            shared_dir=settings.shared_dir,
            run_dir=settings.run_dir,
            clusters=ClustersFile(settings.run_dir / "clusters/clusters.json"),
            new_proxy=lambda: EgressProxy(
                EgressLimits(ports=settings.egress_ports), network=settings.network, upstream=upstream
            ),
        )
        asyncio.run(_serve(listening, shim, fleet, EngineServer(fleet, images, launcher)))
        with contextlib.suppress(OSError):  # after root was given up its directory is not ours to change
            socket_path.unlink()


def _write_authorities(settings: Settings) -> Path | None:
    """All trusted authorities, for the sandboxes. Raises BadSetting. Those that run keep theirs."""
    if settings.network.authority is None:
        return None
    bundle = settings.run_dir / "authorities.pem"
    fresh = bundle.with_suffix(".new")
    fresh.write_bytes(trusted_authorities(settings.network.authority))
    fresh.chmod(0o644)
    return fresh.replace(bundle)


def _upstream(settings: Settings, bundle: Path | None) -> Upstream | None:
    proxy = settings.network.proxy
    if proxy is None:
        return None
    log.info("the way out leads through %s:%d", proxy.host, proxy.port)
    return Upstream(proxy, ssl.create_default_context(cafile=bundle) if proxy.tls else None)


def _isolated(settings: Settings, shim: ShimClient, bundle: Path | None) -> Launcher:
    prepared = shim.prepared
    if prepared.etc is None or prepared.cgroups is None:
        raise CannotRun("the shim was started without isolation; start it again with the engine's settings")
    parents = {name: Path(parent) for name, parent in prepared.cgroups.parents.items()}
    launcher = BubblewrapLauncher(
        shim,
        bwrap=Path(prepared.bwrap),
        etc=layout.Etc(Path(prepared.etc.directory), prepared.etc.mounts),
        school=layout.OfTheSchool.of(settings.network, bundle, settings.packages_dir),
        cgroups=Hierarchy(prepared.cgroups.version, parents, prepared.cgroups.missing),
        hidden=(settings.homes_dir, settings.run_dir, *((settings.shared_dir,) if settings.shared_dir else ())),
    )
    for limit, how in launcher.enforced().items():
        log.info("%s: %s", limit, how)
    return launcher


async def _serve(listening: socket.socket, shim: ShimClient, fleet: Fleet, server: EngineServer) -> None:
    stop = asyncio.Event()
    ends_tasks = False

    def end_all() -> None:
        nonlocal ends_tasks
        ends_tasks = True
        stop.set()

    def shim_is_gone() -> None:
        log.critical("the shim has ended, and with it every sandbox; the engine ends")
        stop.set()

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, end_all)
    shim.when_gone(shim_is_gone)
    await fleet.adopt()
    serving = await server.listen(listening)
    log.info("ready")
    await stop.wait()
    serving.close()
    if ends_tasks:
        await fleet.end(STOP_GRACE_S)


if __name__ == "__main__":
    sys.exit(main())
