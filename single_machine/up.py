"""`./apranova up`: set up whatever is missing, start everything, watch it, and end everything."""

from __future__ import annotations

import datetime as dt
import signal
import socket
import threading
import time
from dataclasses import replace
from typing import NoReturn

from rich.markup import escape

from gateway.render import GatewaySettings, prepare
from gateway.static import BadImage, publish
from gateway.tls import certificate_file
from single_machine import postgres, redis, school_data
from single_machine.backup.nightly import NightlyBackup
from single_machine.certificate import BadCertificate, CertificateWatch
from single_machine.certificate_mail import CertificateMail, send_by_backend
from single_machine.challenge_sockets import open_challenge_sockets
from single_machine.database_schema import is_prepared, prepare_database
from single_machine.first_admin import services_of, tell_first_admin
from single_machine.hourly_doctor import HourlyDoctor
from single_machine.image_builds import ImageBuilds
from single_machine.isolation_check import Isolation, choose_isolation, what_students_lack
from single_machine.journal import Journal, machine_goes_down, tell_systemd
from single_machine.machine_limits import low_limits
from single_machine.manager_calls import stop_workspaces
from single_machine.metrics.school import SchoolMetrics
from single_machine.metrics.server import serving_metrics
from single_machine.obtained_certificate import take_or_stand_in
from single_machine.portal_build import PortalBuildFailed, build_portal
from single_machine.preflight import CannotGoOn, check_disk, check_port, free_port, make_folders, same_port
from single_machine.processes import DidNotStart, Processes
from single_machine.progress import StepFellShort, console, say, step, warn
from single_machine.running import RunningProduct, announce, find_ready, find_running, only_one, starting, withdraw
from single_machine.secrets_file import load_or_make
from single_machine.services import Services
from single_machine.settings import Settings, Tls
from single_machine.signals import Stop, ignore_signals, signals_end_us
from single_machine.units import wait_for_unit

TICK_S = 0.5
Regular = tuple[NightlyBackup, HourlyDoctor]
NOTEWORTHY_S = 5.0
"""A shorter build found everything in place."""


def run(settings: Settings, *, demo: bool) -> int:
    began = time.monotonic()
    earlier = find_running(settings)
    if earlier:
        raise CannotGoOn(
            f"ApraNova {'is starting' if earlier.starting else 'runs'} already, at {earlier.url} (process {earlier.pid}). "
            "Stop it with: ./apranova down"
        )
    demo = demo and not settings.domain  # known passwords have no place at a public address
    make_folders(settings)
    ends_workspaces = not settings.service
    with only_one(settings), signals_end_us():
        processes = Processes(settings.logs, in_journal=settings.service)
        images = ImageBuilds(settings.images, settings.logs, settings.source, settings.kinds)
        certificate = _certificate_watch(settings)
        try:
            announce(settings, starting(settings))
            product = _start(settings, processes, images, certificate, demo=demo)
            announce(settings, product)
            tell_systemd("READY=1")
            _tell(settings, product, images, seconds=time.monotonic() - began, demo=demo)
            processes.watch()
            with NightlyBackup(settings) as nightly, HourlyDoctor(settings, now=time.time()) as doctor:
                _watch(settings, processes, product, images, certificate, (nightly, doctor))
        except Stop as stop:
            ends_workspaces |= stop.number == signal.SIGINT or machine_goes_down()
        except (DidNotStart, PortalBuildFailed, postgres.ClusterFailed, BadCertificate) as problem:
            raise CannotGoOn(str(problem)) from None
        finally:
            _end(settings, processes, images, ends_workspaces=ends_workspaces)
    return 0


def _start(
    settings: Settings,
    processes: Processes,
    images: ImageBuilds,
    certificate: CertificateWatch | None,
    *,
    demo: bool,
) -> RunningProduct:
    say("[bold]ApraNova[/] is starting.")
    if not settings.service:  # there, the gateway's unit has the ports
        for port in filter(None, (settings.port, settings.redirect_port)):
            check_port(settings.host, port)
    if certificate is not None and settings.issuing is None:
        certificate.take()
    challenges = _challenge_sockets(settings)
    check_disk(settings, missing=images.missing())
    for text in school_data.check(settings):
        warn(text)
    isolation = _isolation(settings)
    services = Services(
        settings=settings,
        secrets=load_or_make(settings.home / "secrets.json"),
        manager_port=free_port(),
        portal_port=same_port(settings.run / "portal.port") if settings.service else free_port(),
        isolation=isolation.name,
    )
    if settings.issuing is not None:
        processes.start(services.certificates(settings.issuing, challenges))
    if prepared := is_prepared(settings):
        # Early: its unit starts at the same time. After a boot, its certificate may come later.
        if certificate is None or certificate_file(settings.run / "envoy").exists():
            prepare(_gateway_settings(settings, services))
    else:
        images.start()
    portal = _PortalBuild(settings)
    if not settings.service:  # `install` has built it
        portal.start()

    if prepared:  # people wait for this restart: the backend waits for its databases itself
        _start_databases(settings, processes, services)
    else:
        _make_databases(settings, processes, services, demo=demo)
    _start_platform(settings, processes, services, portal)
    if prepared:
        images.start()
    if certificate is not None and settings.issuing is not None:
        with step("Certificate"):
            _first_certificate(settings, certificate)
    _start_gateway(settings, processes, services)
    for text in (*isolation.warnings, *filter(None, [low_limits()])):
        warn(text)
    if settings.admin_email and not settings.service:  # whose output is a log
        tell_first_admin(settings.admin_email, services.backend_environment)
    school_data.record(settings, services.secrets, now=time.time())
    announced = starting(settings)
    pids = {**announced.pids, **processes.pids()}
    return replace(announced, manager_endpoint=services.manager_endpoint, pids=pids, starting=False)


