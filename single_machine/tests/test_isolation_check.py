"""How the isolation is chosen, and that each refusal says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from single_machine import isolation_check
from single_machine.isolation_check import choose_isolation, why_no_bubblewrap
from single_machine.preflight import CannotGoOn


def test_no_isolation_is_chosen_only_when_asked_for_and_comes_with_a_warning() -> None:
    chosen = choose_isolation(unisolated=True)
    assert chosen.name == "none"
    assert "NOT isolated" in chosen.warnings[0]


def test_where_bubblewrap_does_not_work_the_refusal_says_why_and_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation_check, "why_no_bubblewrap", lambda _: "no namespaces. sudo sysctl …")
    with pytest.raises(CannotGoOn, match=r"no namespaces. sudo sysctl …\n.*APRANOVA_UNISOLATED=1"):
        choose_isolation(unisolated=False)


def test_an_old_kernel_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation_check.platform, "release", lambda: "4.19.0-27-amd64")
    assert "needs Linux 5.10" in why_no_bubblewrap()


def test_a_missing_program_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation_check, "find_bwrap", lambda: None)
    assert "apt install bubblewrap" in why_no_bubblewrap()


@pytest.mark.parametrize(
    ("off", "settings"),
    [
        ({"kernel/apparmor_restrict_unprivileged_userns": "1"}, "kernel.apparmor_restrict_unprivileged_userns=0"),
        ({"kernel/unprivileged_userns_clone": "0"}, "kernel.unprivileged_userns_clone=1"),
        ({"user/max_user_namespaces": "0"}, "user.max_user_namespaces=15000"),
        (
            {"kernel/apparmor_restrict_unprivileged_userns": "1", "user/max_user_namespaces": "0"},
            "kernel.apparmor_restrict_unprivileged_userns=0 user.max_user_namespaces=15000",
        ),
    ],
)
def test_one_command_switches_user_namespaces_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, off: dict[str, str], settings: str
) -> None:
    on = {"kernel/unprivileged_userns_clone": "1", "user/max_user_namespaces": "60000"}
    for name, value in {**on, **off}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"{value}\n")
    monkeypatch.setattr(isolation_check, "_SYSCTL", tmp_path)
    monkeypatch.setattr(isolation_check, "_try_sandbox", lambda *_: "It does not start.")
    command = f"printf '%s\\n' {settings} | sudo tee /etc/sysctl.d/60-apranova.conf && sudo sysctl --system"
    assert why_no_bubblewrap().endswith(command)


def test_where_no_switch_is_off_the_containers_host_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(isolation_check, "_SYSCTL", tmp_path)
    monkeypatch.setattr(isolation_check, "_try_sandbox", lambda *_: "It does not start.")
    assert "--security-opt apparmor=unconfined" in why_no_bubblewrap()


def test_what_the_machine_and_so_its_students_have_not_is_warned_of(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(isolation_check, "why_no_bubblewrap", lambda _: "")
    monkeypatch.setattr(isolation_check, "_STUDENTS_PATH", str(tmp_path))
    (warning,) = choose_isolation(unisolated=False).warnings
    assert "no git and no pip" in warning
    assert "apt install git python3-pip" in warning
    for name in ("git", "pip"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    assert choose_isolation(unisolated=False).warnings == ()


@pytest.mark.sandbox
def test_a_sandbox_is_really_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if why_no_bubblewrap():
        pytest.skip(why_no_bubblewrap())
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho no room >&2; exit 1\n")
    broken.chmod(0o755)
    for parent in tmp_path.parents:
        if parent.owner() == "root" and parent.name.startswith(("pytest", "popen")):
            parent.chmod(0o755)
    tmp_path.chmod(0o755)
    monkeypatch.setattr(isolation_check, "find_bwrap", lambda: broken)
    assert "no room" in why_no_bubblewrap()
