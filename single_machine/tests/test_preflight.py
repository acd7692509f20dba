"""Before anything starts, what cannot work is said in words, with a remedy."""

import dataclasses
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.environment import BadSetting
from contract.names import WorkspaceKind
from single_machine.preflight import CannotGoOn, check_disk, check_port, make_folders
from single_machine.settings import Settings, read_settings

SOURCE = Path(__file__).parent.parent.parent


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    with tempfile.TemporaryDirectory(dir="/tmp") as run:  # a socket's path must be short
        found = read_settings({"APRANOVA_HOME": str(tmp_path / "home"), "APRANOVA_RUN_DIR": run}, source=SOURCE)
        yield dataclasses.replace(found, sandbox_uid=None)


def test_a_taken_port_names_the_next_one() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        with pytest.raises(CannotGoOn, match=rf"port {taken} .* is taken .* --port {taken + 1}"):
            check_port("127.0.0.1", taken)


def test_a_full_disk_is_noticed_before_the_work_begins(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    make_folders(settings)
    monkeypatch.setattr("shutil.disk_usage", lambda _path: type("Usage", (), {"free": 150_000_000})())
    with pytest.raises(CannotGoOn, match=r"0\.1 GB left, 4\.6 GB are needed.*APRANOVA_HOME"):
        check_disk(settings, missing=tuple(WorkspaceKind))


def test_only_the_owner_can_look_into_the_folders(settings: Settings) -> None:
    make_folders(settings)
    for folder in (settings.home, settings.data, settings.run, settings.logs):
        assert folder.stat().st_mode & 0o077 == 0, folder


def test_a_long_socket_path_is_refused_with_the_remedy(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(CannotGoOn, match=r"too long a path.*APRANOVA_RUN_DIR"):
        make_folders(dataclasses.replace(settings, run=tmp_path / ("x" * 90)))


def test_a_file_in_the_way_is_a_message_not_a_traceback(settings: Settings) -> None:
    settings.home.write_text("")
    with pytest.raises(CannotGoOn, match="cannot be made"):
        make_folders(settings)


@pytest.mark.parametrize("port", ["0", "70000", "http", "-1"])
def test_a_bad_port_is_refused_by_name(port: str) -> None:
    with pytest.raises(BadSetting, match=r"APRANOVA_PORT is .*1 to 65535"):
        read_settings({"APRANOVA_PORT": port}, source=SOURCE)


@pytest.mark.parametrize("port", [0, -1, 99999])
def test_a_port_of_the_command_line_that_cannot_be_is_refused_in_words(port: int) -> None:
    with pytest.raises(BadSetting, match=r"1 to 65535"):
        read_settings({}, source=SOURCE, port=port)


def test_data_inside_the_source_tree_are_refused() -> None:
    with pytest.raises(BadSetting, match="inside the source tree"):
        read_settings({"APRANOVA_HOME": str(SOURCE / "data")}, source=SOURCE)


def test_two_homes_do_not_share_sockets(tmp_path: Path) -> None:
    one, two = (read_settings({"APRANOVA_HOME": str(tmp_path / name)}, source=SOURCE) for name in "ab")
    assert one.run != two.run