def _make_databases(settings: Settings, processes: Processes, services: Services, *, demo: bool) -> None:
    with step("PostgreSQL and Redis"):
        _start_databases(settings, processes, services)
        _wait_for_databases(settings, processes)
    if not settings.service:
        processes.start(services.shim())
        processes.start(services.engine())
    with step("Database schema" + (" and the demo school" if demo else "")):
        prepare_database(settings, services.backend_environment, demo=demo)


def _start_gateway(settings: Settings, processes: Processes, services: Services) -> None:
    with step("Gateway"):
        configuration = prepare(_gateway_settings(settings, services))
        _publish_static_files(settings)
        if settings.service:
            wait_for_unit("apranova-gateway", services.edge_answers)
        else:
            processes.start(services.envoy(configuration))
            processes.wait_ready("envoy")


def _start_platform(settings: Settings, processes: Processes, services: Services, portal: _PortalBuild) -> None:
    with step("Workspace manager and backend"):
        if not settings.service:
            processes.wait_ready("engine")
        processes.start(services.manager())
        processes.start(services.backend())
        if settings.service:  # whose portal is built, and whose people wait for a restart
            processes.start(services.portal())
            wait_for_unit("apranova-engine", services.engine().ready)
        processes.wait_ready("manager")
        processes.wait_ready("backend")
    with step("Portal"):
        if not settings.service:
            portal.finish()
            processes.start(services.portal())
        processes.wait_ready("portal")


def _challenge_sockets(settings: Settings) -> tuple[socket.socket, ...]:
    """A service starts without them: the next order may be weeks away, and a boot must not fail
    because another program was faster at port 53."""
    if settings.tls is not Tls.ACME:
        return ()
    try:
        return open_challenge_sockets(settings)
    except CannotGoOn as problem:
        if not settings.service:
            raise
        warn(f"No certificate can be ordered: {problem}. See also: systemctl status apranova-names.socket")
        return ()


def _isolation(settings: Settings) -> Isolation:
    """As a service, the unit of the sandboxes may have namespaces, and this one may not."""
    if settings.service:
        return Isolation("bubblewrap", what_students_lack())
    return choose_isolation(unisolated=settings.unisolated, sandbox_uid=settings.sandbox_uid)


def _first_certificate(settings: Settings, certificate: CertificateWatch) -> None:
    if why_not := take_or_stand_in(settings, certificate):
        log = Journal("certificates") if settings.service else settings.logs / "certificates.log"
        raise StepFellShort(
            f"There is no certificate yet, so browsers warn of this address. {why_not}. It is tried again by itself; "
            f"./apranova doctor helps. Log: {log}"
        )


def _look_at(certificate: CertificateWatch) -> None:
    try:
        if fresh := certificate.look(time.monotonic()):
            say(f"  [green]✓[/] A new certificate is in use, until {fresh.not_after:%d %B %Y}.")
    except BadCertificate as problem:
        warn(f"The changed certificate is not used, the earlier one stays: {problem}.")


def _certificate_watch(settings: Settings) -> CertificateWatch | None:
    if settings.certificate is None:
        return None
    return CertificateWatch(settings.certificate, hosts=settings.certified_hosts, envoy_dir=settings.run / "envoy")


def _start_databases(settings: Settings, processes: Processes, services: Services) -> None:
    """PostgreSQL and Redis side by side, each unless the settings name one that runs elsewhere."""
    if not settings.database_url:
        postgres.initialise(settings.data / "postgres", settings.database_uid)
        postgres.prepare_socket_folder(settings.run / "postgres", settings.database_uid)
        processes.start(services.postgres())
    if not settings.redis_url:
        redis.initialise(settings.data / "redis")
        processes.start(services.redis())


def _wait_for_databases(settings: Settings, processes: Processes) -> None:
    for name in processes.pids():
        processes.wait_ready(name)
    if not settings.database_url:
        postgres.ensure_database(settings.run / "postgres", "apranova")


