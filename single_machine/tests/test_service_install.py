"""`install`: its answers, its units and its versions, without root and without systemd."""

from __future__ import annotations

import io
import os
import pwd
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from contract.environment import BadSetting
from single_machine.school_file import read_school_file
from single_machine.service import __main__ as service
from single_machine.service import machine, questions, unit_files, versions
from single_machine.service.places import UNITS, CannotInstall, Places

SOURCE = Path(__file__).parents[2]


def answering(*answers: str) -> Callable[[str], str]:
    left = iter(answers)
    return lambda _: next(left)


def test_install_runs_with_the_standard_library_alone() -> None:
    """Root runs it, so no package that was downloaded may run in it."""
    done = subprocess.run(
        [sys.executable, "-S", "-m", "single_machine.service", "install", "--help"],
        cwd=SOURCE,
        env={"PYTHONPATH": str(SOURCE), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "--remove" in done.stdout


def test_three_answers_make_a_settings_file_that_is_accepted(tmp_path: Path) -> None:
    text = questions.ask_all({}, answering("learn.school.example", "head@school.example", "proxy"))
    file = tmp_path / "school.toml"
    file.write_text(text)
    assert read_school_file(file) == {
        "APRANOVA_DOMAIN": "learn.school.example",
        "APRANOVA_ADMIN_EMAIL": "head@school.example",
        "APRANOVA_TLS": "proxy",
    }


def test_an_answer_that_does_not_fit_is_asked_again_and_an_earlier_one_is_offered(tmp_path: Path) -> None:
    earlier = {"APRANOVA_ADMIN_EMAIL": "head@school.example"}
    asked = answering("https://learn.school.example", "learn.school.example", "", "files", "c.pem", "/c.pem", "/k.pem")
    (tmp_path / "school.toml").write_text(questions.ask_all(earlier, asked))
    found = read_school_file(tmp_path / "school.toml")
    assert found["APRANOVA_DOMAIN"] == "learn.school.example"
    assert found["APRANOVA_ADMIN_EMAIL"] == "head@school.example"
    assert (found["APRANOVA_TLS_CERTIFICATE"], found["APRANOVA_TLS_KEY"]) == ("/c.pem", "/k.pem")


def test_without_a_terminal_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    with pytest.raises(CannotInstall, match="--settings FILE"):
        questions.ask_all({})


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (OSError(28, "No space left on device", "/usr/local"), "the machine refused: .*No space left"),
        (BadSetting("school.toml: there is no setting school.nmae"), ".*there is no setting school.nmae"),
    ],
)
@pytest.mark.parametrize("command", [["install", "--remove"], ["upgrade", "--back"]])
def test_what_the_machine_or_the_file_refuses_is_told_in_words(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    problem: Exception,
    words: str,
    command: list[str],
) -> None:
    def refuse(_: Places) -> None:
        raise problem

    monkeypatch.setattr(service.install, "check_machine", lambda _: None)
    monkeypatch.setattr(service, "Places", lambda: Places(tmp_path))
    monkeypatch.setattr(service.install, "remove", refuse)
    monkeypatch.setattr(service.upgrade, "back", refuse)
    monkeypatch.setattr(sys, "argv", ["apranova", *command])
    assert service.main() == 1
    assert re.match(f"apranova: {words}", capsys.readouterr().err)


def test_two_upgrades_do_not_run_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """They shared the folder of the new version and the links to it."""
    monkeypatch.setattr(service.install, "check_machine", lambda _: None)
    monkeypatch.setattr(service, "Places", lambda: Places(tmp_path))
    codes = []

    def back(_: Places) -> int:
        codes.append(service.main())
        return 0

    monkeypatch.setattr(service.upgrade, "back", back)
    monkeypatch.setattr(sys, "argv", ["apranova", "upgrade", "--back"])
    assert service.main() == 0
    assert codes == [1], "the second was refused and did nothing"
    assert "another install or upgrade of this machine is running" in capsys.readouterr().err


def units(variables: dict[str, str] | None = None) -> dict[str, str]:
    return {unit: unit_files.render(f"{unit}.service", SOURCE, Places(), variables or {}) for unit in UNITS}


def test_only_the_gateway_may_use_low_ports_and_no_unit_runs_as_root() -> None:
    rendered = units()
    for unit, text in rendered.items():
        assert "\nUser=apranova\n" in text, unit
        bounded = re.findall(r"^CapabilityBoundingSet=(.*)$", text, re.MULTILINE)
        assert bounded == (["CAP_NET_BIND_SERVICE"] if unit == "apranova-gateway" else [""]), unit
        assert ("AmbientCapabilities" in text) == (unit == "apranova-gateway")


