"""The Dockerfiles agree with what the rest of the product expects of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from containers.catalogue import BY_NAME, IMAGES, SOURCE, Image
from containers.tests.dockerfile import read
from contract.names import SLOT_FOLDER, STUDENT_HOME, STUDENT_UID, WorkspaceKind
from infrastructure import names
from manager.adapters.ecs import definitions as ecs_definitions
from manager.adapters.ecs.settings import EcsSettings
from single_machine.secrets_file import Secrets
from single_machine.services import Services
from single_machine.settings import read_settings

WORKSPACES = [image for image in IMAGES if image.kind]
PINS = re.compile(r"(?m)^([a-z0-9._\[\],-]+)==(\S+)")


def test_the_platform_has_a_repository_for_each_image_and_for_nothing_else() -> None:
    assert set(BY_NAME) == set(names.IMAGES)
    assert {image.kind for image in WORKSPACES} == set(WorkspaceKind)


def test_the_platform_checks_the_backend_as_its_image_does() -> None:
    assert read(BY_NAME["backend"]).health_check == list(names.BACKEND_HEALTH)


def test_ports_are_those_that_load_balancer_and_manager_call() -> None:
    assert read(BY_NAME["gateway"]).last("EXPOSE") == str(names.BACKEND_PORT)
    assert read(BY_NAME["portal"]).last("EXPOSE") == str(names.PORTAL_PORT)
    for image in WORKSPACES:
        assert read(image).last("EXPOSE") == str(ecs_definitions.AGENT_PORT)
        assert f"127.0.0.1:{ecs_definitions.AGENT_PORT}" in read(image).health_check


def test_gateway_and_django_share_a_folder_as_one_user() -> None:
    gateway, backend = read(BY_NAME["gateway"]), read(BY_NAME["backend"])
    assert gateway.last("USER") == backend.last("USER")
    assert gateway.volumes == backend.volumes == {names.RUN_FOLDER, "/tmp"}  # noqa: S108
    made = re.compile(rf"install -d (.*) {names.RUN_FOLDER}")
    assert made.findall(gateway.text) == made.findall(backend.text) != []


@pytest.mark.parametrize("image", WORKSPACES, ids=lambda image: image.name)
def test_a_workspace_can_write_where_the_manager_mounts_empty_volumes(image: Image) -> None:
    settings = EcsSettings(
        region="eu-central-1",
        cluster="c",
        subnets=("s",),
        security_group="g",
        execution_role_arn="r",
        task_role_arn="t",
        file_system="fs",
        images={WorkspaceKind(image.kind): "i"},
    )
    wanted = ecs_definitions.Definitions(None, settings)._wanted(  # type: ignore[arg-type]  nothing is asked of ECS here
        WorkspaceKind(image.kind), "slot-1", "ap"
    )
    (container,) = wanted["containerDefinitions"]
    mounted = {point["containerPath"] for point in container["mountPoints"]}
    assert mounted - {SLOT_FOLDER} == read(image).volumes
    assert read(image).last("USER") == container["user"] == f"{STUDENT_UID}:{STUDENT_UID}"
    assert any("chmod 1777 /tmp /run" in value for name, value in read(image).last_stage if name == "RUN")
    (links,) = [value for name, value in read(image).last_stage if name == "RUN" and "ln -s" in value]
    assert f"ln -s /run/home {STUDENT_HOME}" in links  # in a volume, and the agent makes what it leads to


def test_uvicorn_has_the_options_of_one_machine_but_for_its_socket(tmp_path: Path) -> None:
    settings = read_settings({"APRANOVA_HOME": str(tmp_path)}, source=SOURCE)
    secrets = Secrets(**dict.fromkeys(Secrets.__dataclass_fields__, "x"))
    services = Services(settings=settings, secrets=secrets, manager_port=1, portal_port=2, isolation="bubblewrap")
    one_machine = list(services.backend().command)[1:]
    position = one_machine.index("--fd")
    one_machine[position : position + 2] = ["--uds", f"{names.RUN_FOLDER}/backend.sock"]
    assert read(BY_NAME["backend"]).command[1:] == one_machine


def test_the_portal_sends_by_itself_the_headers_that_a_gateway_would_add() -> None:
    envoy = (SOURCE / "gateway/envoy.yaml").read_text()
    main = envoy[envoy.index("- name: main") : envoy.index("routes:", envoy.index("- name: main"))]
    added = dict(re.findall(r'{key: ([a-z-]+), value: "?([^"}]+)[}"]', main))
    assert added.pop("strict-transport-security") == "${hsts"  # its value is the scheme's, there and here
    serve = (SOURCE / "portal/scripts/serve.mjs").read_text()
    assert dict(re.findall(r'^  "([a-z-]+)": "(.*)",$', serve, re.MULTILINE)) == added != {}
    assert read(BY_NAME["portal"]).command[-1] == "serve.mjs"


def test_services_behind_the_load_balancer_keep_idle_connections_longer() -> None:
    balancer = (SOURCE / "infrastructure/elements/load_balancer.py").read_text()
    (idle_s,) = re.findall(r"(?m)^IDLE_TIMEOUT_S = (\d+)$", balancer)
    (portal_ms,) = re.findall(r"KEEP_ALIVE_TIMEOUT=(\d+)", read(BY_NAME["portal"]).text)
    (gateway_s,) = re.findall(
        r'"client_idle": "(\d+)s" if settings.trusted_hops', (SOURCE / "gateway/render.py").read_text()
    )
    assert int(portal_ms) / 1000 > int(idle_s)
    assert int(gateway_s) > int(idle_s)


def test_images_have_the_products_versions() -> None:
    product = dict(PINS.findall((SOURCE / "requirements/product.txt").read_text()))
    for name in ("backend", "gateway", "node"):
        pins = dict(PINS.findall((SOURCE / f"requirements/{name}.txt").read_text()))
        assert pins
        assert {package: product.get(package) for package in pins} == pins, f"./apranova lock: {name}.txt"
