"""Runs in the image's Python: a claimed Superset whose cohort's shared data change. Prints JSON.

`python shared_data_story.py FOLDER EXPORTS IDENTITY_KEY`; EXPORTS: a folder of zips, of which each
is shared alone, and what became of it told.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
import time
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb

from images.superset import places

FOLDER, EXPORTS, KEY = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
TOP = FOLDER / "shared"
places.SHARED = TOP / "current"

from sqlalchemy.exc import OperationalError  # noqa: E402

from images.superset.inside import shared, shared_dashboards  # noqa: E402  after the place is known
from images.superset.inside.identity import ENVIRON_KEY  # noqa: E402
from images.superset.inside.process import ApplicationProcess  # noqa: E402

shared.LOOK_EVERY_S = 0.05
shared.FIRST_PAGE_S = 0.0
told: dict[str, Any] = {}
moments = 0
"""How many times the shared data were brought in."""
_bring_in = shared.SharedData.bring_in


def bring_in(self: shared.SharedData) -> None:
    global moments
    _bring_in(self)
    moments += 1


shared.SharedData.bring_in = bring_in  # type: ignore[method-assign]


class Line:
    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)


class Browser:
    def __init__(self, application: Any) -> None:
        self._client = application.test_client()
        self._headers: dict[str, str] = {}
        token = self.get("/api/v1/security/csrf_token/").get_json()["result"]
        self._headers = {"X-CSRFToken": token, "Referer": "http://localhost/sqllab/"}

    def get(self, path: str) -> Any:
        return self._client.get(path, environ_overrides={ENVIRON_KEY: {"sub": "u"}})

    def send(self, method: str, path: str, message: dict[str, Any] | None = None) -> Any:
        answer = self._client.open(
            path, method=method, json=message, headers=self._headers, environ_overrides={ENVIRON_KEY: {"sub": "u"}}
        )
        return answer.get_json()

    def names(self, kind: str, field: str) -> list[str]:
        return sorted(it[field] for it in self.get(f"/api/v1/{kind}/?q=(page_size:100)").get_json()["result"])

    def ids(self) -> dict[str, int]:
        return {it["database_name"]: it["id"] for it in self.get("/api/v1/database/").get_json()["result"]}

    def query(self, database: str, sql: str) -> Any:
        message = {"database_id": self.ids()[database], "sql": sql, "runAsync": False, "schema": "main", "client_id": f"{time.monotonic_ns() % 10**9}"}  # fmt: skip
        answer = self.send("POST", "/api/v1/sqllab/execute/", message)
        return answer.get("data") or answer["errors"][0]["message"]


def until(done: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 600
    while not done():
        if time.monotonic() > deadline:
            raise SystemExit(f"not in time; so far {json.dumps(told)}")
        time.sleep(0.02)


def show(number: int) -> None:
    """Switch to a version, and wait until it has been brought in."""
    before = moments
    link = TOP / ".next"
    link.symlink_to(f"v{number}")
    link.replace(TOP / "current")
    until(lambda: moments != before)


def version(number: int, of: int | None = None) -> Path:
    folder = TOP / f"v{number}"
    if of is None:
        (folder / "dashboards").mkdir(parents=True)
    else:
        shutil.copytree(TOP / f"v{of}", folder)
    return folder


def data(folder: Path) -> None:
    with closing(duckdb.connect(str(folder / "flights.duckdb"))) as flights:
        flights.execute("CREATE TABLE flights AS SELECT 'LH' AS airline, 3 AS n UNION ALL SELECT 'BA', 4")
    with closing(sqlite3.connect(folder / "week 2%20.db")) as weeks, weeks:
        weeks.execute("PRAGMA journal_mode = WAL")
        weeks.execute("CREATE TABLE t AS SELECT 7 AS a")
    (folder / "no.db").write_bytes(b"no database")
    for file in folder.glob("*.*"):
        file.chmod(0o444)


def main() -> None:
    data(version(1))
    (TOP / "current").symlink_to("v1")
    (FOLDER / "home").mkdir()
    (FOLDER / "warm").mkdir()
    loaded = ApplicationProcess.load(FOLDER / "warm", places.TEMPLATE, pages=False)
    line = Line()
    claim = {
        "workspace_id": "ws-1",
        "home": str(FOLDER / "home"),
        "socket_path": str(FOLDER / "s"),
        "identity_key": KEY,
    }
    loaded.claim(claim, line)
    told["claim"] = line.sent[-1]
    browser = Browser(loaded._application)
    until(lambda: moments == 1)
    connections(browser)
    export = make_dashboard(browser)
    share(browser, loaded, export)
    locked(browser)
    awaited(browser, loaded)
    hostile(browser, loaded)
    gone(browser)
    print(json.dumps(told))


def connections(browser: Browser) -> None:
    told["databases"] = list(browser.ids())
    told["read"] = [browser.query("flights.duckdb", "SELECT sum(n) AS n FROM flights"), browser.query("week 2%20.db", "SELECT a FROM t")]  # fmt: skip
    tries = (("flights.duckdb", "CREATE TABLE x (a INTEGER)"), ("week 2%20.db", "INSERT INTO t VALUES (1)"))
    told["refused"] = [str(browser.query(*each)) for each in tries]
    for name, _ in tries:  # the student is the administrator, and may say that it can be written
        browser.send("PUT", f"/api/v1/database/{browser.ids()[name]}", {"allow_dml": True})
    told["written"] = [str(browser.query(*each)) for each in tries]
    elsewhere = f"SELECT * FROM read_text('{FOLDER}/home/.superset/secret')"  # noqa: S608
    told["elsewhere"] = str(browser.query("flights.duckdb", elsewhere))


def make_dashboard(browser: Browser) -> bytes:
    """The instructor's: on a shared database, with a metric of its own."""
    table = {"database": browser.ids()["flights.duckdb"], "table_name": "flights", "schema": "main"}
    dataset = browser.send("POST", "/api/v1/dataset/", table)["id"]
    dashboard = browser.send("POST", "/api/v1/dashboard/", {"dashboard_title": "Flights", "slug": "flights"})["id"]
    params = {"viz_type": "table", "datasource": f"{dataset}__table", "metrics": ["count"]}
    chart = {"slice_name": "By day", "viz_type": "table", "datasource_id": dataset, "datasource_type": "table", "params": json.dumps(params), "dashboards": [dashboard]}  # fmt: skip
    browser.send("POST", "/api/v1/chart/", chart)
    content: bytes = browser.get(f"/api/v1/dashboard/export/?q=!({dashboard})").data
    (FOLDER / "made.zip").write_bytes(content)
    # As in a student's home: nothing of it is there, and a dataset of the table is the student's.
    browser.send("DELETE", f"/api/v1/dashboard/{dashboard}")
    for each in browser.get("/api/v1/chart/?q=(page_size:100)").get_json()["result"]:
        if each["slice_name"] == "By day":
            browser.send("DELETE", f"/api/v1/chart/{each['id']}")
    return content


