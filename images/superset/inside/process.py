"""What of Superset is loaded once, and how it becomes one student's."""

from __future__ import annotations

import logging
import os
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
from cachelib.file import FileSystemCache
from jinja2 import ChoiceLoader, FileSystemLoader
from sqlalchemy import event
from superset.app import create_app

from agent.home_repair import HomeRepair
from images.superset import home, places
from images.superset.inside import (
    chance,
    configuration,
    imports,
    known,
    limits,
    migration,
    schemas,
    serving,
    shared,
    statements,
    uploads,
)
from images.superset.inside.identity import ENVIRON_KEY, Gate, Verifier
from images.superset.inside.notices import TEMPLATES, Notices
from images.superset.link import Claim, Link

log = logging.getLogger(__name__)

RESULTS_MAX = 200
_HOME_PAGE = "/superset/welcome/"
_NEWEST = "order_column:changed_on_delta_humanized,order_direction:desc,page:0,page_size:5"
_MINE = f"(filters:!((col:owners,opr:rel_m_m,value:%271%27)),{_NEWEST})"
_MY_QUERIES = f"(filters:!((col:created_by,opr:rel_o_m,value:%271%27)),{_NEWEST})"
_HOME_PAGE_ASKS = ("/api/v1/log/recent_activity/?q=(distinct:!f,page_size:24)", f"/api/v1/dashboard/?q={_MINE}", f"/api/v1/chart/?q={_MINE}", f"/api/v1/saved_query/?q={_MY_QUERIES}")  # fmt: skip
_PAGES = (_HOME_PAGE, *_HOME_PAGE_ASKS, "/dashboard/list/", "/superset/dashboard/sample-shop/", "/sqllab/", "/chart/list/", "/tablemodelview/list/", "/explore/?slice_id=1", "/api/v1/dashboard/sample-shop", "/api/v1/dashboard/sample-shop/charts", "/api/v1/dashboard/sample-shop/datasets", "/api/v1/dataset/1", "/api/v1/database/", "/api/v1/me/", "/api/v1/security/csrf_token/")  # fmt: skip
"""Drawn once while warming: a first drawing compiles templates, queries and schemas."""
_QUERY = {"database_id": 1, "sql": "SELECT 1", "runAsync": False, "schema": "main", "client_id": "warming"}  # fmt: skip


