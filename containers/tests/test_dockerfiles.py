"""What every Dockerfile of ours keeps to: hadolint's rules, and ours that it does not know."""

from __future__ import annotations

import re
import subprocess
import sysconfig
from pathlib import Path

import pytest

from containers.catalogue import IMAGES, SOURCE, Image
from containers.tests.dockerfile import Dockerfile, read

HADOLINT = Path(sysconfig.get_path("scripts")) / "hadolint"
PINNED_BASE = re.compile(r"[a-z0-9./-]+:[a-z0-9.-]*\d{8}[a-z0-9.-]*@sha256:[0-9a-f]{64}")
SECRET = re.compile(r"(?i)(secret|token|passw|credential|api_?key|private_?key)")


def problems_of(dockerfile: Dockerfile) -> list[str]:
    """Every rule that is broken, in words."""
    found = [*_bases(dockerfile), *_last_stage(dockerfile), *_steps(dockerfile)]
    if dockerfile.values("ADD"):
        found.append("ADD fetches and unpacks without being asked: use COPY")
    found += [
        f"{name} {value}: a secret would stay in the image"
        for name, value in dockerfile.instructions
        if name in ("ARG", "ENV") and any(SECRET.search(word.partition("=")[0]) for word in value.split())
    ]
    return found


def _bases(dockerfile: Dockerfile) -> list[str]:
    arguments = dict(value.partition("=")[::2] for value in dockerfile.values("ARG"))
    stages = {"scratch"}
    found = []
    for value in dockerfile.values("FROM"):
        base, _, stage = value.partition(" AS ")
        name = re.fullmatch(r"\$\{(\w+)\}", base)
        default = arguments.get(name[1], "") if name else base
        if default not in stages and not PINNED_BASE.fullmatch(default):
            found.append(f"FROM {base}: an image with a dated tag and a digest is expected, not {default!r}")
        stages.add(stage)
        stages |= {word for word in arguments.values() if word in re.findall(r" AS (\S+)", dockerfile.text)}
    return found


def _last_stage(dockerfile: Dockerfile) -> list[str]:
    found = []
    names = [name for name, _ in dockerfile.last_stage]
    users = [value for name, value in dockerfile.last_stage if name == "USER"]
    if not users or not re.fullmatch(r"[1-9]\d*:[1-9]\d*", users[-1]):
        found.append("the last USER is expected to be a number other than 0, with a group")
    elif "RUN" in names[names.index("USER") :]:
        found.append("RUN after USER: what is made there would belong to the user")
    checks = [value for name, value in dockerfile.last_stage if name == "HEALTHCHECK"]
    if not checks or not re.search(r"CMD\s+\[", checks[-1]):
        found.append("a HEALTHCHECK without a shell is missing")
    if "CMD" not in names or not dockerfile.last("CMD").startswith("["):
        found.append("a CMD without a shell is missing")
    if "VOLUME" not in names:
        found.append("no VOLUME says what can be written: the root is read-only")
    return found


def _steps(dockerfile: Dockerfile) -> list[str]:
    found = []
    for value in dockerfile.values("RUN"):
        if re.search(r"pip[^&|;]* install", value) and "--require-hashes" not in value:
            found.append(f"pip without --require-hashes: {value}")
        if re.search(r"\bnpm (install|i|add)\b", value):
            found.append(f"npm ci, from the lock file, is expected: {value}")
        if re.search(r"\b(curl|wget)\b.*https?://", value):
            found.append(f"a download without a lock: {value}")
        if "apt-get install" in value and "--no-install-recommends" not in value:
            found.append(f"apt-get without --no-install-recommends: {value}")
    return found


each_image = pytest.mark.parametrize("image", IMAGES, ids=lambda image: image.name)


@each_image
def test_a_dockerfile_keeps_to_our_rules(image: Image) -> None:
    assert problems_of(read(image)) == []


@each_image
def test_hadolint_finds_nothing(image: Image) -> None:
    done = subprocess.run(
        [HADOLINT, "--config", SOURCE / ".hadolint.yaml", "--no-color", SOURCE / image.dockerfile],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def test_all_images_stand_on_the_same_base() -> None:
    bases = {next(value for value in read(image).values("ARG") if value.startswith("BASE=")) for image in IMAGES}
    assert len(bases) == 1


def test_every_dockerfile_is_in_the_catalogue() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*Dockerfile*"],
        cwd=SOURCE, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    assert {line for line in listed.stdout.split() if "/tests/" not in line} == {image.dockerfile for image in IMAGES}


GOOD = """
ARG BASE=docker.io/library/debian:bookworm-20260824-slim@sha256:{digest}
FROM ${{BASE}} AS python
RUN apt-get install -y --no-install-recommends python3
FROM python
VOLUME ["/tmp"]
USER 1000:1000
HEALTHCHECK CMD ["true"]
CMD ["true"]
""".format(digest="0" * 64)


@pytest.mark.parametrize(
    ("good", "bad", "named"),
    [
        ("-20260824-slim@sha256:" + "0" * 64, "-slim", "dated tag and a digest"),
        ("FROM python\n", "FROM debian:latest\n", "dated tag and a digest"),
        ("USER 1000:1000\n", "", "USER"),
        ("USER 1000:1000\n", "USER 0:0\n", "USER"),
        ("USER 1000:1000\n", "USER 1000:1000\nRUN touch /tmp/x\n", "RUN after USER"),
        ('HEALTHCHECK CMD ["true"]\n', "", "HEALTHCHECK"),
        ('\nCMD ["true"]\n', "\nCMD true\n", "CMD"),
        ('VOLUME ["/tmp"]\n', "", "VOLUME"),
        ("USER 1000", "ADD https://example.org/x /x\nUSER 1000", "ADD"),
        ("USER 1000", "ENV API_TOKEN=x\nUSER 1000", "secret"),
        ("USER 1000", "ARG NPM_PASSWORD\nUSER 1000", "secret"),
        ("USER 1000", "RUN pip install django\nUSER 1000", "--require-hashes"),
        ("USER 1000", "RUN npm install next\nUSER 1000", "npm ci"),
        ("USER 1000", "RUN curl -o /x https://example.org/x\nUSER 1000", "download"),
        ("--no-install-recommends ", "", "--no-install-recommends"),
    ],
)
def test_a_broken_rule_is_found(good: str, bad: str, named: str) -> None:
    assert problems_of(Dockerfile(GOOD)) == []
    assert good in GOOD
    assert any(named in problem for problem in problems_of(Dockerfile(GOOD.replace(good, bad))))


def test_builds_see_sources_and_nothing_of_this_machine() -> None:
    """Docker reads the last rule that fits: all is out, then each folder of ours in, then what lies in them out again."""
    rules = [line for line in (SOURCE / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert rules[0] == "*"
    for image in IMAGES:
        copied = [value.split()[0] for value in read(image).values("COPY") if not value.startswith("--from")]
        for path in copied:
            assert any(rule in (f"!{path}", f"!{path.split('/')[0]}") for rule in rules), f"{image.dockerfile}: {path}"
    for private in ("**/node_modules", "**/__pycache__", "portal/.next"):
        assert private in rules[rules.index("!portal") :]