def _gateway_settings(settings: Settings, services: Services) -> GatewaySettings:
    return GatewaySettings(
        run_dir=settings.run,
        images_dir=settings.images,
        listen_address=settings.host,
        port=settings.port,
        tls=settings.tls.served_here,
        redirect_port=settings.redirect_port,
        trusted_hops=settings.trusted_hops,
        public_url=settings.public_url,
        workspaces_domain=settings.workspaces_domain,
        portal_port=services.portal_port,
        portal_policy_file=settings.source / "portal/.next/standalone/csp.json",
    )


def _publish_static_files(settings: Settings) -> None:
    """Let Envoy serve every complete image's static files. A broken one must not stop the rest."""
    try:
        publish(settings.images, settings.run / "envoy" / "static")
    except BadImage as problem:
        warn(f"Some static files cannot be served: {problem}")


def _tell(settings: Settings, product: RunningProduct, images: ImageBuilds, *, seconds: float, demo: bool) -> None:
    say(f"\nReady after {seconds:.0f} s:  [bold underline]{product.url}[/]\n")
    if demo and settings.demo_accounts.exists():
        say(settings.demo_accounts.read_text().rstrip())
        say(f"[dim](also in {settings.demo_accounts}, only you can read it)[/]\n")
    if missing := images.missing():
        names = " and ".join(kind.label for kind in missing)
        say(
            f"{names} {'is' if len(missing) == 1 else 'are'} being installed in the background; the Launch button shows when it is ready."
        )
    if not settings.service:
        say("Ctrl-C stops everything; nothing is lost.")


def _watch(
    settings: Settings,
    processes: Processes,
    product: RunningProduct,
    images: ImageBuilds,
    certificate: CertificateWatch | None,
    regular: Regular,
) -> NoReturn:
    mail = CertificateMail(settings, send_by_backend(lambda: services_of(settings, product).backend_environment), warn)
    metrics = SchoolMetrics(
        settings,
        processes,
        manager_endpoint=product.manager_endpoint,
        admin_mail_failures=lambda: mail.failures,
    )
    with serving_metrics(settings.metrics_port, metrics.text, warn):
        _tend(settings, processes, product, images, certificate, regular, mail)


def _tend(
    settings: Settings,
    processes: Processes,
    product: RunningProduct,
    images: ImageBuilds,
    certificate: CertificateWatch | None,
    regular: Regular,
    mail: CertificateMail,
) -> NoReturn:
    while True:
        processes.pause(TICK_S)
        for failed in filter(None, [it.tend(time.time()) for it in regular]):
            warn(failed)
        if certificate is not None:
            _look_at(certificate)
            mail.look(time.monotonic(), dt.datetime.now(dt.UTC))
        for line in processes.tend(time.monotonic()):
            warn(line)
        pids = {"supervisor": product.pid, **processes.pids()}
        if pids != product.pids:
            product = replace(product, pids=pids)
            try:
                announce(settings, product)
            except OSError as problem:  # a full disk is no reason to end the school; `status` has an old number
                warn(f"{settings.supervisor_file} could not be written: {problem.strerror}")
        for build in images.finished():
            _publish_static_files(settings)
            if build.failure:
                say(f"  [red]✗[/] {escape(build.failure)}")
            elif build.seconds > NOTEWORTHY_S:
                say(f"  [green]✓[/] {build.kind.label} is installed [dim]({build.seconds:.0f} s)[/]")


def _end(settings: Settings, processes: Processes, images: ImageBuilds, *, ends_workspaces: bool) -> None:
    ignore_signals()
    if console.is_terminal:
        say("")
    product = find_ready(settings) if ends_workspaces else None
    try:
        if product is not None:
            with step("Saving and stopping the workspaces", done="Workspaces saved and stopped"):
                _save_and_stop(settings, product)
    finally:
        with step("Stopping", done="Stopped; everything is kept"):
            images.stop()
            processes.stop_all()
            withdraw(settings)


def _save_and_stop(settings: Settings, product: RunningProduct) -> None:
    unsaved = stop_workspaces(settings, product.manager_endpoint)
    if unsaved is None:
        raise StepFellShort(
            "The workspace manager did not answer, so running workspaces end without a last save. "
            f"Editors save every few seconds by themselves. The manager's log: {settings.logs / 'manager.log'}"
        )
    if unsaved:
        lines = "".join(f"\n    {workspace_id}: {why}" for workspace_id, why in unsaved.items())
        raise StepFellShort(f"Workspaces stopped; the last changes of these may be missing:{lines}")


class _PortalBuild:
    """The portal's build in a thread of its own. It mostly waits while the databases start."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._problem: Exception | None = None
        self._thread = threading.Thread(target=self._build, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def _build(self) -> None:
        try:
            build_portal(self._settings.source / "portal", self._settings.logs / "portal-build.log")
        except Exception as problem:  # noqa: BLE001 (handed to the main thread, which raises it)
            self._problem = problem

    def finish(self) -> None:
        while self._thread.is_alive():
            self._thread.join(0.2)  # short, so that Ctrl-C is heard
        if self._problem:
            raise self._problem
