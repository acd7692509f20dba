"""`./apranova images` with an engine that runs nothing: its calls, and the faults that it finds."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from containers import __main__ as command
from containers import smoke as smoke_test
from containers.catalogue import BY_NAME
from containers.engine import Build, Engine, NoEngine, find_engine
from containers.smoke import NotWell, smoke
from containers.tests.pretended_podman import PretendedPodman, pretended

ECR = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/apranova"


@pytest.fixture
def podman(tmp_path: Path) -> PretendedPodman:
    return pretended(tmp_path)


@pytest.fixture
def images(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, podman: PretendedPodman) -> Callable[..., int]:
    """Runs the command with an engine, by default with `podman`. Returns the exit code."""

    def run(*arguments: str, engine: PretendedPodman = podman) -> int:
        program = ("apranova", "images", *arguments, "--engine", str(engine.program), "--out", str(tmp_path / "out"))
        monkeypatch.setattr("sys.argv", list(program))
        return command.main()

    return run


@pytest.fixture
def index_tools(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for program in ("soci", "skopeo"):
        pretended(tmp_path, program)
    monkeypatch.setenv("PATH", str(tmp_path))


def test_images_are_built_under_the_registrys_names_with_a_bill_each(images, tmp_path, podman) -> None:
    assert images("portal", "backend", "--registry", ECR, "--release", "1.2") == 0
    tags = [call[call.index("--tag") + 1] for call in podman.calls("build")]
    stages = [f"localhost/apranova/{stage}:1.2" for stage in ("system", "build", "python")]  # each of them once
    assert sorted(tags) == sorted([f"{ECR}/backend:1.2", f"{ECR}/portal:1.2", *stages])
    for name in ("portal", "backend"):
        bill = json.loads((tmp_path / f"out/{name}.cdx.json").read_text())
        assert any(component["purl"].startswith("pkg:deb/debian/libc6@") for component in bill["components"])


def test_the_gateway_takes_its_static_files_from_the_workspaces_of_the_same_release(images, podman) -> None:
    assert images("gateway", "--release", "1.2", "--earlier", f"{ECR}/gateway:1.1") == 0
    *before, gateway = podman.calls("build")
    assert [call[call.index("--target") + 1] for call in before].count("static") == 2
    assert "--target" not in gateway
    assert "VSCODE_STATIC=localhost/apranova/workspace-vscode-static:1.2" in gateway
    assert "SUPERSET_STATIC=localhost/apranova/workspace-superset-static:1.2" in gateway
    assert f"EARLIER={ECR}/gateway:1.1" in gateway


def test_the_machines_registry_settings_are_secrets_and_never_arguments(images, monkeypatch, tmp_path, podman) -> None:
    settings = tmp_path / "pip.conf"
    settings.write_text("[global]\nindex-url = https://somebody:a-password@index.example/simple\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(settings))
    assert images("backend", "--release", "1.2") == 0
    *shared, call = podman.calls("build")
    assert f"id=pip,src={settings}" in call
    assert "a-password" not in json.dumps([*shared, call])


def test_podman_keeps_the_health_check_and_the_processor_is_passed_on(images, podman) -> None:
    assert images("backend", "--release", "1.2", "--arch", "arm") == 0
    calls = podman.calls("build")
    assert len(calls) == 3
    for call in calls:
        assert call[call.index("--format") + 1] == "docker"
        assert call[call.index("--platform") + 1] == "linux/arm64"


def test_another_base_goes_into_the_shared_stages_and_their_tags_into_the_image(images, podman) -> None:
    assert images("workspace-vscode", "--release", "1.2", "--base", "debian:mine") == 0
    *shared, image = podman.calls("build")
    assert [call[call.index("--target") + 1] for call in shared] == ["build", "workspace"]
    assert all("BASE=debian:mine" in call for call in shared)
    assert "BASE=debian:mine" not in image
    assert {"BUILD=localhost/apranova/build:1.2", "WORKSPACE=localhost/apranova/workspace:1.2"} <= {*image}


@pytest.fixture
def choices(tmp_path: Path) -> tuple[str, ...]:
    """A school's options; its folders have more, which must not get into the image."""
    for name in ("ext/one.vsix", "ext/notes.txt", "react/package-lock.json", "react/package.json", "react/.env"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    return ("--node-version=20", f"--extensions={tmp_path / 'ext'}", f"--packages={tmp_path / 'react'}")


def test_a_schools_choices_are_in_its_vscode_image_and_in_every_tag(images, podman, choices, monkeypatch) -> None:
    seen: list[list[str]] = []
    build = Engine.build

    def watched(engine: Engine, wanted: Build, context: Path, log: Path) -> None:
        if "/school:" in wanted.tag:
            seen.append(sorted(str(file.relative_to(context)) for file in context.rglob("*") if file.is_file()))
        build(engine, wanted, context, log)

    monkeypatch.setattr(Engine, "build", watched)
    assert images("gateway", "workspace-vscode", "--release", "1.2", *choices) == 0
    assert seen == [["Dockerfile", "extensions/one.vsix", "packages/0/package-lock.json", "packages/0/package.json"]], (
        "once, without the project's other files"
    )
    calls = {call[call.index("--tag") + 1]: call for call in podman.calls("build")}
    (school,) = [tag for tag in calls if "/school:" in tag]
    tag = school.rpartition(":")[2]
    assert re.fullmatch(r"1\.2-school-[0-9a-f]{10}", tag)
    for name in ("workspace-vscode", "workspace-vscode-static"):  # browsers get the extensions' files from the gateway
        assert {f"SCHOOL={school}", "NODE_VERSIONS=20"} <= {*calls[f"localhost/apranova/{name}:{tag}"]}
    others = [call for name, call in calls.items() if "vscode" not in name]
    assert not any("SCHOOL=" in word for call in others for word in call)
    assert {name.rpartition(":")[2] for name in calls} == {tag}


def test_other_choices_are_another_tag_and_none_are_the_release_alone(images, podman, choices, tmp_path) -> None:
    def tag(*options: str) -> str:
        assert images("workspace-vscode", "--release", "1.2", *options) == 0
        return podman.calls("build")[-1][podman.calls("build")[-1].index("--tag") + 1].rpartition(":")[2]

    first = tag(*choices)
    assert tag(*reversed(choices)) == first
    assert tag() == "1.2"
    assert len({first, *(tag(option) for option in choices), tag("--node-version=22")}) == 5
    (tmp_path / "ext/one.vsix").write_text("another version")
    assert tag(*choices) != first


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--extensions=/nowhere", "extensions: there is no folder /nowhere"),
        ("--extensions={}", "has no .vsix file"),
        ("--packages={}", "has neither package-lock.json nor requirements.txt"),
    ],
)
def test_choices_that_cannot_be_built_are_refused_first(images, podman, tmp_path, capsys, option, said) -> None:
    (tmp_path / "empty").mkdir()
    assert images("portal", "--release", "1.2", option.format(tmp_path / "empty")) == 1
    assert said in capsys.readouterr().err
    assert not podman.program.with_name("calls.jsonl").exists()


