from __future__ import annotations

import io
import os
import stat
import zipfile
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from backend.audit.models import Record
from backend.cohorts.models import Cohort, Membership
from backend.shared_data import folders as folders_module
from backend.shared_data import services
from backend.shared_data.models import SharedUpload, SharedVersion
from backend.tests.zips import zip_of

LIMIT = 1_000_000


@pytest.fixture(autouse=True)
def root(settings, tmp_path, monkeypatch):
    settings.SHARED_DIR, settings.SHARED_BYTES_MAX, settings.DISK_RESERVE_BYTES = tmp_path / "shared", LIMIT, 0
    monkeypatch.setattr(folders_module, "KEPT_PART", 0.0)
    return settings.SHARED_DIR


@pytest.fixture
def cohort(signed_in):
    """A cohort with its instructor, as (browser, id)."""
    one = signed_in("instructor")
    answer = one.post("/api/cohorts/", json={"name": "Berlin-3", "track": "FSD", "time_zone": "Europe/Berlin"})
    return one, answer.json()["id"]


@pytest.fixture
def join(signed_in, cohort):
    """Students of the cohort whose workspace runs."""

    def enter():
        one = signed_in()
        Membership.objects.create(student=one.user, cohort_id=cohort[1])
        one.workspace = one.post("/api/workspace/create/", json={}).json()["id"]
        return one

    return enter


