"""A bundle of models: refused unless it is the signed one and holds models alone."""

from __future__ import annotations

import hashlib
import io
import tarfile

import pytest

from alpr_wire.bundles import NAMES, pack, unpack
from alpr_wire.errors import WireError

FILES = {name: name.encode() for name in NAMES}


def tar(*entries: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as file:
        for name, kind in entries:
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, "/etc/shadow"
            file.addfile(entry)
    return out.getvalue()


EVERY = [(name, tarfile.REGTYPE) for name in sorted(NAMES)]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no tar" * 200,
        tar(*EVERY[:-1]),
        tar(*EVERY, ("../../etc/passwd", tarfile.REGTYPE)),
        tar(*EVERY, ("/etc/passwd", tarfile.REGTYPE)),
        tar(*EVERY, EVERY[0]),
        tar(*EVERY[:-1], (EVERY[-1][0], tarfile.SYMTYPE)),
        tar(*EVERY[:-1], (EVERY[-1][0], tarfile.LNKTYPE)),
        tar(*EVERY[:-1], (EVERY[-1][0], tarfile.FIFOTYPE)),
    ],
)
def test_what_is_no_bundle_is_refused_even_where_its_hash_holds(data: bytes) -> None:
    with pytest.raises(WireError):
        unpack(data, hashlib.sha256(data).digest())


def test_another_bundle_than_the_signed_one_is_refused() -> None:
    data = pack(FILES)
    for wrong in (b"", bytes(32), hashlib.sha256(data + b"x").digest()):
        with pytest.raises(WireError, match="is not the one that the city names"):
            unpack(data, wrong)


def test_files_that_are_no_models_are_not_packed() -> None:
    for files in ({}, dict(list(FILES.items())[1:]), FILES | {"notes.txt": b""}):
        with pytest.raises(WireError):
            pack(files)


def test_a_bundle_comes_out_as_it_went_in_and_is_the_same_each_time() -> None:
    data = pack(FILES)
    assert data == pack(dict(reversed(FILES.items())))
    assert unpack(data, hashlib.sha256(data).digest()) == FILES
