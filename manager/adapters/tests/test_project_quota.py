"""Quotas of the kernel for homes: on a real file system where root can mount one that has them."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from manager.adapters.directory_homes.homes import DirectoryHomeVolumes
from manager.adapters.directory_homes.project_quota import NOT_POSSIBLE, ProjectQuotas
from manager.domain.policy import Policy

HOME, OTHER = "home-aaaaaaaaaaaaaaaa", "home-bbbbbbbbbbbbbbbb"
SMALL = Policy(home_bytes_max=10_000_000, home_files_max=100)


def test_a_file_system_without_quotas_is_watched_and_homes_are_made_all_the_same(tmp_path: Path) -> None:
    quotas = ProjectQuotas(tmp_path, SMALL)
    if quotas.words() != NOT_POSSIBLE:
        pytest.skip("this machine's temporary folder has project quotas")
    assert list(tmp_path.iterdir()) == []
    DirectoryHomeVolumes(tmp_path, limit=quotas.limit).create(HOME)
    assert (tmp_path / HOME).is_dir()


@pytest.fixture
def with_quotas(tmp_path: Path) -> Iterator[Path]:
    place, image = tmp_path / "homes", tmp_path / "image"
    place.mkdir()
    with image.open("wb") as file:
        file.truncate(100 * 2**20)
    if shutil.which("mkfs.ext4") is None:
        pytest.skip("mkfs.ext4 is not installed")
    subprocess.run(["mkfs.ext4", "-q", "-O", "project,quota", "-E", "quotatype=prjquota", image], check=True)
    mount = subprocess.run(["mount", "-o", "loop,prjquota", image, place], check=False, capture_output=True, text=True)
    if mount.returncode != 0:
        pytest.skip(f"this kernel has no quotas: {mount.stderr.strip()}")
    yield place
    subprocess.run(["umount", place], check=True)


@pytest.mark.root  # who alone may set quotas
def test_the_kernel_refuses_what_goes_beyond_a_homes_limit_and_no_other_home_is_concerned(with_quotas: Path) -> None:
    quotas = ProjectQuotas(with_quotas, SMALL)
    assert quotas.words() == "watched, and by project quota at 0.0 GB and 120 files"
    homes = DirectoryHomeVolumes(with_quotas, sandbox_uid=61_000, limit=quotas.limit)
    homes.create(HOME)
    homes.create(OTHER)
    (with_quotas / HOME / "folder").mkdir()
    os.chown(with_quotas / HOME / "folder", 61_000, 61_000)

    def as_student(command: str) -> str:
        done = subprocess.run(
            ["setpriv", "--reuid=61000", "--regid=61000", "--clear-groups", "sh", "-c", command],
            cwd=with_quotas,
            check=False,
            capture_output=True,
            text=True,
        )
        return done.stderr

    assert as_student(f"head -c 11000000 /dev/zero > {HOME}/folder/fits") == ""
    assert os.strerror(errno.EDQUOT) in as_student(f"head -c 2000000 /dev/zero > {HOME}/folder/too-much")
    assert as_student(f"head -c 11000000 /dev/zero > {OTHER}/fits") == ""
    assert as_student(f"for n in $(seq 100); do : > {OTHER}/$n; done") == ""
    assert os.strerror(errno.EDQUOT) in as_student(f"for n in $(seq 101 130); do : > {OTHER}/$n; done")
    assert as_student(f"rm {HOME}/folder/fits; echo x > {HOME}/note") == "", "who cleans up can work on"
    homes.purge(HOME)
    homes.purge(OTHER)
