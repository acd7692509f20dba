"""Zips as people upload them, and as attackers do."""

from __future__ import annotations

import io
import stat
import zipfile

STARTER = {"main.py": "print(1)\n", "data/rows.csv": "a,b\n"}


def zip_of(files=None, *, links=(), modes=(), password=False):
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (files or STARTER).items():
            archive.writestr(name, content)
        for name in links:
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(entry, "/etc/passwd")
        for name, mode in modes:
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            archive.writestr(entry, "x")
    raw = bytearray(kept.getvalue())
    if password:  # what a zip with a password says of each file
        for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            start = 0
            while (start := raw.find(mark, start)) >= 0:
                raw[start + place] |= 1
                start += 4
    return bytes(raw)
