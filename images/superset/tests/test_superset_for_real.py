"""The built image through the agent: children of a prefork template, and one plain start."""

from __future__ import annotations

import json
import sqlite3
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from images.superset.tests.conftest import GATEWAYS_KEY, Desk, Parent, identity_token, in_superset, public_key
from images.tests.desk import short_folder
from tests.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
"""They need the built image, like the browser tests; the first of them may have to build it."""

NewDesk = Callable[..., Desk]
VERSION = "SELECT version_num FROM alembic_version"


def sql(file: Path, statement: str, *values: Any) -> list[Any]:
    with closing(sqlite3.connect(file)) as database, database:
        return database.execute(statement, values).fetchall()


def table_chart(name: str, dataset: int = 1) -> dict[str, Any]:
    return {"slice_name": name, "viz_type": "table", "datasource_id": dataset, "datasource_type": "table", "params": "{}"}  # fmt: skip


# --- what a student does ---


def test_a_student_queries_draws_a_chart_and_uploads_and_finds_it_again_after_a_stop(desk: Desk) -> None:
    answer = desk.query("SELECT category, sum(amount) AS revenue FROM sales GROUP BY 1 ORDER BY 2 DESC")
    assert answer.status == 200, answer
    assert [row["category"] for row in answer.json["data"]][:2] == ["Garden", "Kitchen"]
    results_key = answer.json["query"]["resultsKey"]

    uploaded = desk.upload("visits", b"day,visits\n2025-01-01,17\n2025-01-02,23\n")
    assert uploaded.status == 201, uploaded
    assert desk.query("SELECT sum(visits) AS n FROM visits", database=2).json["data"] == [{"n": 40}]

    dataset = next(d for d in desk.api("GET", "/api/v1/dataset/").json["result"] if d["table_name"] == "visits")
    assert desk.api("POST", "/api/v1/chart/", table_chart("Visits", dataset["id"])).status == 201

    desk.stop()
    desk.start()

    assert "Visits" in [chart["slice_name"] for chart in desk.api("GET", "/api/v1/chart/").json["result"]]
    assert desk.query("SELECT sum(visits) AS n FROM visits", database=2).json["data"] == [{"n": 40}]
    again = desk.api("GET", f"/api/v1/sqllab/results/?q=(key:'{results_key}')")
    assert again.status == 200, again
    assert len(again.json["data"]) == 6


def test_every_chart_of_the_dashboard_has_data(desk: Desk) -> None:
    charts = desk.api("GET", "/api/v1/dashboard/sample-shop/charts").json["result"]
    assert len(charts) == 6
    for chart in charts:
        form = {**chart["form_data"], "slice_id": chart["id"]}
        metric = form.get("metric") or form["metrics"][0]
        query = {"metrics": [metric], "columns": [], "row_limit": 10, "extras": {}, "filters": []}
        message = {"datasource": {"id": 1, "type": "table"}, "queries": [query], "form_data": form, "result_format": "json", "result_type": "full"}  # fmt: skip
        answer = desk.api("POST", "/api/v1/chart/data", message)
        assert answer.status == 200, (chart["slice_name"], answer)
        assert answer.json["result"][0]["data"][0][metric] > 0


@pytest.mark.parametrize("wanted_now", [True, False])
def test_a_plain_start_serves_as_well(new_desk: NewDesk, wanted_now: bool) -> None:
    desk = new_desk(preforked=False, wanted_now=wanted_now)
    assert desk.query("SELECT count(*) AS n FROM customers").json["data"] == [{"n": 9000}]
    assert desk.task.status()["activity_reason"] == "ran a query"


def test_the_student_is_named_and_is_the_administrator(new_desk: NewDesk) -> None:
    desk = new_desk(student_name="Grace Brewster Hopper", student_email="grace@example.org")
    me = desk.api("GET", "/api/v1/me/").json["result"]
    assert (me["first_name"], me["last_name"], me["email"]) == ("Grace", "Brewster Hopper", "grace@example.org")
    assert "Admin" in desk.api("GET", "/api/v1/me/roles/").json["result"]["roles"]