def test_pushing_says_how_layers_are_compressed(images, podman) -> None:
    options = ("--no-build", "--push", "--registry", ECR, "--release", "1.2", "--compression", "zstd")
    assert images("portal", *options) == 0
    assert podman.calls("push") == [["push", "--compression-format", "zstd", f"{ECR}/portal:1.2"]]


PUSH = ("--no-build", "--push", "--registry", ECR, "--release", "1.2")


def test_services_are_pushed_in_zstd_by_default(images, podman, capsys) -> None:
    assert images("portal", "backend", "gateway", *PUSH) == 0
    assert {call[-1]: call[1:-1] for call in podman.calls("push")} == {
        f"{ECR}/{name}:1.2": ["--compression-format", "zstd"] for name in ("portal", "backend", "gateway")
    }
    assert "SOCI" not in capsys.readouterr().out


def test_docker_pushes_gzip_by_default(images, tmp_path) -> None:
    docker = pretended(tmp_path, "docker")
    assert images("portal", *PUSH, engine=docker) == 0
    assert docker.calls("push") == [["push", f"{ECR}/portal:1.2"]]


def test_a_workspace_gets_its_index_before_it_is_pushed(images, index_tools, podman) -> None:
    """Once, with the index in it: a second push under its tag would be refused."""
    assert images("workspace-vscode", *PUSH, "--arch", "arm") == 0
    assert podman.calls("push") == []
    (save,) = podman.calls("save")
    plain = save[save.index("--output") + 1]
    assert save == ["save", "--format", "oci-archive", "--output", plain, f"{ECR}/workspace-vscode:1.2"]
    _, convert = podman.calls("convert")
    indexed = convert[-1]
    assert convert == ["convert", "--standalone", "--platform", "linux/arm64", plain, indexed]
    assert podman.calls("copy") == [["copy", "--all", f"oci-archive:{indexed}", f"docker://{ECR}/workspace-vscode:1.2"]]
    assert not Path(plain).parent.exists()