def datasets(browser: Browser) -> list[str]:
    found = browser.get("/api/v1/dataset/?q=(page_size:100)").get_json()["result"]
    return sorted(it["table_name"] for it in found if it["database"]["database_name"] == "flights.duckdb")


def share(browser: Browser, loaded: Any, export: bytes) -> None:
    (version(2, of=1) / "dashboards/week-1.zip").write_bytes(export)
    show(2)
    told["news"] = loaded._notices._news["text"]
    told["first"] = [browser.names("dashboard", "dashboard_title"), datasets(browser)]
    mine = next(it["id"] for it in browser.get("/api/v1/dashboard/").get_json()["result"] if it["dashboard_title"] == "Flights")  # fmt: skip
    charts = browser.get(f"/api/v1/dashboard/{mine}/charts").get_json()["result"]
    query = {"metrics": charts[0]["form_data"]["metrics"], "columns": [], "row_limit": 10, "extras": {}, "filters": []}
    dataset = int(charts[0]["form_data"]["datasource"].partition("__")[0])
    message = {"datasource": {"id": dataset, "type": "table"}, "queries": [query], "form_data": charts[0]["form_data"], "result_format": "json", "result_type": "full"}  # fmt: skip
    told["drawn"] = browser.send("POST", "/api/v1/chart/data", message)["result"][0]["data"]
    owners = browser.get(f"/api/v1/dashboard/{mine}").get_json()["result"]["owners"]
    told["owners"] = len(owners)
    change(browser, export, mine, dataset)