def test_the_databases_that_a_student_may_add_are_those_of_the_image(desk: Desk) -> None:
    available = desk.api("GET", "/api/v1/database/available/").json["databases"]
    drivers = {database["engine"]: database["available_drivers"] for database in available}
    assert {"duckdb", "sqlite"} <= {engine for engine, names in drivers.items() if names}


_TWO_PAGES = """
import json, subprocess, sys
from collections import Counter
from pathlib import Path
from images.superset import places
from images.superset.inside.identity import ENVIRON_KEY
from images.superset.inside.process import ApplicationProcess

loaded = ApplicationProcess.load(Path(sys.argv[1]), places.TEMPLATE, pages=False)
from superset import db_engine_specs
from superset.views import base, utils
asked = Counter()
def counted(module, name):
    right = getattr(module, name)
    def count(*arguments, **named):
        asked[name] += 1
        return right(*arguments, **named)
    setattr(module, name, count)
for module, name in ((db_engine_specs, "load_engine_specs"), (base, "menu_data"), (utils, "get_permissions"), (subprocess, "check_output")):
    counted(module, name)
client = loaded._application.test_client()
for _ in range(2):
    assert client.get("/superset/welcome/", environ_overrides={ENVIRON_KEY: {"sub": "u"}}).status_code == 200
print(json.dumps(asked))
"""


def test_a_page_works_out_nothing_twice_and_looks_for_drivers_only_once(image: dict[str, Any], tmp_path: Path) -> None:
    done = in_superset(image, tmp_path, _TWO_PAGES, str(tmp_path))
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout.splitlines()[-1]) == {"load_engine_specs": 1, "menu_data": 2, "get_permissions": 2}


# --- who gets in ---


_SPOOFED = {"remote-user": "student", "x-remote-user": "student", "x-forwarded-user": "student", "remote_user": "student", "authorization": "Basic c3R1ZGVudDpzdHVkZW50"}  # fmt: skip
FORGED: dict[str, Callable[[Desk], dict[str, Any]]] = {
    "none at all": lambda desk: {"token": ""},
    "another student's": lambda desk: {"token": identity_token("ws-zzzzzzzzzz")},
    "a list of audiences": lambda desk: {"token": desk.token(aud=["ws-zzzzzzzzzz", desk.workspace_id])},
    "expired": lambda desk: {"token": desk.token(iat=1, exp=int(time.time()) - 120)},
    "without an end": lambda desk: {"token": desk.token(exp=None)},
    "of another issuer": lambda desk: {"token": desk.token(iss="someone")},
    "signed with another key": lambda desk: {"token": desk.token(key=Ed25519PrivateKey.generate())},
    "signed with the public key": lambda desk: {"token": desk.token(key=public_key(), algorithm="HS256")},
    "unsigned": lambda desk: {"token": desk.token(key=None, algorithm="none")},
    "nonsense": lambda desk: {"token": "not.a.token"},
    "a spoofed user": lambda desk: {"token": "", "headers": _SPOOFED},
}
"""Identity tokens that must open nothing, and how they are sent."""


@pytest.fixture(scope="module")
def one_desk(image: dict[str, Any], parent: Parent) -> Iterator[Desk]:
    with short_folder() as folder:
        desk = Desk(image, folder, parent)
        yield desk
        desk.close()


@pytest.mark.parametrize("how", FORGED)
def test_no_forged_token_opens_anything(one_desk: Desk, how: str) -> None:
    for target in ("/api/v1/chart/", "/superset/welcome/", "/api/v1/database/1", "/version", "/login/"):
        answer = one_desk.request("GET", target, **FORGED[how](one_desk))
        assert answer.status == 401, (target, answer)
        assert b"shop" not in answer.body.lower()