class Shared:
    """A cohort's shared data, as its instructor works with them and as a student sees them."""

    def __init__(self, cohort, root):
        self.one, self.id = cohort
        self.address = f"/api/cohorts/{self.id}/shared/"
        self.folder = root / self.id.replace("-", "")

    def state(self):
        answer = self.one.get(self.address)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def begin(self, name, size, *, keeps_others=True, status=201):
        body = {"name": name, "size": size, "keeps_others": keeps_others}
        answer = self.one.post(f"{self.address}uploads/", json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def send(self, upload, offset, piece):
        address = f"{self.address}uploads/{upload['id']}/?offset={offset}"
        return self.one.request("PUT", address, content=piece, headers={"content-type": "application/octet-stream"})

    def upload(self, name, content, **fields):
        upload = self.begin(name, len(content), **fields)
        half = max(len(content) // 2, 1)
        for offset in range(0, len(content), half):
            answer = self.send(upload, offset, content[offset : offset + half])
            assert answer.status_code == 200, answer.text
        services.work()

    def seen(self):
        """What a student finds behind ~/shared."""
        current = self.folder / "current"
        found = [path for path in current.rglob("*") if path.is_file()]
        return {str(path.relative_to(current)): path.read_text() for path in found}


@pytest.fixture
def shared(cohort, root):
    return Shared(cohort, root)


def test_a_file_arrives_in_pieces_and_is_seen_in_one_step(shared):
    upload = shared.begin("rows.csv", 6)
    assert shared.send(upload, 0, b"a,b").json()["received"] == 3
    assert shared.state()["uploads"][0]["received"] == 3
    for offset, piece in ((0, b"a,b"), (4, b"\n1"), (3, b"\n1,2"), (3, b"")):
        assert shared.send(upload, offset, piece).status_code in (409, 422), (offset, piece)
    assert not shared.folder.exists(), "nothing is seen before all of it is there"
    assert shared.send(upload, 3, b"\n1,").json()["received"] == 6
    services.work()
    assert shared.seen() == {"rows.csv": "a,b\n1,"}
    state = shared.state()
    assert (state["uploads"], state["files"]) == ([], [{"path": "rows.csv", "size": 6}])
    assert [(it["number"], it["is_current"], it["what"]) for it in state["versions"]] == [(1, True, "added rows.csv")]
    assert not list((shared.folder.parent / ".uploads").iterdir())


def test_a_zip_stands_for_its_files_and_what_is_there_stays_or_goes(shared):
    shared.upload("one.csv", b"1")
    shared.upload("set.zip", zip_of({"set/a.csv": "2", "set/deep/b.csv": "3", "__MACOSX/x": "no"}))
    assert shared.seen() == {"one.csv": "1", "a.csv": "2", "deep/b.csv": "3"}
    shared.upload("one.csv", b"4")
    assert shared.seen() == {"one.csv": "4", "a.csv": "2", "deep/b.csv": "3"}
    versions = [shared.folder / f"v{number}" for number in (2, 3)]
    assert (versions[0] / "one.csv").read_text() == "1", "an older version stays as it was"
    assert len({(it / "a.csv").stat().st_ino for it in versions}) == 1, "a file of two versions is stored once"
    shared.upload("only.csv", b"5", keeps_others=False)
    assert shared.seen() == {"only.csv": "5"}
    assert [it["number"] for it in shared.state()["versions"]] == [4, 3, 2]
    assert not (shared.folder / "v1").exists()


def test_an_older_version_is_shown_again_and_the_folder_can_be_emptied(shared):
    shared.upload("a.csv", b"1")
    shared.upload("a.csv", b"2")
    for number, seen in ((1, {"a.csv": "1"}), (2, {"a.csv": "2"}), (0, {})):
        assert shared.one.put(f"{shared.address}current/", json={"number": number}).status_code == 204
        assert shared.seen() == seen
    assert shared.one.put(f"{shared.address}current/", json={"number": 9}).status_code == 404
    shared.upload("b.csv", b"3")
    assert shared.seen() == {"b.csv": "3"}, "the emptied folder is what it is added to"


def test_nothing_can_be_written_through_a_version(shared):
    shared.upload("set.zip", zip_of({"a.csv": "2", "run.sh": "3"}, modes=(("program", stat.S_IFREG | 0o755),)))
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (shared.folder / "v1").iterdir()}
    assert modes == {"a.csv": 0o444, "run.sh": 0o444, "program": 0o555}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (zip_of({"../out": "x"}), "leads out of the folder"),
        (zip_of({"/etc/cron.d/x": "x"}), "leads out of the folder"),
        (zip_of(links=("link",)), "is a link"),
        (zip_of(modes=(("pipe", stat.S_IFIFO | 0o644),)), "is no ordinary file"),
        (zip_of(password=True), "password"),
        (zip_of({"A.csv": "1", "a.csv": "2"}), "the same name"),
        (zip_of({"x": "1", "x/y": "2"}), "is a file and a folder"),
        (zip_of({"a\nb": "1"}), "line break"),
        (zip_of({"bomb": "0" * (LIMIT + 1)}), "there is room for"),
        (b"PK nothing", "damaged"),
    ],
)
def test_a_zip_that_leads_out_or_is_too_large_is_refused_in_words_and_leaves_nothing(shared, content, words):
    shared.upload("a.csv", b"1")
    shared.upload("bad.zip", content)
    assert words in shared.state()["uploads"][0]["failure"]
    assert shared.seen() == {"a.csv": "1"}
    assert not list((shared.folder.parent / ".uploads").iterdir())
    assert sorted(it.name for it in shared.folder.iterdir()) == ["current", "v0", "v1"]