def change(browser: Browser, export: bytes, mine: int, dataset: int) -> None:
    """The student changes the copy; then a newer version comes, and the first one again."""
    browser.send("PUT", f"/api/v1/dashboard/{mine}", {"dashboard_title": "Mine", "css": "/* mine */"})
    metric = {"metric_name": "count", "expression": "COUNT(*) * 2"}
    there = browser.get(f"/api/v1/dataset/{dataset}").get_json()["result"]["metrics"][0]
    browser.send("PUT", f"/api/v1/dataset/{dataset}", {"metrics": [{**metric, "id": there["id"]}]})
    newer = FOLDER / "newer.zip"
    with zipfile.ZipFile(FOLDER / "made.zip") as old, zipfile.ZipFile(newer, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"By day", b"By each day"))
    (version(3, of=1) / "dashboards/week-1.zip").write_bytes(newer.read_bytes())
    show(3)
    (version(4, of=1) / "dashboards/again.zip").write_bytes(export)
    shutil.copyfile(newer, TOP / "v4/dashboards/once-more.zip")
    show(4)
    told["second"] = [browser.names("dashboard", "dashboard_title"), browser.names("chart", "slice_name"), datasets(browser)]  # fmt: skip
    kept = browser.get(f"/api/v1/dashboard/{mine}").get_json()["result"]
    metrics = browser.get(f"/api/v1/dataset/{dataset}").get_json()["result"]["metrics"]
    told["kept"] = [kept["dashboard_title"], kept["css"], [it["expression"] for it in metrics]]


def locked(browser: Browser) -> None:
    """The home's database is locked at the first try."""
    right = shared_dashboards._command

    def once(configs: Any) -> Any:
        shared_dashboards._command = right
        raise OperationalError("INSERT", {}, sqlite3.OperationalError("database is locked"))

    shared_dashboards._command = once
    with zipfile.ZipFile(FOLDER / "made.zip") as old, zipfile.ZipFile(FOLDER / "locked.zip", "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"dashboard_title: Flights", b"dashboard_title: Late"))
    version(5, of=1)
    shutil.copyfile(FOLDER / "locked.zip", TOP / "v5/dashboards/locked.zip")
    show(5)
    told["locked"] = "Late" in browser.names("dashboard", "dashboard_title")


def awaited(browser: Browser, loaded: Any) -> None:
    """An export comes before its database; so does another version without that."""
    with zipfile.ZipFile(FOLDER / "made.zip") as old, zipfile.ZipFile(FOLDER / "awaited.zip", "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"dashboard_title: Flights", b"dashboard_title: Awaited"))
    told["awaited"] = []
    for number in (6, 7, 8):
        shutil.copyfile(FOLDER / "awaited.zip", version(number, of=1) / "dashboards/awaited.zip")
        if number != 8:
            (TOP / f"v{number}/flights.duckdb").unlink()
        loaded._notices._news = {}
        show(number)
        news = loaded._notices._news.get("text", "")
        told["awaited"].append([news, "Awaited" in browser.names("dashboard", "dashboard_title")])


def hostile(browser: Browser, loaded: Any) -> None:
    """Each export alone: what the student is told, and what there is afterwards that was not."""
    told["hostile"] = {}
    number = 10
    for file in sorted(EXPORTS.glob("*.zip")):
        number += 1
        shutil.copyfile(file, version(number, of=1) / "dashboards" / file.name)
        before = everything(browser)
        loaded._notices._news = {}
        show(number)
        words = loaded._notices._news.get("text", "")
        told["hostile"][file.stem] = [words, [it for it in everything(browser) if it not in before]]


def everything(browser: Browser) -> list[str]:
    addresses = [str(browser.get(f"/api/v1/database/{it}/connection").get_json()["result"]["sqlalchemy_uri"]) for it in browser.ids().values()]  # fmt: skip
    return addresses + browser.names("dashboard", "dashboard_title") + browser.names("dataset", "table_name")


def gone(browser: Browser) -> None:
    """Both files go; on one of them the student has built something."""
    version(90)
    show(90)
    told["gone"] = list(browser.ids())
    show(1)
    told["back"] = list(browser.ids())


main()
sys.stdout.flush()
__import__("os")._exit(0)