class ApplicationProcess:
    def __init__(self, application: Any, template: Path) -> None:
        self._application = application
        self._template = template
        self._notices = Notices(application.wsgi_app)
        self._gate = Gate(self._notices)
        self._claimed: Claim | None = None
        self._home: home.Home | None = None

    @classmethod
    def load(cls, folder: Path, template: Path, *, pages: bool) -> ApplicationProcess:
        """Superset on a copy of the template in `folder`, warmed up, with nothing left open."""
        private = home.prepare(folder, template, HomeRepair(folder, folder))
        os.chdir(folder)
        configuration.SQLALCHEMY_DATABASE_URI = _uri(private.metadata)
        # Its own handlers would write to our standard error; warnings are enough.
        known.install_before_views()
        statements.install_before_views()
        application = create_app("images.superset.inside.configuration")
        application.jinja_loader = ChoiceLoader([FileSystemLoader(TEMPLATES), application.jinja_loader])
        known.install()
        limits.install()
        uploads.install()
        statements.install()
        schemas.install()
        application.before_request(uploads.refuse_what_is_too_large)
        application.before_request(imports.refuse_what_is_no_export)
        application.after_request(imports.say_what_failed)
        loaded = cls(application, template)
        if pages:
            loaded._draw_pages()
        loaded._let_go()
        return loaded

    def _draw_pages(self) -> None:
        client = self._application.test_client()
        identity = {ENVIRON_KEY: {"sub": "warming-up"}}
        for page in _PAGES:
            answer = client.get(page, environ_overrides=identity)
            if answer.status_code >= 400:
                raise RuntimeError(f"{page} answered {answer.status}: {answer.get_data(as_text=True)[:300]}")
        token = client.get("/api/v1/security/csrf_token/", environ_overrides=identity).get_json()["result"]
        headers = {"X-CSRFToken": token, "Referer": "http://localhost/sqllab/"}
        answer = client.post("/api/v1/sqllab/execute/", json=_QUERY, headers=headers, environ_overrides=identity)
        if answer.status_code != 200:
            raise RuntimeError(f"a query answered {answer.status}: {answer.get_data(as_text=True)[:300]}")

    def _let_go(self) -> None:
        """No connection, session, cached page or cached result of the private copy stays."""
        from superset.extensions import cache_manager, db

        with self._application.app_context():
            for cache in (cache_manager.cache, cache_manager.data_cache, cache_manager.thumbnail_cache):
                cache.clear()
            db.session.remove()
            db.engine.dispose()
        self._application.extensions["sqlalchemy"].connectors.clear()
        # duckdb_engine uses the module's connection, which has threads; it opens again when asked.
        duckdb.default_connection().close()

    # --- after the fork ---

    def claim(self, message: dict[str, Any], line: Link) -> None:
        """Become a student's and say so; a failure leaves the process waiting for another try."""
        try:
            claim = Claim(**message)
            if self._claimed is None:
                self._become(claim, lambda text: line.send({"progress": text}))
                self._notices.keep_running = lambda until: line.send({"keep_running": until})
                application = serving.Running(self._gate, lambda words: line.send({"busy": words}))
                server = serving.listen(application, claim.socket_path)
                threading.Thread(target=server.run, name="http", daemon=True).start()
                self._claimed = claim
                shared.SharedData(self._application, Path(claim.home), self._notices.tell).start()
        except (home.HomeNotReady, migration.MigrationFailed) as problem:
            line.send({"failure": str(problem)})
        except (OSError, ValueError, TypeError) as problem:
            line.send({"failure": f"Superset could not take the claim: {problem}"})
        else:
            same = self._claimed == claim
            line.send({"serving": True} if same else {"failure": "this Superset is another student's"})

    def tell(self, news: str) -> None:
        self._notices.tell(str(news))

    def warn(self, warning: dict[str, Any]) -> None:
        self._notices.warn(float(warning["stops_at"]), str(warning["text"]), may_keep=bool(warning["may_keep"]))

    def save(self, line: Link) -> None:
        """What was acknowledged is on the disk; this makes the files whole without their logs."""
        try:
            if self._home is not None:
                home.checkpoint(self._home)
        except Exception as problem:  # noqa: BLE001  the agent waits for an answer
            line.send({"saved": False, "failure": f"the databases could not be written: {problem}"})
        else:
            line.send({"saved": True})

    def _become(self, claim: Claim, progress: Callable[[str], None]) -> None:
        chance.renew()
        verifier = Verifier.of(claim.workspace_id, claim.identity_key)
        path = Path(claim.home)
        os.environ["HOME"] = claim.home
        repair = HomeRepair(path, Path(tempfile.mkdtemp(prefix="superset-")))
        mine = home.prepare(path, self._template, repair)
        if repair.notes:
            progress(". ".join(repair.notes)[:500])
        os.chdir(path)  # relative addresses of databases begin here
        self._set_secret(mine.secret)
        head = home.head_of(self._template)
        if mine.schema != head:
            migration.migrate(self._application, mine, open_metadata=self._open_metadata, progress=progress)
        home.set_owner(mine.metadata, name=claim.name, email=claim.email)
        self._open_metadata(mine.metadata)
        self._keep_results(path / places.RESULTS)
        self._application.config.update(
            LOGOUT_REDIRECT_URL=claim.portal_url or "/",
            SESSION_COOKIE_SECURE=claim.https,
            SESSION_COOKIE_DOMAIN=None,
        )
        self._gate.portal_url = claim.portal_url
        self._gate.verifier = verifier
        self._home = mine

    def _set_secret(self, secret: str) -> None:
        """One secret of the home, used for different things under different names."""
        self._application.config.update(
            SECRET_KEY=secret,
            WTF_CSRF_SECRET_KEY=f"csrf:{secret}",
            JWT_SECRET_KEY=f"jwt:{secret}",
            GUEST_TOKEN_JWT_SECRET=f"guest:{secret}",
            GLOBAL_ASYNC_QUERIES_JWT_SECRET=f"async:{secret}",
        )

    def _open_metadata(self, file: Path) -> None:
        """From now on Superset's own tables are in this file."""
        from superset.extensions import db

        self._application.config["SQLALCHEMY_DATABASE_URI"] = _uri(file)
        with self._application.app_context():
            db.session.remove()
            db.engine.dispose()
            self._application.extensions["sqlalchemy"].connectors.clear()
            event.listen(db.engine, "connect", _on_connect)

    def _keep_results(self, folder: Path) -> None:
        from superset.extensions import results_backend_manager

        for leftover in folder.glob("*.__wz_cache"):
            leftover.unlink(missing_ok=True)
        results = FileSystemCache(
            str(folder), threshold=RESULTS_MAX, default_timeout=configuration.CACHE_DEFAULT_TIMEOUT
        )
        self._application.config["RESULTS_BACKEND"] = results
        results_backend_manager._results_backend = results  # noqa: SLF001  read from the configuration only at its start


def _uri(file: Path) -> str:
    return f"sqlite:///{file}?check_same_thread=false&timeout=15"


def _on_connect(connection: Any, _record: Any) -> None:
    # With a write-ahead log the default may lose the last commits in a power cut.
    connection.execute("PRAGMA synchronous = FULL")