def test_a_zip_that_lies_about_a_size_writes_no_more_than_it_says(shared):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a", b"0" * 5000)
    raw = packed.getvalue().replace((5000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    shared.upload("lies.zip", raw)
    assert "damaged" in shared.state()["uploads"][0]["failure"]


def test_old_versions_make_room_and_what_students_see_does_not(shared):
    large = b"0" * 400_000
    for number in range(4):
        shared.upload("large.bin", bytes([number]) + large, keeps_others=False)
        assert shared.state()["uploads"] == [], number
    assert [it["number"] for it in shared.state()["versions"]] == [4, 3]
    shared.upload("huge.bin", b"0" * 700_000, keeps_others=False)
    assert "next to what students see now" in shared.state()["uploads"][0]["failure"]
    links = zip_of({"large.bin": "0" * 590_000}, links=("link",))
    shared.upload("refused.zip", links, keeps_others=False)
    assert "is a link" in shared.state()["uploads"][1]["failure"]
    assert [it["number"] for it in shared.state()["versions"]] == [4, 3], "what comes to nothing takes nothing"
    shared.upload("more.bin", b"0" * 590_000)
    assert [it["number"] for it in shared.state()["versions"]] == [5, 4]
    assert shared.begin("too large", LIMIT + 1, status=422)


def test_an_upload_is_canceled_and_one_that_nobody_goes_on_with_goes(shared, root):
    first, second, _ = (shared.begin(name, 9) for name in ("a", "b", "c"))
    for upload in (first, second):
        shared.send(upload, 0, b"1")
    shared.begin("d", 9, status=409)
    assert shared.one.delete(f"{shared.address}uploads/{first['id']}/").status_code == 204
    assert len(list((root / ".uploads").iterdir())) == 1
    SharedUpload.objects.update(touched_at=timezone.now() - timedelta(days=2))
    services.work()
    assert (SharedUpload.objects.count(), list((root / ".uploads").iterdir())) == (0, [])


DISK = {"f_frsize": 1, "f_blocks": 100_000, "f_bavail": 6_000, "f_files": 1000, "f_favail": 500}


@pytest.mark.parametrize(
    ("disk", "reserve", "fits"),
    [
        ({}, 2_900, True),
        ({}, 3_000, False),
        ({"f_blocks": 20_000}, 3_000, True),
        ({"f_favail": 90}, 0, False),
        ({"f_files": 0, "f_favail": 0}, 0, True),
    ],
)
def test_it_leaves_twice_the_reserve_below_which_workspaces_are_stopped(
    shared, settings, monkeypatch, disk, reserve, fits
):
    upload = shared.begin("a.csv", 1)
    monkeypatch.setattr(folders_module, "KEPT_PART", 0.1)
    monkeypatch.setattr(folders_module.os, "statvfs", lambda _: SimpleNamespace(**{**DISK, **disk}))
    settings.DISK_RESERVE_BYTES = reserve
    assert (shared.send(upload, 0, b"1").status_code == 200) is fits
    begun = shared.begin("b.csv", 1, status=201 if fits else 409)
    assert fits or begun["reason"] == "disk_full"


def test_what_a_canceled_upload_or_a_crash_left_takes_no_room_for_good(shared, monkeypatch):
    shared.upload("a.csv", b"1")
    (shared.folder / "v2").mkdir()
    (shared.folder / "v2/huge").write_bytes(b"0" * LIMIT)
    make = services.Folders.build

    def canceled(self, *args, **kwargs):
        content = make(self, *args, **kwargs)
        SharedUpload.objects.all().delete()
        return content

    with monkeypatch.context() as patched:
        patched.setattr(services.Folders, "build", canceled)
        shared.upload("large.bin", b"0" * 800_000)
    assert shared.seen() == {"a.csv": "1"}
    assert not list((shared.folder.parent / ".uploads").iterdir())
    shared.upload("large.bin", b"0" * 800_000)
    assert (shared.state()["uploads"], set(shared.seen())) == ([], {"a.csv", "large.bin"})


def test_a_deleted_cohorts_unfinished_uploads_go_too(shared, root):
    shared.send(shared.begin("a.csv", 9), 0, b"1")
    Cohort.objects.all().delete()
    services.work()
    assert not list((root / ".uploads").iterdir())


def test_a_version_whose_files_are_going_cannot_be_shown(shared, monkeypatch):
    for number in range(3):
        shared.upload("a.csv", str(number).encode())
    drop, asked = services.Folders.drop_version, []

    def slow(self, cohort, number):
        drop(self, cohort, number)
        if number == 1:
            asked.append(shared.one.put(f"{shared.address}current/", json={"number": number}).status_code)

    monkeypatch.setattr(services.Folders, "drop_version", slow)
    shared.upload("b.csv", b"0")
    assert asked == [404]
    assert shared.seen() == {"a.csv": "2", "b.csv": "0"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({f"{'x/' * 40}{number}/a": "1" for number in range(3)}, "more than 40 files and folders"),
        ({f"long-name-{number}": "1" for number in range(41)}, "more than 40 files and folders"),
    ],
)
def test_folders_are_counted_as_files_are(shared, monkeypatch, content, words):
    monkeypatch.setattr(folders_module, "FILES_MAX", 40)
    shared.upload("a.zip", zip_of({f"{number}/{number}": "1" for number in range(19)}))
    assert len(shared.seen()) == 19
    shared.upload("b.zip", zip_of(content))
    shared.upload("c.zip", zip_of({"b/b/b": "1", "c": "1"}))
    assert [it["failure"] for it in shared.state()["uploads"]] == [
        f"There are {words}.",
        "There would be 42 files and folders. The limit is 40.",
    ]


def test_a_zips_list_is_not_read_into_memory_whatever_its_length(shared, monkeypatch):
    monkeypatch.setattr(folders_module, "DIRECTORY_BYTES_MAX", 100_000)
    shared.upload("a.zip", zip_of({f"{number:0>100}": "" for number in range(800)}))
    assert "too many files" in shared.state()["uploads"][0]["failure"]


def test_a_zip_in_an_unusual_way_or_with_a_name_in_no_letters_is_refused_in_words(shared):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a", b"0" * 5000)
    shared.upload("lzma.zip", packed.getvalue())
    with zipfile.ZipFile(other := io.BytesIO(), "w") as archive:
        archive.writestr("é", b"0")
    shared.upload("name.zip", other.getvalue().replace("é".encode(), b"\xff\xfe"))
    failures = [it["failure"] for it in shared.state()["uploads"]]
    assert "packed in an unusual way" in failures[0]
    assert "not UTF-8" in failures[1]


def test_a_launch_says_whose_data_the_workspace_sees(shared, join, manager, signed_in):
    student, stranger = join(), signed_in()
    stranger.post("/api/workspace/create/", json={})
    key = Cohort.objects.get().pk.hex
    assert {it.shared for it in manager.launched if it.workspace_id == student.workspace} == {key}
    assert {it.shared for it in manager.launched if it.workspace_id != student.workspace} == {""}
    assert shared.seen() == {}, "the folder is there before the first upload, so that workspaces that run see it"
    student.post(f"/api/workspace/{student.workspace}/restart/")
    assert manager.launched[-1].shared == key


def test_who_teaches_sees_the_data_of_the_cohort_that_got_some_last(shared, manager, signed_in):
    def sees(browser):
        browser.post("/api/workspace/create/", json={})
        return manager.launched[-1].shared

    first = shared.id.replace("-", "")
    body = {"name": "Kiel-1", "track": "FSD", "time_zone": "Europe/Berlin"}
    second = shared.one.post("/api/cohorts/", json=body).json()["id"]
    shared.upload("a.csv", b"1")
    assert sees(shared.one) == first, "the other one has none"
    SharedVersion.objects.create(cohort_id=second, number=1, what="added b.csv", files_count=1, bytes_total=1)
    workspace = manager.launched[-1].workspace_id
    shared.one.post(f"/api/workspace/{workspace}/restart/")
    assert manager.launched[-1].shared == second.replace("-", "")
    Cohort.objects.filter(pk=second).update(active=False)
    shared.one.post(f"/api/workspace/{workspace}/restart/")
    assert manager.launched[-1].shared == first
    assert sees(signed_in("instructor")) == "", "who teaches neither sees neither"
    assistant = signed_in("assistant")
    Cohort.objects.get(pk=shared.id).instructors.add(assistant.user)
    assert sees(assistant) == first


def test_after_a_crash_students_see_what_the_record_says_and_a_deleted_cohorts_folder_goes(shared, root):
    shared.upload("a.csv", b"1")
    shared.upload("a.csv", b"2")
    services.find_folders().switch(shared.folder.name, 1)
    services.work()
    assert shared.seen() == {"a.csv": "2"}
    Cohort.objects.all().delete()
    services.work()
    assert not shared.folder.exists()


def test_where_a_school_has_none_that_is_said(shared, settings, join):
    settings.SHARED_BYTES_MAX = 0
    assert shared.state()["available"] is False
    assert shared.begin("a.csv", 1, status=409)["reason"] == "no_shared_data"
    join()
    services.work()


def test_only_the_cohorts_instructors_change_it_and_every_change_is_audited(shared, join, signed_in):
    student, stranger, assistant, admin = join(), signed_in("instructor"), signed_in("assistant"), signed_in("admin")
    teaching = [str(shared.one.user.pk), str(assistant.user.pk)]
    admin.put(f"/api/cohorts/{shared.id}/instructors/", json={"instructor_ids": teaching})
    shared.upload("a.csv", b"1")
    upload = shared.begin("b.csv", 2)
    for person, status in ((student, 403), (stranger, 404), (assistant, 403)):
        tried = [
            person.post(f"{shared.address}uploads/", json={"name": "x", "size": 1, "keeps_others": False}),
            person.request("PUT", f"{shared.address}uploads/{upload['id']}/?offset=0", content=b"1"),
            person.delete(f"{shared.address}uploads/{upload['id']}/"),
            person.put(f"{shared.address}current/", json={"number": 0}),
        ]
        assert {it.status_code for it in tried} == {status}
    assert [it.get(shared.address).status_code for it in (student, stranger, assistant)] == [403, 404, 200]
    shared.one.put(f"{shared.address}current/", json={"number": 0})
    shared.one.delete(f"{shared.address}uploads/{upload['id']}/")
    actions = [it.action for it in Record.objects.filter(action__startswith="shared.").order_by("pk")]
    assert actions == ["shared.upload", "shared.publish", "shared.upload", "shared.switch", "shared.cancel"]
    assert SharedVersion.objects.get().created_by == shared.one.user


def test_where_there_are_none_any_more_the_files_go_after_a_week(shared, settings, root):
    shared.upload("a.csv", b"1")
    shared.send(shared.begin("b.csv", 9), 0, b"1")
    settings.SHARED_BYTES_MAX = 0
    mark = root / ".unwanted"

    def age(seconds):
        os.utime(mark, (timezone.now().timestamp() - seconds,) * 2)

    services.work()
    age(services.KEPT_UNWANTED_S - 3600)
    services.work()
    assert shared.seen() == {"a.csv": "1"}, "a mistake can be undone for a week"
    settings.SHARED_BYTES_MAX = LIMIT
    services.work()
    assert not mark.exists()
    settings.SHARED_BYTES_MAX = 0
    services.work()
    age(services.KEPT_UNWANTED_S + 1)
    services.work()
    assert [it.name for it in root.iterdir()] == [".uploads"]
    assert not list((root / ".uploads").iterdir())
    assert (SharedVersion.objects.count(), SharedUpload.objects.count()) == (0, 0)
    assert Record.objects.filter(action="shared.remove").count() == 1
    services.work()
    settings.SHARED_BYTES_MAX = LIMIT
    shared.upload("c.csv", b"2")
    assert shared.seen() == {"c.csv": "2"}


# --- dashboards of Superset ---

SQLITE = b"SQLite format 3\0" + b"\0" * 84


def dashboards(*databases, version="1.0.0", kind="Dashboard", more=None):
    files = {
        "export/metadata.yaml": f"version: {version}\ntype: {kind}\n",
        "export/dashboards/a.yaml": "dashboard_title: A\n",
        **{f"export/databases/{number}.yaml": f"database_name: {it}\n" for number, it in enumerate(databases)},
    }
    return zip_of({**files, **(more or {})})


def failures(shared):
    return [it["failure"] for it in shared.state()["uploads"]]


def test_an_export_of_dashboards_is_kept_as_it_is_for_each_superset_to_import(shared):
    shared.upload("flights.db", SQLITE)
    export = dashboards("flights", "'flights.db'", "Sample shop")
    shared.upload("dashboard_export_1.zip", export)
    assert (shared.folder / "current/dashboards/dashboard_export_1.zip").read_bytes() == export
    assert {it["path"] for it in shared.state()["files"]} == {"flights.db", "dashboards/dashboard_export_1.zip"}
    shared.upload("more.csv", b"1")
    assert failures(shared) == []
    shared.upload("all.zip", zip_of({"weeks.sqlite": SQLITE.decode(), "note.txt": "a"}))
    assert (shared.folder / "current/weeks.sqlite").read_bytes() == SQLITE, "another zip is unpacked as before"
    charts = dashboards(kind="Slice")
    shared.upload("charts.zip", charts)
    assert (shared.folder / "current/metadata.yaml").is_file(), "nobody imports an export of charts"


@pytest.mark.parametrize(
    ("export", "words"),
    [
        (dashboards("payroll"), "uses the database “payroll”, which is not in the folder"),
        (dashboards("My data"), "uses the database “My data”, which is not in the folder"),
        (dashboards(version="2.0.0"), "another version of Superset"),
        (dashboards(more={"export/../../x.yaml": "a: 1"}), "leads out of the folder"),
        (dashboards(more={"export/charts/z.yaml": "#" * 8_000_001}), "8 MB"),
        (zip_of({"export/metadata.yaml": "version: 1.0.0\ntype: Dashboard\n"}), "no dashboard in it"),
        (zip_of({"x/dashboards/evil.zip": "PK"}, links=("x/dashboards/l.zip",)), "is a link"),
    ],
)
def test_an_export_that_no_superset_could_import_is_refused_at_the_upload_in_words(shared, export, words):
    shared.upload("flights.db", SQLITE)
    shared.upload("week.zip", export)
    assert words in failures(shared)[0]
    assert shared.seen().keys() == {"flights.db"}


def test_an_export_within_a_zip_of_data_is_looked_at_as_well(shared):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("flights.db", SQLITE)
        archive.writestr("dashboards/good.zip", dashboards("flights"))
    shared.upload("first.zip", packed.getvalue())
    assert failures(shared) == []
    with zipfile.ZipFile(packed, "a") as archive:
        archive.writestr("dashboards/bad.zip", dashboards("payroll"))
    shared.upload("second.zip", packed.getvalue())
    assert "“bad.zip” uses the database “payroll”" in failures(shared)[0]


def test_the_folder_is_walked_once_however_many_exports_are_in_it(shared, monkeypatch):
    looked = []
    databases_in = folders_module.databases_in
    monkeypatch.setattr(folders_module, "databases_in", lambda top: looked.append(top) or databases_in(top))
    shared.upload("flights.db", SQLITE)
    assert looked == []
    for number in range(3):
        shared.upload(f"{number}.zip", dashboards("flights"))
    assert (failures(shared), len(looked)) == ([], 3), "once for each upload"


def test_dashboards_cannot_lose_the_database_that_they_use(shared):
    shared.upload("flights.db", SQLITE)
    shared.upload("week.zip", dashboards("flights.db"))
    shared.upload("flights.db", b"no database any more")
    assert "uses the database “flights.db”" in failures(shared)[0]
    assert (shared.folder / "current/flights.db").read_bytes() == SQLITE


# --- a power cut, and what adds up ---


def test_files_are_on_the_disk_before_they_are_seen_and_pieces_before_they_count(shared, monkeypatch):
    done = []
    monkeypatch.setattr(
        folders_module, "sync_files", lambda top: done.append(("files", sorted(it.name for it in top.iterdir())))
    )
    monkeypatch.setattr(
        folders_module, "sync_folder", lambda top: done.append(("folder", str((top / "current").readlink())))
    )
    fsync = os.fsync
    monkeypatch.setattr(
        folders_module.os, "fsync", lambda it: (done.append(("piece", os.fstat(it).st_size)), fsync(it))
    )
    shared.upload("a.csv", b"1234")
    assert done == [("piece", 2), ("piece", 4), ("files", ["a.csv"]), ("folder", "v0"), ("folder", "v1")]


def test_files_that_cannot_be_brought_to_the_disk_are_not_shown(shared, monkeypatch):
    def full(_top):
        raise OSError(28, "No space left on device")

    shared.upload("a.csv", b"1")
    monkeypatch.setattr(folders_module, "sync_files", full)
    shared.upload("b.csv", b"2")
    assert failures(shared) == ["It could not be written: No space left on device. Upload it again."]
    assert shared.seen() == {"a.csv": "1"}


def test_syncing_reaches_the_disk(tmp_path):
    folders_module.sync_files(tmp_path)
    folders_module.sync_folder(tmp_path)
    with pytest.raises(FileNotFoundError):
        folders_module.sync_files(tmp_path / "missing")


def test_only_the_newest_failures_are_kept(shared):
    for number in range(services.FAILURES_SHOWN + 3):
        shared.upload(f"{number}.zip", b"PK nothing")
    names = [it["name"] for it in shared.state()["uploads"]]
    assert names == [f"{number}.zip" for number in range(3, services.FAILURES_SHOWN + 3)]