def test_a_restart_of_the_platform_reaches_no_unit_that_holds_a_session() -> None:
    """`Requires`, `BindsTo` and `PartOf` would pass it on; `Wants` and `After` do not."""
    passing_on = r"^(Requires|BindsTo|PartOf|PropagatesStopTo)=.*\bapranova\.service"
    assert not any(re.search(passing_on, text, re.MULTILINE) for text in units().values())
    assert not re.search(r"^(BindsTo|PropagatesStopTo)=.*\.service", units()["apranova"], re.MULTILINE)


def test_units_name_the_version_and_never_the_link_that_an_upgrade_moves() -> None:
    for text in units().values():
        assert "/current" not in text
        assert text.count(f"{SOURCE}") == 3  # folder, module path, Python


def test_folders_outside_the_data_may_be_written_by_the_platform() -> None:
    folders = {"APRANOVA_SNAPSHOTS_DIR": "/mnt/one/apranova", "APRANOVA_BACKUP_TARGET": "/mnt/two"}
    assert "ReadWritePaths=/var/lib/apranova /run/apranova -/mnt/one/apranova -/mnt/two\n" in units(folders)["apranova"]
    other_machine = {"APRANOVA_BACKUP_TARGET": "sftp:backup@other.school.example:/srv/apranova"}
    assert "sftp" not in units(other_machine)["apranova"]


def test_a_folder_may_have_any_name() -> None:
    """systemd took a space for the end of it, and read the rest as another folder."""
    text = units({"APRANOVA_HOME": "/srv/our school", "APRANOVA_SNAPSHOTS_DIR": '/mnt/100%/a "b"\\c'})["apranova"]
    assert 'ReadWritePaths="/srv/our school" /run/apranova "-/mnt/100%%/a \\"b\\"\\\\c"\n' in text


def test_a_port_that_starts_the_school_is_closed_with_it_and_stays_open_for_a_restart() -> None:
    """A question to port 53 started the school again, just after it was saved and stopped."""
    assert "\nPropagatesStopTo=apranova-names.socket\n" in units()["apranova"]
    socket = (SOURCE / unit_files.TEMPLATES / unit_files.NAMES_SOCKET).read_text()
    assert not re.search(r"^(PartOf|BindsTo|Requires)=", socket, re.MULTILINE)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
@pytest.mark.parametrize(("unit", "most"), [("apranova", 3.0), ("apranova-engine", 3.0), ("apranova-gateway", 3.0)])
def test_the_units_are_hardened(unit: str, most: float, tmp_path: Path) -> None:
    file = tmp_path / f"{unit}.service"
    file.write_text(units()[unit])
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--no-pager", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.search(r"Overall exposure level for .*: ([\d.]+)", done.stdout)
    assert found, done.stderr
    assert float(found[1]) <= most


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    monkeypatch.setattr(versions, "_lend", lambda _: None)
    monkeypatch.setattr(versions, "_seal", lambda _: None)
    return Places(tmp_path / "root")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    (folder / ".venv").mkdir(parents=True)
    (folder / "apranova").write_text("print('version 1')")
    return folder


