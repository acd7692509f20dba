"""Extensions that a school has every workspace bring."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from images.building import BuildFailed
from images.vscode import school_extensions

MANIFEST = {"name": "greeter", "publisher": "School", "version": "1.0.0", "engines": {"vscode": "^1.100.0"}}


def vsix(folder: Path, name: str = "greeter.vsix", **files: str) -> Path:
    file = folder / name
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("extension.vsixmanifest", "<PackageManifest/>")
        archive.writestr("extension/package.json", json.dumps(MANIFEST))
        for inside, text in files.items():
            archive.writestr(inside, text)
    return file


def test_an_extension_is_unpacked_next_to_vs_codes_own(tmp_path: Path) -> None:
    file = vsix(tmp_path, **{"extension/out/main.js": "exports.activate = () => {};"})
    program = zipfile.ZipInfo("extension/bin/server")
    program.external_attr = 0o755 << 16
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(program, "#!/bin/sh\n")
    assert school_extensions.files_in(str(tmp_path)) == [file]
    school_extensions.add([file], tmp_path / "extensions")
    made = tmp_path / "extensions/school.greeter"
    assert json.loads((made / "package.json").read_text()) == MANIFEST
    assert (made / "out/main.js").read_text() == "exports.activate = () => {};"
    assert (made / "bin/server").stat().st_mode & 0o777 == 0o755
    assert not (made / "extension.vsixmanifest").exists()


def test_another_content_of_the_folder_makes_another_image(tmp_path: Path) -> None:
    file = vsix(tmp_path)
    before = school_extensions.key([file])
    vsix(tmp_path, **{"extension/new.js": ""})
    assert school_extensions.key([file]) != before
    assert school_extensions.key([]) == ""


def test_without_the_setting_there_are_none_and_a_missing_folder_is_named() -> None:
    assert school_extensions.files_in("") == []
    with pytest.raises(BuildFailed, match="/nowhere, which is not a folder"):
        school_extensions.files_in("/nowhere")


def test_a_file_that_would_write_outside_its_folder_is_refused(tmp_path: Path) -> None:
    file = vsix(tmp_path, **{"extension/../../server.js": "owned"})
    with pytest.raises(BuildFailed, match=r"greeter\.vsix cannot be used: it would write outside its folder"):
        school_extensions.add([file], tmp_path / "a/extensions")
    assert not (tmp_path / "a/server.js").exists()


def test_files_that_are_damaged_or_encrypted_or_there_twice_are_named(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.vsix"
    damaged.write_text("no zip")
    with pytest.raises(BuildFailed, match=r"damaged\.vsix cannot be used: it is damaged"):
        school_extensions.add([damaged], tmp_path / "extensions")
    locked = vsix(tmp_path, "locked.vsix")
    content = bytearray(locked.read_bytes())
    for mark, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = content.index(b"extension/package.json") if flags == 6 else content.rindex(b"extension/package.json")
        content[content.rindex(mark, 0, at) + flags] |= 1
    locked.write_bytes(content)
    with pytest.raises(BuildFailed, match=r"locked\.vsix cannot be used: it is damaged or .* encrypted"):
        school_extensions.add([locked], tmp_path / "extensions")
    twice = [vsix(tmp_path, "a.vsix"), vsix(tmp_path, "b.vsix")]
    with pytest.raises(BuildFailed, match=r"b\.vsix cannot be used: school\.greeter is in another file"):
        school_extensions.add(twice, tmp_path / "extensions")
