"""Documents stay true: every path, function and command that a Markdown file names exists."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE_BLOCK = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(#[^)\s]*)?\)")
PATH = re.compile(r"`([\w.<>/-]+/[\w.<>-]+\.(?:py|tsx?|js|css|yaml|toml|json|md|txt|in|pem))(?::(\w+))?`")
"""`folder/file.py`, or `folder/file.py:function`. `<kind>` stands for any name."""
COMMAND = re.compile(r"\./apranova ([a-z][a-z-]*)")


def documents() -> list[Path]:
    return [*ROOT.glob("*.md"), *ROOT.glob("*/README.md"), *ROOT.glob("docs/**/*.md")]


def test_every_link_between_documents_leads_somewhere() -> None:
    broken = []
    for document in documents():
        for target, anchor in LINK.findall(CODE_BLOCK.sub("", document.read_text(encoding="utf-8"))):
            there = (document.parent / target).resolve() if target else document
            if not there.exists() or (anchor and anchor not in anchors(there)):
                broken.append(f"{document.relative_to(ROOT)}: {target}{anchor}")
    assert not broken


def anchors(document: Path) -> set[str]:
    """The anchors that GitHub makes of a document's headings."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {"#" + re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_file_and_function_that_a_document_names_exists() -> None:
    """A path counts if it begins with a folder of the repository or of the document."""
    missing = []
    for document in documents():
        for name, function in PATH.findall(document.read_text(encoding="utf-8")):
            if name.startswith("/"):
                continue  # a place of a server, such as /etc/apranova/school.toml
            if not any((folder / name.split("/")[0]).is_dir() for folder in (ROOT, document.parent)):
                continue  # data of an installation, such as logs/manager.log
            pattern = re.sub(r"<[^>]+>", "*", name)
            found = [path for folder in (ROOT, document.parent) for path in folder.glob(pattern)]
            if not found or (function and not re.search(rf"\b{function}\b", found[0].read_text(encoding="utf-8"))):
                missing.append(f"{document.relative_to(ROOT)}: {name}{function and ':' + function}")
    assert not missing


def test_every_command_that_a_document_names_exists() -> None:
    commands = set(re.findall(r'^    "([a-z-]+)": ', (ROOT / "apranova").read_text(encoding="utf-8"), re.MULTILINE))
    named = {name for document in documents() for name in COMMAND.findall(document.read_text(encoding="utf-8"))}
    assert named - commands == set()


def test_the_readme_names_every_command_of_the_help_every_guide_and_every_runbook() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    script = (ROOT / "apranova").read_text(encoding="utf-8")
    shown = script.partition('HELP = """')[2].partition('"""')[0]
    commands = set(re.findall(r"^  ([a-z][a-z-]+) ", shown, re.MULTILINE))
    assert commands, "so that the next line can fail"
    assert commands - set(COMMAND.findall(readme)) == set()
    pages = [page for folder in ("guides", "runbooks") for page in (ROOT / "docs" / folder).glob("*.md")]
    assert [page.name for page in pages if f"({page.relative_to(ROOT)})" not in readme] == []


def test_each_decision_has_a_number_of_its_own() -> None:
    numbers = [it.name[:4] for it in (ROOT / "docs/decisions").glob("[0-9]*.md")]
    assert sorted(set(numbers)) == sorted(numbers)