@pytest.mark.parametrize(
    ("programs", "behavior", "reason"),
    [
        ((), {}, "not on PATH: soci, skopeo"),
        (("soci",), {}, "not on PATH: skopeo"),
        (("soci", "skopeo"), {"soci_help": "   --platform"}, "this soci is too old"),
    ],
)
def test_without_the_tools_for_an_index_one_line_says_what_is_lost(
    images, monkeypatch, tmp_path, podman, capsys, programs, behavior, reason
) -> None:
    for program in programs:
        pretended(tmp_path, program)
    podman.behave(**behavior)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert images("workspace-vscode", "workspace-superset", *PUSH) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "SOCI" in line]
    assert reason in line
    assert "fetches a workspace's whole image before it starts" in line
    assert [call[1:-1] for call in podman.calls("push")] == [["--compression-format", "gzip"]] * 2


def test_an_index_that_cannot_be_made_stops_the_push(images, index_tools, podman, capsys) -> None:
    podman.behave(convert=3)
    assert images("workspace-vscode", *PUSH) == 1
    assert "soci convert --standalone" in capsys.readouterr().err
    assert podman.calls("copy") == podman.calls("push") == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("portals",), "there is no image 'portals'; the images are backend, portal"),
        (("portal", "--push", "--release", "r1"), "--push needs --registry"),
        (("portal", "--release", "a b"), "--release 'a b'"),
    ],
)
def test_a_bad_argument_is_refused_before_anything_is_built(images, podman, capsys, arguments, said) -> None:
    assert images(*arguments) == 1
    assert said in capsys.readouterr().err
    assert not podman.program.with_name("calls.jsonl").exists() or not podman.calls("build")


def test_docker_cannot_push_zstd_and_says_what_can(images, tmp_path, capsys) -> None:
    docker = pretended(tmp_path, "docker")
    options = ("--push", "--registry", ECR, "--release", "1.2", "--compression", "zstd")
    assert images("portal", *options, engine=docker) == 1
    assert "use Podman" in capsys.readouterr().err
    assert not docker.calls("build")


def test_a_failed_build_shows_the_engines_last_words(images, podman, capsys) -> None:
    podman.behave(build=3)
    assert images("portal", "--release", "1.2") == 1
    said = capsys.readouterr().err
    assert "could not be built (exit code 3)" in said
    assert "build: the engine's last words" in said


def test_without_docker_and_podman_it_says_so_and_what_to_do(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoEngine, match=r"docker: it is not installed\n  podman: it is not installed\nInstall one"):
        find_engine()


def test_an_engine_that_does_not_answer_is_passed_over(tmp_path, monkeypatch) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    pretended(tmp_path / "a", "docker").behave(info=1)
    pretended(tmp_path / "b", "podman")
    monkeypatch.setenv("PATH", f"{tmp_path / 'a'}:{tmp_path / 'b'}")
    assert find_engine() == Engine(("podman",))
    with pytest.raises(NoEngine, match="docker: info: the engine's last words"):
        find_engine("docker")


def test_bills_of_materials_need_no_engine(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["apranova", "images", "--bills-only", "--release", "1", "--out", str(tmp_path)])
    assert command.main() == 0
    assert len(list(tmp_path.glob("*.cdx.json"))) == len(BY_NAME)


# The smoke test


def test_a_good_image_passes_and_leaves_no_container(podman) -> None:
    seen = smoke(Engine((str(podman.program),)), BY_NAME["workspace-vscode"], "image:1")
    assert (seen.uid, seen.size_bytes) == (10001, 123_000_000)
    assert seen.agent == "ready after 1.5 s, claimed, first page answered with 302"
    assert podman.calls("rm") == [["rm", "--force", "--volumes", "container-1"]]
    (started,) = podman.calls("run")
    for option in ("--read-only", "--read-only-tmpfs=false", "no-new-privileges"):
        assert option in started
    assert started[started.index("--cap-drop") + 1] == "ALL"
    assert started[started.index("--network") + 1] == "none"


@pytest.mark.parametrize(
    ("behavior", "said"),
    [
        ({"uid": "0"}, "it runs as root"),
        ({"writable": "/opt"}, "/opt can be written"),
        ({"health_check": []}, "has no HEALTHCHECK"),
        ({"healthy": 1, "running": False}, "it ended by itself"),
        ({"healthy": 1}, "its health check failed"),
        ({"exit_code": 137}, "did not end within"),
        ({"agent": {"failure": "the claim was answered with 500"}}, "the claim was answered with 500"),
        ({"agent": {"ready_s": 1, "page": 502, "failure": ""}}, "answers 502"),
    ],
)
def test_an_image_that_is_not_as_the_platform_expects_is_found(podman, monkeypatch, behavior, said) -> None:
    monkeypatch.setattr(smoke_test, "HEALTHY_WITHIN_S", 0.0)
    podman.behave(**behavior)
    with pytest.raises(NotWell, match=said):
        smoke(Engine((str(podman.program),)), BY_NAME["workspace-vscode"], "image:1")
    if podman.program.with_name("calls.jsonl").read_text().count('"run"'):
        assert podman.calls("rm")
