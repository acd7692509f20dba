"""Every Dockerfile follows hadolint's rules and our own."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import sysconfig
from fnmatch import fnmatch
from pathlib import Path

import pytest

from containers.building import LOCAL
from containers.catalogue import IMAGES, SHARED_DOCKERFILE, SHARED_STAGES, SOURCE
from containers.tests.dockerfile import Dockerfile, read, read_file

HADOLINT = Path(sysconfig.get_path("scripts")) / "hadolint"
SHARED = {f"{LOCAL}/{stage}" for stage in SHARED_STAGES}
PINNED_BASE = re.compile(r"[a-z0-9./-]+:[a-z0-9.-]*\d{8}[a-z0-9.-]*@sha256:[0-9a-f]{64}")
SECRET = re.compile(r"(?i)(secret|token|passw|credential|api_?key|private_?key)")


def problems_of(dockerfile: Dockerfile) -> list[str]:
    """The broken rules, in words."""
    found = [*_bases(dockerfile), *_last_stage(dockerfile), *_steps(dockerfile)]
    if dockerfile.values("ADD"):
        found.append("ADD fetches and unpacks implicitly: use COPY")
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
        if default not in stages | SHARED and not PINNED_BASE.fullmatch(default):
            found.append(
                f"FROM {base}: needs a shared stage, or an image with a dated tag and a digest, not {default!r}"
            )
        stages.add(stage)
        stages |= {word for word in arguments.values() if word in re.findall(r" AS (\S+)", dockerfile.text)}
    return found


def _last_stage(dockerfile: Dockerfile) -> list[str]:
    found = []
    names = [name for name, _ in dockerfile.last_stage]
    user = "0:0"
    for name, value in dockerfile.last_stage:
        if name == "USER":
            user = value
        elif name == "RUN" and user != "0:0":
            found.append("RUN after USER: the user would own its files")
    if not re.fullmatch(r"[1-9]\d*:[1-9]\d*", user):
        found.append("the last USER must be a number other than 0, with a group")
    checks = [value for name, value in dockerfile.last_stage if name == "HEALTHCHECK"]
    if not checks or not re.search(r"CMD\s+\[", checks[-1]):
        found.append("a HEALTHCHECK without a shell is missing")
    if "CMD" not in names or not dockerfile.last("CMD").startswith("["):
        found.append("a CMD without a shell is missing")
    if "VOLUME" not in names:
        found.append("a VOLUME for each writable folder is missing: the root is read-only")
    return found


def _steps(dockerfile: Dockerfile) -> list[str]:
    found = []
    for value in dockerfile.values("RUN"):
        if re.search(r"pip[^&|;]* install", value) and "--require-hashes" not in value:
            found.append(f"pip without --require-hashes: {value}")
        if re.search(r"\bnpm (install|i|add)\b", value):
            found.append(f"use npm ci, which follows the lock file: {value}")
        if re.search(r"\b(curl|wget)\b.*https?://", value):
            found.append(f"a download without a lock: {value}")
        if "apt-get install" in value and "--no-install-recommends" not in value:
            found.append(f"apt-get without --no-install-recommends: {value}")
    return found


DOCKERFILES = (SHARED_DOCKERFILE, *(image.dockerfile for image in IMAGES))
each_dockerfile = pytest.mark.parametrize("path", DOCKERFILES)


@each_dockerfile
def test_a_dockerfile_follows_our_rules(path: str) -> None:
    assert problems_of(read_file(path)) == []


@each_dockerfile
def test_hadolint_finds_nothing(path: str) -> None:
    done = subprocess.run(
        [HADOLINT, "--config", SOURCE / ".hadolint.yaml", "--no-color", SOURCE / path],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def test_every_image_stands_on_the_shared_stages() -> None:
    for image in IMAGES:
        *_, last = read(image).values("FROM")
        assert last.removeprefix("${").removesuffix("}").lower() in SHARED_STAGES
        assert "${BUILD} AS build" in read(image).values("FROM")


def test_every_dockerfile_is_in_the_catalogue() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*Dockerfile*"],
        cwd=SOURCE, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    assert {line for line in listed.stdout.split() if "/tests/" not in line} == {*DOCKERFILES}


def imported_by(file: Path) -> set[str]:
    """Modules that it imports when it is loaded; what is for types alone is not."""
    tree = ast.parse(file.read_text())
    found = set()
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{it.name}" for it in node.names)}
        elif isinstance(node, ast.Import):
            found |= {it.name for it in node.names}
    return found


@each_dockerfile
def test_a_build_has_every_module_that_its_programs_import(path: str) -> None:
    """One machine's modules are copied one by one. A new import broke the portal's image."""
    copied = [word for value in read_file(path).values("COPY") for word in value.split()[:-1]]
    ours = [word for word in copied if word.startswith("single_machine/")]
    for file in ours:
        for module in imported_by(SOURCE / file):
            place = module.replace(".", "/") + ".py"
            folder = module.partition(".")[0]
            if (SOURCE / place).is_file():
                assert place in copied or folder in copied, f"{path}: {file} imports {module}"
            elif folder not in (*sys.stdlib_module_names, "single_machine", "contract"):
                raise AssertionError(f"{path}: {file} imports the package {module}")


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


def is_seen(path: str) -> bool:
    """By a build. The last rule that matches the path, or a folder above it, counts."""
    seen = True
    for line in (SOURCE / ".dockerignore").read_text().splitlines():
        rule = line.removeprefix("!")
        parts = [path, *(str(parent) for parent in Path(path).parents)]
        names = [Path(part).name for part in parts]
        found = names if rule.startswith("**/") else parts
        if line and line[0] != "#" and (rule == "*" or any(fnmatch(it, rule.removeprefix("**/")) for it in found)):
            seen = line.startswith("!")
    return seen


def test_builds_see_every_extension_of_ours() -> None:
    """One is called `tests`, and was left out like our own: the image could not be built."""
    listed = subprocess.run(
        ["git", "ls-files", "images/vscode/extensions"], cwd=SOURCE, capture_output=True, text=True, check=False
    )
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    files = listed.stdout.split()
    assert len(files) > 10
    assert [file for file in files if not is_seen(file)] == []
    hidden = (
        "agent/tests/fake_task.py",
        "portal/node_modules/x.js",
        "docs/history.md",
        "images/vscode/tests/test_build.py",
    )
    assert [file for file in hidden if is_seen(file)] == []


def test_builds_see_sources_and_no_private_files() -> None:
    """The last matching rule counts: exclude all, include folders, exclude private parts."""
    rules = [line for line in (SOURCE / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert rules[0] == "*"
    for dockerfile in DOCKERFILES:
        copied = [value.split()[0] for value in read_file(dockerfile).values("COPY") if not value.startswith("--from")]
        for path in copied:
            assert any(rule in (f"!{path}", f"!{path.split('/')[0]}") for rule in rules), f"{dockerfile}: {path}"
    for private in ("**/node_modules", "**/__pycache__", "portal/.next"):
        assert private in rules[rules.index("!portal") :]
