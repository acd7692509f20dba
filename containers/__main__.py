"""The command `./apranova images`: build, list packages, check, push."""

from __future__ import annotations

import argparse
import platform
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from containers import soci
from containers.bill_of_materials import DPKG_QUERY, BadLock, Platform, write_bill
from containers.building import LOCAL, Builder
from containers.catalogue import BY_NAME, SOURCE, Image, UnknownImage, choose
from containers.engine import Engine, EngineFailed, NoEngine, find_engine
from containers.smoke import NotWell, smoke
from contract.environment import BadSetting
from contract.image_choices import NODE_VERSIONS, read_choices

PLATFORMS = {"x86": ("linux/amd64", "x86_64"), "arm": ("linux/arm64", "aarch64")}
_RELEASE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")


class BadRequest(Exception):
    """The arguments cannot be carried out. The text says why and what to do."""


def main() -> int:
    arguments = _parse()
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        sys.stderr.write("apranova: stopped. Run the same command to continue; finished builds are kept.\n")
        return 130
    except (BadRequest, UnknownImage, NoEngine, EngineFailed, NotWell, BadLock, BadSetting) as problem:
        sys.stderr.write(f"apranova: {problem}\n")
        return 1
    except OSError as problem:
        sys.stderr.write(f"apranova: {problem.strerror}: {problem.filename}\n")
        return 1


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="apranova images",
        description="Build the container images with Docker or Podman, with a bill of materials (CycloneDX) for each.",
        epilog=f"Images: {', '.join(BY_NAME)}. "
        "The builds get this machine's registry settings (pip.conf, ~/.npmrc, SSL_CERT_FILE) as secrets, which stay in no image.",
    )
    parser.add_argument("images", nargs="*", metavar="IMAGE", help="default: all of them")
    parser.add_argument(
        "--registry", default=LOCAL, metavar="PREFIX", help=f"prefix of each image's name (default: {LOCAL})"
    )
    parser.add_argument("--release", default="", metavar="TAG", help="default: the commit of this checkout")
    parser.add_argument("--arch", choices=tuple(PLATFORMS), help="processor (default: this machine's)")
    parser.add_argument(
        "--engine", default="", help="the container command, such as podman or 'docker --context build'"
    )
    parser.add_argument("--base", default="", metavar="IMAGE", help="a base image in place of the pinned Debian 12")
    parser.add_argument(
        "--earlier", default="", metavar="GATEWAY", help="an earlier gateway image whose static files the new one keeps"
    )
    for_school = parser.add_argument_group(
        "what a school's VS Code workspaces have besides (it becomes part of the tag)"
    )
    for_school.add_argument(
        "--node-version", action="append", default=[], choices=NODE_VERSIONS, help="more of Node.js; again for another"
    )
    for_school.add_argument("--extensions", default="", metavar="FOLDER", help="with .vsix files")
    for_school.add_argument(
        "--packages",
        action="append",
        default=[],
        metavar="FOLDER",
        help="a project, whose package-lock.json or requirements.txt names packages; again for another",
    )
    parser.add_argument(
        "--out", type=Path, default=SOURCE / "dist/images", help="folder for logs and bills of materials"
    )
    parser.add_argument(
        "--bills-only", action="store_true", help="write only the bills of materials, from lock files; needs no engine"
    )
    parser.add_argument("--no-build", action="store_true", help="use the images that exist")
    parser.add_argument(
        "--smoke", action="store_true", help="start each image and check it: no root user, no writable root, healthy"
    )
    parser.add_argument("--push", action="store_true", help="push the images to the registry; sign in to it first")
    parser.add_argument(
        "--compression",
        choices=("gzip", "zstd"),
        help="of pushed layers (default with Podman: zstd, and gzip for workspaces, whose SOCI index needs it; Docker pushes gzip only)",
    )
    arguments = parser.parse_args()
    # ./apranova passes its command's name on.
    if arguments.images[:1] == ["images"]:
        arguments.images = arguments.images[1:]
    return arguments