def test_a_browser_without_an_identity_token_is_told_where_to_go(one_desk: Desk) -> None:
    answer = one_desk.request("GET", "/superset/welcome/", headers={"accept": "text/html"}, token="")
    assert answer.status == 401
    assert b"http://localhost:8080/" in answer.body


def test_health_is_open_and_there_is_no_form_to_sign_in(one_desk: Desk) -> None:
    assert one_desk.request("GET", "/health", token="").status == 200
    login = one_desk.request("GET", "/login/")
    assert (login.status, login.headers["location"]) == (302, "/")
    for password in ("student", "admin", "!", ""):
        message = {"username": "student", "password": password, "provider": "db"}
        assert one_desk.api("POST", "/api/v1/security/login", message).status in (400, 401, 404)
    logout = one_desk.request("GET", "/logout/")
    assert (logout.status, logout.headers["location"]) == (302, "http://localhost:8080/")


def test_another_childs_session_and_token_against_forgery_are_refused(new_desk: NewDesk) -> None:
    ada, bob = new_desk(), new_desk()
    body = json.dumps(table_chart("x")).encode()
    headers = {"content-type": "application/json", **ada.session()}
    assert bob.request("POST", "/api/v1/chart/", body, headers).status == 400
    assert bob.request("POST", "/api/v1/chart/", body, headers, token=ada.token()).status == 401
    assert bob.request("POST", "/api/v1/chart/", body, {"content-type": "application/json"}).status == 400
    assert ada.request("POST", "/api/v1/chart/", body, headers).status == 201


# --- what children do not share ---


def test_children_have_no_file_socket_or_secret_of_their_parent(new_desk: NewDesk, parent: Parent) -> None:
    ada, bob = new_desk(), new_desk()
    opened = _opened(ada.child)
    parents = _opened(parent.process.pid)
    files = {name for name in opened if name.startswith("/")}
    assert files <= {"/dev/null", str(ada.task.log.parent / "superset.sock.log")} | {f for f in files if f.startswith(str(ada.home))}  # fmt: skip
    assert not {name for name in opened if ":" in name} & {name for name in parents if ":" in name}
    secrets = {(desk.home / ".superset/secret").read_text() for desk in (ada, bob)}
    assert len(secrets) == 2
    assert (ada.home / ".superset/secret").stat().st_mode & 0o777 == 0o600


def test_what_one_child_does_shows_in_no_other(new_desk: NewDesk) -> None:
    ada = new_desk(student_name="Ada Only")
    assert ada.upload("adas_secret_table", b"a\n1\n").status == 201
    assert ada.query("SELECT 'adas words'").status == 200
    bob = new_desk(student_name="Bob Only")
    for target in ("/superset/welcome/", "/api/v1/dataset/", "/api/v1/query/", "/api/v1/log/", "/superset/dashboard/sample-shop/", "/api/v1/me/"):  # fmt: skip
        body = bob.request("GET", target).body
        assert b"adas" not in body
        assert b"Ada" not in body
    assert bob.query("SELECT * FROM adas_secret_table", database=2).status >= 400
    assert bob.query("SELECT name FROM sqlite_master", database=2).json["data"] == []


def test_children_draw_different_random_numbers(new_desk: NewDesk) -> None:
    """Python's and numpy's, in the claimed child itself (prefork_template.py)."""
    logs = [(new_desk().task.log.parent / "superset.sock.log").read_text() for _ in range(3)]
    drawn = [next(line for line in log.splitlines() if line.startswith("draws ")).split()[1:] for log in logs]
    assert len({pythons for pythons, _ in drawn}) == 3
    assert len({numpys for _, numpys in drawn}) == 3