def test_the_same_content_is_built_once_and_other_content_beside_it(
    places: Places, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[Path] = []
    monkeypatch.setattr(machine, "as_user", lambda _, *, folder, more: built.append(folder))
    first = versions.add(source, places)
    assert versions.add(source, places) == first
    assert not (first / ".venv").exists()
    (source / "apranova").write_text("print('version 2')")
    second = versions.add(source, places)
    assert built == [first, second]


def test_a_build_that_was_cut_off_is_continued(places: Places, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut_off(_command: object, *, folder: Path, more: object) -> int:
        (folder / ".venv").mkdir()
        return 1

    monkeypatch.setattr(machine, "as_user", cut_off)
    with pytest.raises(CannotInstall, match="could not be built"):
        versions.add(source, places)
    monkeypatch.setattr(machine, "as_user", lambda *_, **__: 0)
    assert (versions.add(source, places) / ".venv").is_dir()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_build_writes_where_it_must_and_root_gets_everything_back(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root once read units from a folder that the service's user had had for minutes."""
    monkeypatch.setattr(versions, "USER", "nobody")
    nobody = pwd.getpwnam("nobody").pw_uid
    (source / "portal/src").mkdir(parents=True, mode=0o700)
    (source / "portal/src/page.tsx").write_text("")
    (source / "apranova").chmod(0o600)  # a clone with a narrow umask
    (source / "package").mkdir()
    (source / "package/__init__.py").write_text("")
    foreign = tmp_path / "foreign"
    foreign.write_text("")

    def build(_command: object, *, folder: Path, more: object) -> int:
        owners = {path.relative_to(folder).as_posix(): path.lstat().st_uid for path in folder.rglob("*")}
        assert {name for name, uid in owners.items() if uid == nobody} == {
            "portal",
            "portal/src",
            "portal/src/page.tsx",
        }
        assert folder.stat().st_uid == 0
        assert folder.stat().st_mode & 0o7777 == 0o1775
        (folder / "portal/link").symlink_to(foreign)
        (folder / "portal/open").write_text("")
        for made in ("link", "open"):
            os.chown(folder / "portal" / made, nobody, nobody, follow_symlinks=False)
        (folder / "portal/open").chmod(0o666)
        os.chown(foreign, nobody, nobody)
        return 0

    monkeypatch.setattr(machine, "as_user", build)
    version = versions.add(source, Places(tmp_path / "root"))
    assert {path.lstat().st_uid for path in (version, *version.rglob("*"))} == {0}
    modes = {path.stat().st_mode & 0o7777 for path in (version, *version.rglob("*")) if not path.is_symlink()}
    assert modes == {0o755, 0o644}
    assert foreign.stat().st_uid == nobody
    assert list(version.glob("package/__pycache__/*.pyc"))


def test_links_lead_to_this_version_and_the_one_before(places: Places, tmp_path: Path) -> None:
    one, two = (places.programs / "versions" / name for name in ("one", "two"))
    for folder in (one, two):
        folder.mkdir(parents=True)
    versions.switch(one, places)
    assert versions.find_previous(places, within_s=60) is None
    versions.switch(two, places)
    assert (versions.find_current(places), versions.find_previous(places, within_s=60)) == (two, one)
    versions.switch(two, places)  # a repetition
    assert versions.find_previous(places, within_s=60) == one
    assert versions.find_previous(places, within_s=-1) is None


def test_old_versions_go_but_never_one_that_is_in_use(places: Places) -> None:
    folders = [places.programs / "versions" / str(number) for number in range(6)]
    for age, folder in enumerate(folders):
        folder.mkdir(parents=True)
        os.utime(folder, (time.time() - age, time.time() - age))
    versions.switch(folders[5], places)
    versions.switch(folders[0], places)
    with subprocess.Popen(["sleep", "60"], cwd=folders[4]) as sandboxes:
        versions.remove_old(places)
        sandboxes.kill()
    left = {folder.name for folder in (places.programs / "versions").iterdir()}
    assert left == {"0", "1", "2", "4", "5"}


def test_systemd_opens_port_53_only_for_a_school_that_is_asked_there() -> None:
    assert unit_files._names_socket(SOURCE, {"APRANOVA_TLS": "files"}) == ""
    text = unit_files._names_socket(SOURCE, {"APRANOVA_TLS": "acme", "APRANOVA_DNS_ADDRESS": "2001:db8::7"})
    assert "ListenDatagram=[2001:db8::7]:53\nListenStream=[2001:db8::7]:53\n" in text
    assert "\nService=apranova.service\n" in text


def test_ubuntus_restriction_of_namespaces_gets_a_profile_and_other_machines_none(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[tuple[str, ...]] = []
    monkeypatch.setattr(machine, "run", lambda *command: ran.append(command))
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: None)  # sysctl
    monkeypatch.setattr(shutil, "which", lambda _: "/usr/sbin/apparmor_parser")
    unit_files.write(SOURCE, places, {})
    assert not places.apparmor_profile.exists()
    places.apparmor_switch.parent.mkdir(parents=True)
    places.apparmor_switch.write_text("1\n")
    unit_files.write(SOURCE, places, {})
    profile = places.apparmor_profile.read_text()
    assert ("apparmor_parser", "--replace", str(places.apparmor_profile)) in ran
    named = re.search(r"^AppArmorProfile=-(.*)$", units()["apranova-sandboxes"], re.MULTILINE)
    assert named
    assert f"profile {named[1]} flags=(unconfined) {{\n  userns,\n}}" in profile
    unit_files.remove(places)
    assert not [file for file in places.root.rglob("*") if file.is_file() and file != places.apparmor_switch]


def test_port_53_is_closed_when_no_certificate_is_got_there_any_more(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A question from outside would start a school that was stopped."""
    ran: list[tuple[str, ...]] = []
    monkeypatch.setattr(machine, "run", lambda *command: ran.append(command))
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: None)  # sysctl
    unit_files.write(SOURCE, places, {"APRANOVA_TLS": "acme", "APRANOVA_DNS_ADDRESS": "203.0.113.7"})
    socket = places.units / unit_files.NAMES_SOCKET
    assert socket.exists()
    stop = ("systemctl", "stop", unit_files.NAMES_SOCKET)
    assert stop not in ran
    unit_files.write(SOURCE, places, {"APRANOVA_TLS": "files"})
    assert stop in ran
    assert not socket.exists()