def _run(arguments: argparse.Namespace) -> int:
    images = choose(arguments.images)
    choices = read_choices(arguments.node_version, arguments.extensions, arguments.packages, base=Path.cwd())
    release = choices.tag(arguments.release or _commit())
    if not _RELEASE.fullmatch(release):
        raise BadRequest(f"--release {release!r}: use letters, digits, dots, dashes and underscores only")
    if arguments.push and arguments.registry == LOCAL:
        raise BadRequest("--push needs --registry, such as 123456789012.dkr.ecr.eu-central-1.amazonaws.com/apranova")
    arguments.out.mkdir(parents=True, exist_ok=True)
    machine = PLATFORMS[arguments.arch][1] if arguments.arch else platform.machine()
    where = Platform({"amd64": "x86_64", "arm64": "aarch64"}.get(machine, machine))
    if where.machine not in ("x86_64", "aarch64"):
        raise BadRequest(f"there are no images for {where.machine}; choose --arch x86 or --arch arm")
    if arguments.bills_only:
        for image in images:
            _write_bill(image, arguments.out, release=release, where=where)
        return 0
    engine = find_engine(arguments.engine)
    if arguments.push and arguments.compression == "zstd" and not engine.is_podman:
        raise BadRequest("Docker cannot push zstd; use Podman (--engine podman) or --compression gzip")
    tags = {image.name: f"{arguments.registry}/{image.name}:{release}" for image in images}
    if not arguments.no_build:
        target = PLATFORMS[arguments.arch][0] if arguments.arch else ""
        builder = Builder(engine, release, arguments.out, base=arguments.base, platform=target, choices=choices)
        for image in images:
            tag = tags[image.name]
            builder.image(image, tag, earlier=arguments.earlier)
            debian = engine.output_of(tag, DPKG_QUERY)
            _write_bill(image, arguments.out, release=release, where=where, debian=debian)
    if arguments.smoke:
        for image in images:
            _try(engine, image, tags[image.name])
    if arguments.push:
        _push(engine, images, tags, arguments, platform="linux/arm64" if where.machine == "aarch64" else "linux/amd64")
    return 0


def _push(
    engine: Engine, images: Sequence[Image], tags: Mapping[str, str], arguments: argparse.Namespace, *, platform: str
) -> None:
    """Students wait for workspaces' large images, which get an index. Others use zstd."""
    indexed = {image.name for image in images if image.kind and arguments.compression != "zstd"}
    reason = soci.why_not(engine) if indexed else ""
    if reason:
        print(soci.LEFT_OUT.format(reason=reason), flush=True)
    for image in images:
        tag = tags[image.name]
        print(f"pushing {tag} …", flush=True)
        if image.name in indexed and not reason:
            soci.push_with_index(engine, tag, platform=platform, scratch=arguments.out)
        else:
            usual = "gzip" if image.kind or not engine.is_podman else "zstd"
            engine.push(tag, compression=arguments.compression or usual)


def _write_bill(image: Image, out: Path, *, release: str, where: Platform, debian: str = "") -> None:
    file = out / f"{image.name}.cdx.json"
    file.write_text(write_bill(image, release=release, platform=where, debian=debian))
    print(f"  {file}")


def _try(engine: Engine, image: Image, tag: str) -> None:
    seen = smoke(engine, image, tag)
    print(
        f"✓ {tag}: uid {seen.uid}, read-only root, {seen.size_bytes / 1e6:.0f} MB, healthy after {seen.healthy_s:.1f} s, "
        f"stopped {seen.stopped_s:.1f} s after SIGTERM{'; ' if seen.agent else ''}{seen.agent}",
        flush=True,
    )


def _commit() -> str:
    """The commit's short hash, marked when the tree has changes. Raises BadRequest without git."""
    try:
        word = subprocess.check_output(["git", "describe", "--always", "--exclude=*", "--abbrev=12", "--dirty=-changed"], cwd=SOURCE, text=True, stderr=subprocess.DEVNULL)  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        raise BadRequest("this is not a git checkout; name the release with --release") from None
    return word.strip()


if __name__ == "__main__":
    sys.exit(main())