def test_what_one_home_encrypted_opens_with_no_other_secret(new_desk: NewDesk) -> None:
    ada, bob = new_desk(), new_desk()
    database = {"database_name": "with a password", "sqlalchemy_uri": "duckdb:///:memory:", "masked_encrypted_extra": json.dumps({"connect_args": {"config": {"custom_user_agent": "adas-token"}}})}  # fmt: skip
    created = ada.api("POST", "/api/v1/database/", database)
    assert created.status == 201, created
    ((cipher,),) = sql(ada.metadata, "SELECT encrypted_extra FROM dbs WHERE id = ?", created.json["id"])
    assert cipher
    assert "adas-token" not in str(cipher)
    sql(bob.metadata, "UPDATE dbs SET encrypted_extra = ? WHERE id = 2", cipher)
    seen = bob.api("GET", "/api/v1/database/2/connection")
    assert b"adas-token" not in seen.body
    assert ada.api("GET", f"/api/v1/database/{created.json['id']}/connection").status == 200


# --- accidents ---


@pytest.mark.parametrize("moment_s", [0.05, 0.15, 0.3])
def test_a_kill_in_the_middle_of_writing_leaves_the_databases_whole(new_desk: NewDesk, moment_s: float) -> None:
    desk = new_desk()
    acknowledged: list[str] = []
    desk.session()
    assert desk.query("CREATE TABLE steps (n INTEGER)", database=2).status == 200

    def write() -> None:
        number = 0
        while True:
            number += 1
            try:
                if desk.api("POST", "/api/v1/chart/", table_chart(f"chart {number}")).status == 201:
                    acknowledged.append(f"chart {number}")
            except Exception:
                return

    writer = threading.Thread(target=write)
    writer.start()
    while len(acknowledged) < 2:
        time.sleep(0.005)
    time.sleep(moment_s)
    desk.kill()
    writer.join(30)
    desk.start()
    for file in (desk.metadata, desk.home / "data/my-data.db"):
        assert sql(file, "PRAGMA integrity_check") == [("ok",)]
    assert set(acknowledged) <= {name for (name,) in sql(desk.metadata, "SELECT slice_name FROM slices")}
    assert desk.request("GET", "/api/v1/chart/").status == 200


def test_a_query_that_takes_too_long_is_stopped_with_a_clear_error(desk: Desk) -> None:
    endless = "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS c FROM n"
    began = time.monotonic()
    answer = desk.query(endless, database=2)
    assert 55 < time.monotonic() - began < 110
    assert answer.status >= 400
    assert "stopped after 60 seconds" in answer.json["errors"][0]["message"]
    assert desk.query("SELECT 1 AS one").status == 200


def test_a_running_query_keeps_the_workspace_busy_and_the_stop_button_stops_it(desk: Desk) -> None:
    desk.session()
    answers: list[Any] = []
    slow = "SELECT count(*) FROM order_lines a, order_lines b, customers c WHERE a.amount + b.amount > c.customer_id"
    runner = threading.Thread(target=lambda: answers.append(desk.query(slow, client_id="slowone")))
    runner.start()
    until(lambda: desk.task.status()["busy"] == "a query is running")
    # Superset refuses to stop a query that has no connection yet.
    until(lambda: desk.api("POST", "/api/v1/query/stop", {"client_id": "slowone"}).status == 200)
    runner.join(10)
    assert not runner.is_alive()
    until(lambda: not desk.task.status()["busy"])
    assert desk.task.status()["activity_reason"] == "ran a query"


