"""Builds the images of one release, after the stages and static files that they share."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from containers.catalogue import BY_NAME, SHARED_DOCKERFILE, SHARED_STAGES, SOURCE, STATIC_TARGET, Image
from containers.engine import Build, Engine
from contract.image_choices import ImageChoices, lock_files

LOCAL = "localhost/apranova"
SCHOOL_DOCKERFILE = "FROM scratch\nCOPY extensions /school/extensions\nCOPY packages /school/packages\n"
_PROXIES = ("http_proxy", "https_proxy", "no_proxy")


@dataclass
class Builder:
    engine: Engine
    release: str
    out: Path
    """Folder of the logs."""
    base: str = ""
    """A base in place of the pinned Debian 12."""
    platform: str = ""
    """Such as linux/arm64; empty: this machine's."""
    choices: ImageChoices = field(default_factory=ImageChoices)
    """What the school's VS Code image holds besides."""
    _built: dict[str, str] = field(default_factory=dict)
    """Stages that are built already, with their tags."""

    def image(self, image: Image, tag: str, *, earlier: str = "") -> None:
        """`earlier`: a gateway image whose static files the new one keeps. Raises EngineFailed."""
        static = {
            argument: self.stage(BY_NAME[source].dockerfile, STATIC_TARGET, f"{source}-{STATIC_TARGET}")
            for argument, source in image.static_from.items()
        }
        if static:  # The build wants an earlier gateway in any case; one of the new images stands in for it.
            static["EARLIER"] = earlier or next(iter(static.values()))
        self.build(image.dockerfile, tag, more=static)

    def stage(self, dockerfile: str, target: str, name: str, more: Mapping[str, str] | None = None) -> str:
        """Build one stage as an image, unless this builder has done so. Returns its tag."""
        if name not in self._built:
            tag = f"{LOCAL}/{name}:{self.release}"
            self.build(dockerfile, tag, target=target, more=more)
            self._built[name] = tag
        return self._built[name]

    def build(self, dockerfile: str, tag: str, *, target: str = "", more: Mapping[str, str] | None = None) -> None:
        text = (SOURCE / dockerfile).read_text()
        arguments = {name: value for name, value in os.environ.items() if name.lower() in _PROXIES}
        if dockerfile == SHARED_DOCKERFILE:
            arguments |= {"BASE": self.base} if self.base else {}
        else:
            shared = [stage for stage in SHARED_STAGES if f"ARG {stage.upper()}=" in text]
            arguments |= {stage.upper(): self.stage(SHARED_DOCKERFILE, stage, stage) for stage in shared}
        if "ARG SCHOOL=" in text and self.choices.suffix():
            arguments |= {"SCHOOL": self._school(), "NODE_VERSIONS": " ".join(self.choices.node_versions)}
        print(f"building {tag} …", flush=True)
        began = time.monotonic()
        secrets = {name: file for name, file in registry_settings(os.environ).items() if f"id={name}," in text}
        build = Build(
            SOURCE / dockerfile,
            tag,
            target,
            arguments=arguments | dict(more or {}),
            secrets=secrets,
            platform=self.platform,
        )
        self.engine.build(build, SOURCE, self.out / f"{tag.rpartition('/')[2].partition(':')[0]}.log")
        print(f"  {int(self.engine.inspect(tag)['Size']) / 1e6:.0f} MB, {time.monotonic() - began:.0f} s", flush=True)

    def _school(self) -> str:
        """The tag of an image with the school's files and nothing else. Raises EngineFailed."""
        if "school" not in self._built:
            tag = f"{LOCAL}/school:{self.release}"
            with tempfile.TemporaryDirectory(prefix="apranova-school-") as folder:
                copy_choices(self.choices, Path(folder))
                dockerfile = Path(folder, "Dockerfile")
                dockerfile.write_text(SCHOOL_DOCKERFILE)
                build = Build(dockerfile, tag, platform=self.platform)
                self.engine.build(build, Path(folder), self.out / "school.log")
            self._built["school"] = tag
        return self._built["school"]


def copy_choices(choices: ImageChoices, into: Path) -> None:
    """Extensions, and a folder for each project with its lock files alone."""
    for name in ("extensions", "packages"):
        (into / name).mkdir()
    for file in choices.vsix_files():
        shutil.copyfile(file, into / "extensions" / file.name)
    for number, project in enumerate(choices.packages):
        (into / "packages" / str(number)).mkdir()
        for file in lock_files(project):
            shutil.copyfile(file, into / "packages" / str(number) / file.name)


def registry_settings(environment: Mapping[str, str]) -> dict[str, Path]:
    """How this machine reaches package registries: the id of a build secret → an existing file."""
    home = Path(environment.get("HOME", "/nonexistent"))
    user_pip = (home / ".config/pip/pip.conf", home / ".pip/pip.conf", "/etc/pip.conf")
    candidates = {
        "pip": (environment.get("PIP_CONFIG_FILE"), *user_pip),
        "npm": (environment.get("NPM_CONFIG_USERCONFIG"), home / ".npmrc"),
        "ca": (environment.get("SSL_CERT_FILE"),),
    }
    found = {}
    for name, files in candidates.items():
        existing = [Path(file) for file in files if file and Path(file).is_file()]
        if existing:
            found[name] = existing[0]
    return found
