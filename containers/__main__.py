"""`./apranova images`: build the container images, list what is in them, try them, push them."""

from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from containers import soci
from containers.bill_of_materials import DPKG_QUERY, BadLock, Platform, write_bill
from containers.catalogue import BY_NAME, SOURCE, STATIC_TARGET, Image, UnknownImage, choose
from containers.engine import Build, Engine, EngineFailed, NoEngine, find_engine
from containers.smoke import NotWell, smoke

LOCAL = "localhost/apranova"
PLATFORMS = {"x86": ("linux/amd64", "x86_64"), "arm": ("linux/arm64", "aarch64")}
_RELEASE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")


class BadRequest(Exception):
    """What was asked for cannot be; the text says why and what to do."""


def main() -> int:
    arguments = _parse()
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        sys.stderr.write("apranova: stopped. Run the same command again; what is built is kept.\n")
        return 130
    except (BadRequest, UnknownImage, NoEngine, EngineFailed, NotWell, BadLock) as problem:
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
        "How this machine reaches package registries (pip.conf, ~/.npmrc, SSL_CERT_FILE) is lent to the builds as secrets and stays in no image.",
    )
    parser.add_argument("images", nargs="*", metavar="IMAGE", help="which; all of them when none is named")
    parser.add_argument("--registry", default=LOCAL, metavar="PREFIX", help=f"in front of each name (default {LOCAL})")
    parser.add_argument("--release", default="", metavar="TAG", help="default: the commit of this checkout")
    parser.add_argument("--arch", choices=tuple(PLATFORMS), help="processor (default: this machine's)")
    parser.add_argument("--engine", default="", help="the command to use, such as podman or 'docker --context build'")
    parser.add_argument("--base", default="", metavar="IMAGE", help="another base than the pinned Debian 12")
    parser.add_argument(
        "--earlier", default="", metavar="GATEWAY", help="a gateway image whose static files the new one keeps"
    )
    parser.add_argument("--out", type=Path, default=SOURCE / "dist/images", help="for logs and bills of materials")
    parser.add_argument(
        "--bills-only", action="store_true", help="only the bills of materials, from lock files; no engine"
    )
    parser.add_argument("--no-build", action="store_true", help="take the images as they are")
    parser.add_argument(
        "--smoke", action="store_true", help="start each and check it: no root, no writable root, healthy"
    )
    parser.add_argument("--push", action="store_true", help="push them to the registry; sign in to it before")
    parser.add_argument(
        "--compression",
        choices=("gzip", "zstd"),
        help="of pushed layers; zstd with Podman only (default: with Podman zstd, but gzip for workspaces, whose SOCI index needs it)",
    )
    arguments = parser.parse_args()
    # The program's own name comes first when ./apranova starts us.
    if arguments.images[:1] == ["images"]:
        arguments.images = arguments.images[1:]
    return arguments


def _run(arguments: argparse.Namespace) -> int:
    images = choose(arguments.images)
    release = arguments.release or _commit()
    if not _RELEASE.fullmatch(release):
        raise BadRequest(f"--release {release!r}: letters, digits, dots, dashes and underscores are expected")
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
        raise BadRequest(
            "Docker compresses with zstd only while it builds; use Podman (--engine podman) or --compression gzip"
        )
    tags = {image.name: f"{arguments.registry}/{image.name}:{release}" for image in images}
    if not arguments.no_build:
        for image in images:
            _build(engine, image, tags[image.name], arguments, release=release)
            _write_bill(
                image,
                arguments.out,
                release=release,
                where=where,
                debian=engine.output_of(tags[image.name], DPKG_QUERY),
            )
    if arguments.smoke:
        for image in images:
            _try(engine, image, tags[image.name])
    if arguments.push:
        _push(engine, images, tags, arguments, platform="linux/arm64" if where.machine == "aarch64" else "linux/amd64")
    return 0


def _push(
    engine: Engine, images: Sequence[Image], tags: Mapping[str, str], arguments: argparse.Namespace, *, platform: str
) -> None:
    """Workspaces start for somebody who waits, and are large: an index. The others start ahead, and unpack faster from zstd."""
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


def _build(engine: Engine, image: Image, tag: str, arguments: argparse.Namespace, *, release: str) -> None:
    given = {"BASE": arguments.base} if arguments.base else {}
    proxies = {name: value for name, value in os.environ.items() if name.lower() in ("http_proxy", "https_proxy", "no_proxy")}  # fmt: skip
    secrets = _registry_settings(os.environ)
    target_platform = PLATFORMS[arguments.arch][0] if arguments.arch else ""

    def build(what: Image, tag: str, target: str, more: dict[str, str]) -> None:
        print(f"building {tag} …", flush=True)
        began = time.monotonic()
        build = Build(
            SOURCE / what.dockerfile,
            tag,
            target,
            arguments=given | proxies | more,
            secrets={
                name: file for name, file in secrets.items() if f"id={name}," in (SOURCE / what.dockerfile).read_text()
            },
            platform=target_platform,
        )
        engine.build(build, SOURCE, arguments.out / f"{tag.rpartition('/')[2].partition(':')[0]}.log")
        print(f"  {int(engine.inspect(tag)['Size']) / 1e6:.0f} MB, {time.monotonic() - began:.0f} s", flush=True)

    taken = {}
    for argument, giver in image.static_from.items():
        taken[argument] = f"{LOCAL}/{giver}-{STATIC_TARGET}:{release}"
        build(BY_NAME[giver], taken[argument], STATIC_TARGET, {})
    if taken:  # without an earlier gateway, files that come anyway stand in for its
        taken["EARLIER"] = arguments.earlier or next(iter(taken.values()))
    build(image, tag, "", taken)


def _write_bill(image: Image, out: Path, *, release: str, where: Platform, debian: str = "") -> None:
    file = out / f"{image.name}.cdx.json"
    file.write_text(write_bill(image, release=release, platform=where, debian=debian))
    print(f"  {file}")


def _try(engine: Engine, image: Image, tag: str) -> None:
    seen = smoke(engine, image, tag)
    print(
        f"✓ {tag}: uid {seen.uid}, read-only root, {seen.size_bytes / 1e6:.0f} MB, healthy after {seen.healthy_s:.1f} s, "
        f"ended {seen.stopped_s:.1f} s after SIGTERM{'; ' if seen.agent else ''}{seen.agent}",
        flush=True,
    )


def _registry_settings(environment: Mapping[str, str]) -> dict[str, Path]:
    """The files that say how this machine reaches package registries: secret's id → file, of those that are there."""
    home = Path(environment.get("HOME", "/nonexistent"))
    candidates = {
        "pip": (
            environment.get("PIP_CONFIG_FILE"),
            home / ".config/pip/pip.conf",
            home / ".pip/pip.conf",
            "/etc/pip.conf",
        ),
        "npm": (environment.get("NPM_CONFIG_USERCONFIG"), home / ".npmrc"),
        "ca": (environment.get("SSL_CERT_FILE"),),
    }
    found = {}
    for name, files in candidates.items():
        existing = [Path(file) for file in files if file and Path(file).is_file()]
        if existing:
            found[name] = existing[0]
    return found


def _commit() -> str:
    """The short hash, with a word when the tree differs from it. Raises BadRequest outside a checkout."""
    try:
        word = subprocess.check_output(["git", "describe", "--always", "--exclude=*", "--abbrev=12", "--dirty=-changed"], cwd=SOURCE, text=True, stderr=subprocess.DEVNULL)  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        raise BadRequest("this is no git checkout, so the release has no name: give one with --release") from None
    return word.strip()


if __name__ == "__main__":
    sys.exit(main())