def test_a_10_mb_file_is_taken_and_one_beyond_the_limit_gets_a_clear_answer(desk: Desk) -> None:
    row = b"2025-01-01,some words of a customer,17,3.14159,Berlin\n"
    ten = b"day,words,n,x,city\n" + row * (10 * 2**20 // len(row))
    answer = desk.upload("big", ten)
    assert answer.status == 201, answer
    assert desk.query("SELECT count(*) AS n FROM big", database=2).json["data"] == [{"n": ten.count(b"\n") - 1}]
    answer = desk.upload("too_big", ten * 3)
    assert answer.status == 413
    assert "at most 25 MB" in answer.json["errors"][0]["message"]
    for target in ("2/upload/", "upload_metadata/"):  # the second is asked by the form, as soon as a file is chosen
        answer = desk.upload("too_big", b"x" * (10 * 2**20 + 1), file="a.xlsx", kind="excel", target=target)
        assert answer.status == 413, target
        assert "at most 10 MB" in answer.json["errors"][0]["message"]
    assert desk.query("SELECT 1 AS one").status == 200
    peak = int(next(line for line in Path(f"/proc/{desk.child}/status").read_text().splitlines() if line.startswith("VmHWM")).split()[1])  # fmt: skip
    assert peak < 512 * 1024, f"{peak} KB"


def test_an_old_home_is_migrated_after_a_snapshot(desk: Desk, image: dict[str, Any]) -> None:
    desk.api("POST", "/api/v1/chart/", table_chart("old work"))
    desk.stop()
    ((head,),) = sql(desk.metadata, VERSION)
    _downgrade(image, desk.home)
    ((older,),) = sql(desk.metadata, VERSION)
    assert older != head

    desk.start()

    assert sql(desk.metadata, VERSION) == [(head,)]
    assert "old work" in [chart["slice_name"] for chart in desk.api("GET", "/api/v1/chart/").json["result"]]
    (snapshot,) = (desk.home / ".superset/snapshots").glob("*.db")
    assert older in snapshot.name
    assert "new version of Superset" in desk.task.log.read_text()
    assert not list((desk.home / ".superset").glob("superset-migrating*"))


def test_a_home_of_a_newer_superset_is_left_alone_and_said(desk: Desk) -> None:
    desk.stop()
    sql(desk.metadata, "UPDATE alembic_version SET version_num = 'ffffffffffff'")
    before = desk.metadata.read_bytes()
    desk.start(claim=False)
    status, answer = desk.task.claim(workspace_id=desk.workspace_id, identity_key=public_key(GATEWAYS_KEY))
    assert status == 500
    assert "newer Superset" in answer["failure"]
    assert desk.metadata.read_bytes()[100:] == before[100:]


def _downgrade(image: dict[str, Any], home: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from images.superset.inside import configuration, schema;"
        "configuration.SQLALCHEMY_DATABASE_URI = 'sqlite:///' + sys.argv[1];"
        "from superset.app import create_app; from flask_migrate import downgrade;"
        "app = create_app('images.superset.inside.configuration');\n"
        "with app.app_context(): downgrade(directory=schema._directory(), revision='-2')"
    )
    done = in_superset(image, home, script, str(home / ".superset/superset.db"))
    assert done.returncode == 0, done.stderr[-3000:]


# --- numbers ---


def test_a_forked_child_is_there_at_once_and_small(new_desk: NewDesk) -> None:
    """The bounds only catch a mistake: a machine under test is busy."""
    times, idle, after = [], [], []
    for _ in range(5):
        desk = new_desk()
        desk.stop()
        desk.start(claim=False)
        began = time.monotonic()
        desk.claim()
        assert desk.request("GET", "/health", token="").status == 200
        times.append((time.monotonic() - began) * 1000)
        idle.append(_private_mb(desk.child))
        for target in ("/superset/welcome/", "/api/v1/dashboard/", "/superset/dashboard/sample-shop/"):
            assert desk.request("GET", target).status == 200
        after.append(_private_mb(desk.child))
    print(
        f"\nclaim → /health {statistics.median(times):.0f} ms; own memory {statistics.median(idle):.0f} MB, "
        f"after pages {statistics.median(after):.0f} MB"
    )
    assert statistics.median(times) < 1500
    assert statistics.median(idle) < 60


def _opened(pid: int) -> list[str]:
    return [str(descriptor.readlink()) for descriptor in Path(f"/proc/{pid}/fd").iterdir()]


def _private_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024
