"""A bill of materials (CycloneDX) for each image: locked packages, and those of its base."""

# The library's decorators hide parameters from the type checker. Tests validate the result.
# pyright: reportCallIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.requirements import InvalidRequirement, Requirement

from containers.catalogue import SOURCE, Image

DPKG_QUERY = ("dpkg-query", "--show", "--showformat", "${Package} ${Version} ${Architecture}\\n")
_PINNED = re.compile(r"(?m)^([A-Za-z0-9][^\s\\]*)==([^\s\\;]+)([^\\\n]*)")


class BadLock(Exception):
    """A lock file is not as expected; the text names it."""


@dataclass(frozen=True)
class Platform:
    """Where an image runs, in the words of the package managers."""

    machine: str
    """x86_64 or aarch64."""
    python: str = "3.11"

    @property
    def markers(self) -> dict[str, str]:
        return {
            "sys_platform": "linux",
            "platform_system": "Linux",
            "os_name": "posix",
            "platform_machine": self.machine,
            "platform_python_implementation": "CPython",
            "implementation_name": "cpython",
            "python_version": self.python,
            "python_full_version": f"{self.python}.2",
        }

    @property
    def npm_cpu(self) -> str:
        return {"x86_64": "x64", "aarch64": "arm64"}[self.machine]


def write_bill(image: Image, *, release: str, platform: Platform, debian: str = "", source: Path = SOURCE) -> str:
    """CycloneDX 1.6 as JSON. `debian`: what DPKG_QUERY printed inside the image. Raises BadLock."""
    found: dict[str, Component] = {}
    for component in _components(image, platform, debian, source):
        found.setdefault(str(component.purl), component)
    itself = Component(
        name=f"apranova/{image.name}",
        version=release,
        type=ComponentType.CONTAINER,
        purl=PackageURL("oci", None, image.name, release),
        bom_ref="image",
    )
    bill = Bom(components=found.values())
    bill.metadata.component = itself
    bill.register_dependency(itself, found.values())
    return JsonV1Dot6(bill).output_as_string(indent=2) + "\n"


def _components(image: Image, platform: Platform, debian: str, source: Path) -> Iterator[Component]:
    for lock in image.python_locks:
        yield from python_components(source / lock, platform)
    for lock in image.node_locks:
        yield from node_components(source / lock, platform)
    yield from debian_components(debian.splitlines())


def python_components(lock: Path, platform: Platform) -> Iterator[Component]:
    """Packages whose marker fits. No hashes: the lock allows several files of a version."""
    pins = _PINNED.findall(lock.read_text())
    if not pins:
        raise BadLock(f"{lock} locks nothing")
    for name, version, rest in pins:
        try:
            requirement = Requirement(f"{name}=={version}{rest}")
        except InvalidRequirement as problem:
            raise BadLock(f"{lock}: {problem}") from problem
        if requirement.marker is None or requirement.marker.evaluate(dict(platform.markers)):
            plain = re.sub(r"[-_.]+", "-", requirement.name).lower()
            yield _component(plain, version, PackageURL("pypi", None, plain, version))


def node_components(lock: Path, platform: Platform) -> Iterator[Component]:
    """What `npm ci --omit=dev` installs on the platform."""
    packages = json.loads(lock.read_text()).get("packages")
    if not isinstance(packages, dict):
        raise BadLock(f"{lock} is not a package lock of version 2 or 3")
    for path, package in packages.items():
        fits = _allows(package.get("os"), "linux") and _allows(package.get("cpu"), platform.npm_cpu)
        if not path or package.get("dev") or package.get("link") or not fits:
            continue
        name = str(package.get("name") or path.rpartition("node_modules/")[2])
        scope, _, plain = name.rpartition("/")
        purl = PackageURL("npm", scope or None, plain, package["version"])
        yield _component(name, package["version"], purl, package.get("integrity", ""))


def debian_components(lines: Iterable[str]) -> Iterator[Component]:
    for line in lines:
        if line.strip():
            name, version, architecture = line.split()
            purl = PackageURL("deb", "debian", name, version, qualifiers={"arch": architecture})
            yield _component(name, version, purl)


def _allows(listed: list[str] | None, word: str) -> bool:
    """npm's lists: names that are allowed, or with `!` those that are not."""
    if not listed:
        return True
    return f"!{word}" not in listed and (word in listed or all(name.startswith("!") for name in listed))


def _component(name: str, version: str, purl: PackageURL, integrity: str = "") -> Component:
    algorithm, _, digest = integrity.partition("-")
    hashes = (
        [HashType(alg=HashAlgorithm.SHA_512, content=base64.b64decode(digest).hex())] if algorithm == "sha512" else []
    )
    return Component(
        name=name, version=version, type=ComponentType.LIBRARY, purl=purl, bom_ref=str(purl), hashes=hashes
    )
