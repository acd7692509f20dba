"""The cohort's shared data in the built Superset: connections, dashboards, and hostile exports."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from contract.dashboard_export import IN_EVERY_HOME
from images.superset.inside import dashboard
from images.superset.tests.conftest import in_superset, public_key

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
"""They need the built image, like the browser tests."""

SAMPLES = "Sample shop: a tour"
_IDS = {name: f"00000000-0000-4000-8000-00000000000{number}" for number, name in enumerate(("database", "dataset", "chart", "dashboard"))}  # fmt: skip
_FILES = {
    "metadata.yaml": "version: 1.0.0\ntype: Dashboard\n",
    "databases/a.yaml": "database_name: {name}\nsqlalchemy_uri: {address}\nuuid: {database}\nversion: 1.0.0\nextra: {{}}\n",
    "datasets/a/b.yaml": "table_name: flights\nschema: main\nuuid: {dataset}\nversion: 1.0.0\ndatabase_uuid: {of}\nmetrics: []\ncolumns: []\n{more}",
    "charts/c.yaml": "slice_name: Evil\nviz_type: table\nparams: {{}}\nuuid: {chart}\nversion: 1.0.0\ndataset_uuid: {dataset}\n",
    "dashboards/d.yaml": 'dashboard_title: Evil\nslug: {slug}\nuuid: {dashboard}\nversion: 1.0.0\nmetadata: {{}}\nposition: {{"CHART-1": {{type: CHART, id: CHART-1, children: [], meta: {{uuid: {chart}, chartId: 1}}}}}}\n{on}',
}  # fmt: skip
_WORDS = {"name": "flights.duckdb", "address": "duckdb:///x", "of": _IDS["database"], "more": "", "slug": "null", "on": ""}  # fmt: skip


def _export(extra: dict[str, str] | None = None, **words: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        files = {path: text.format(**{**_WORDS, **_IDS, **words}) for path, text in _FILES.items()}
        for path, text in {**files, **(extra or {})}.items():
            archive.writestr(f"export/{path}", text)
    return packed.getvalue()


_NESTED = "a: " + "[" * 500 + "]" * 500
_LAUGHS = "a: &a [1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"{name}: &{name} [{','.join(f'*{before}' for _ in range(9))}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


def _hostile(pwned: Path) -> dict[str, tuple[bytes, str]]:
    """Name → export, and what the student is told: '' for one that comes as a harmless copy."""
    tag = f'a: !!python/object/apply:os.system ["touch {pwned}"]'
    return {
        "leads-out": (_export({"../../../pwned.yaml": "a: 1"}), "leads out of the folder"),
        "bomb": (_export({"charts/z.yaml": "#" * 9_000_000}), "8 MB"),
        "python": (_export({"charts/z.yaml": tag}), "A file in it is damaged"),
        "own-tag": (_export({"charts/z.yaml": "a: !own 1"}), "A file in it is damaged"),
        "laughs": (_export({"charts/z.yaml": _LAUGHS}), "A file in it is damaged"),
        "deep": (_export({"charts/z.yaml": _NESTED}), "A file in it is damaged"),
        "list": (_export({"charts/z.yaml": "[1]"}), "A file in it is damaged"),
        "no-yaml": (_export({"charts/z.yaml": "{{"}), "A file in it is damaged"),
        "version": (_export({"metadata.yaml": "version: 9.0.0\ntype: Dashboard\n"}), "another version of Superset"),
        "unknown-database": (_export(name="payroll"), "“payroll”, and ~/shared has no such file"),
        "own-database": (_export(name="My data"), "“My data”, and ~/shared has no such file"),
        "of-no-database": (_export(of="00000000-0000-4000-8000-00000000000f"), "A file in it is damaged"),
        "from-an-address": (_export(more="data: https://example.org/rows.csv\n"), "It loads its data from an address"),
        "unknown-key": (_export(more="database_id: 2\n"), "A file in it is damaged"),
        "another-key": (_export(on="id: 1\n"), "A file in it is damaged"),
        "remote": (_export(address="postgresql://evil.example.org/x"), ""),
        "own-file": (_export(address="sqlite:////proc/self/cwd/.superset/superset.db"), ""),
        "slug": (_export(slug="sample-shop"), ""),
        "tunnel": (_export(address="duckdb:///x\nssh_tunnel: {server_address: evil.example.org}"), ""),
    }


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    folder = tmp_path_factory.mktemp("exports")
    exports = _hostile(folder / "pwned")
    for name, (content, _) in exports.items():
        (folder / f"{name}.zip").write_bytes(content)
    return folder, {name: words for name, (_, words) in exports.items()}


@pytest.fixture(scope="module")
def told(image: dict[str, Any], tmp_path_factory: pytest.TempPathFactory, hostile: tuple[Path, Any]) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("shared")
    script = Path(__file__).with_name("shared_data_story.py").read_text()
    done = in_superset(image, folder, script, str(folder), str(hostile[0]), public_key())
    assert done.returncode == 0, done.stderr[-3000:]
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def test_the_shared_databases_are_there_and_can_only_be_read(told: dict[str, Any]) -> None:
    assert told["claim"] == {"serving": True}
    assert sorted(told["databases"]) == ["My data", "Sample shop", "flights.duckdb", "week 2%20.db"]
    assert told["read"] == [[{"n": 7}], [{"a": 7}]]
    assert all("does not allow for DDL/DML" in it for it in told["refused"]), told["refused"]
    assert [("read-only" in it, "readonly" in it) for it in told["written"]] == [(True, False), (False, True)]
    assert "disabled" in told["elsewhere"], "DuckDB opens no other file of the home"


def test_a_shared_dashboard_comes_as_the_students_own_and_draws(told: dict[str, Any]) -> None:
    assert told["news"] == "Your instructor shared a dashboard, “Flights”: see Dashboards."
    assert told["first"] == [["Flights", SAMPLES], ["flights"]], "a dataset that has all that is needed is used"
    assert told["drawn"] == [{"count": 2}]
    assert told["owners"] == 1


def test_a_newer_version_comes_beside_what_the_student_changed(told: dict[str, Any]) -> None:
    assert told["kept"] == ["Mine", "/* mine */", ["COUNT(*) * 2"]]
    dashboards, charts, datasets = told["second"]
    assert dashboards == ["Flights", "Mine", SAMPLES], "each export comes once, under whatever name"
    assert (charts.count("By day"), charts.count("By each day")) == (1, 1)
    assert datasets == ["flights", "flights (2)"], "what the student changed is not what the new one draws"


def test_an_export_that_met_a_locked_database_comes_at_the_next_try(told: dict[str, Any]) -> None:
    assert told["locked"] is True


def test_an_export_whose_database_was_missing_comes_with_the_database(told: dict[str, Any]) -> None:
    first, again, with_database = told["awaited"]
    assert "“flights.duckdb”, and ~/shared has no such file" in first[0]
    assert not first[1]
    assert again == ["", False], "nobody is told the same again"
    assert with_database == ["Your instructor shared a dashboard, “Awaited”: see Dashboards.", True]


def test_an_export_that_is_broken_or_hostile_is_refused_or_comes_as_a_harmless_copy(
    told: dict[str, Any], hostile: tuple[Path, dict[str, str]]
) -> None:
    folder, expected = hostile
    assert not (folder / "pwned").exists()
    for name, words in expected.items():
        said, new = told["hostile"][name]
        if words:
            assert words in said, (name, said)
            assert said.startswith(f"{name}.zip from your instructor could not be imported; they see this, too. "), said
            assert new == [], (name, new)
        else:
            assert "shared a dashboard, “Evil" in said, (name, said)
            assert [it for it in new if not it.startswith(("Evil", "flights"))] == [], (name, new)


def test_a_connection_goes_with_its_file_unless_something_is_built_on_it(told: dict[str, Any]) -> None:
    assert sorted(told["gone"]) == ["My data", "Sample shop", "flights.duckdb (no longer shared)"]
    assert sorted(told["back"]) == ["My data", "Sample shop", "flights.duckdb", "week 2%20.db"]


def test_the_database_of_every_home_has_the_name_that_the_school_expects() -> None:
    assert (dashboard.SAMPLE_DATABASE,) == IN_EVERY_HOME
