"""The file by which VS Code's server need not read the image's extensions, without a server."""

from __future__ import annotations

import json
from pathlib import Path

from images.vscode import known_extensions


def test_what_was_found_at_the_build_is_said_of_the_place_where_tasks_have_it(tmp_path: Path) -> None:
    built = tmp_path / 'of "images"'
    built.mkdir()
    (built / known_extensions.FILE).write_text(json.dumps({"location": f"{built}/lib/extensions", "other": "/lib"}))
    known_extensions.move_to_mount(built)
    moved = json.loads((built / known_extensions.FILE).read_text())
    assert moved == {"location": "/opt/code-server/lib/extensions", "other": "/lib"}


def test_what_a_home_knows_of_an_earlier_image_is_not_believed(tmp_path: Path) -> None:
    """The server compares the folder's time: it depends on what the extensions are, not on when the
    image was built."""

    def time_of(*manifests: tuple[str, str]) -> float:
        extensions = tmp_path / str(len(list(tmp_path.iterdir())))
        for name, text in manifests:
            (extensions / name).mkdir(parents=True)
            (extensions / name / "package.json").write_text(text)
        known_extensions.set_time(extensions)
        return extensions.stat().st_mtime

    before = time_of(("git", "1"), ("theme", "2"))
    assert time_of(("theme", "2"), ("git", "1")) == before == int(before)
    others = {time_of(("git", "1")), time_of(("git", "2"), ("theme", "2")), time_of(("git", "1"), ("school", "2"))}
    assert before not in others
    assert len(others) == 3


def test_a_server_that_starts_before_any_home_has_the_image_s_file_and_a_home_keeps_its_own(tmp_path: Path) -> None:
    image = Path(known_extensions.MOUNTED_AT)
    for _ in range(2):
        known_extensions.offer(image, tmp_path)
    assert known_extensions.place(tmp_path).readlink() == image / known_extensions.FILE
    known_extensions.place(tmp_path).unlink()
    known_extensions.place(tmp_path).write_text("its own")
    known_extensions.offer(image, tmp_path)
    assert known_extensions.place(tmp_path).read_text() == "its own"


def test_where_nothing_is_mounted_the_server_reads_the_extensions_itself(tmp_path: Path) -> None:
    known_extensions.offer(tmp_path / "code-server", tmp_path / "data")
    assert not (tmp_path / "data").exists()
