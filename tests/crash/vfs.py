"""Puts a simulated disk under the very SQLite library that the product uses.

The standard library's `sqlite3` is linked against the system's libsqlite3. `install` registers a
VFS with that library and makes it the default, so that production code runs unchanged: it calls
`sqlite3.connect`, and everything it writes lands on `Simulated.disk`. It wants a process of its
own.
"""

from __future__ import annotations

import ctypes
import os
import sqlite3
import traceback
from collections.abc import Callable
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_double, c_int, c_int64, c_void_p
from random import Random
from typing import Any

from tests.crash.disk import Disk, File, PowerError, StepError

OK, NOT_FOUND, CANT_OPEN = 0, 12, 14
READ, SHORT_READ, WRITE, SYNC, TRUNCATE, SIZE, DELETE, DELETE_NONE = (
    266, 522, 778, 1034, 1546, 1802, 2570, 5898
)  # fmt: skip
CREATE, MAIN_JOURNAL, WAL = 0x4, 0x800, 0x80000
POWERSAFE_OVERWRITE = 0x1000
NAMES_BYTES = 2048
PERSIST_WAL = 10
SECTOR_BYTES = 4096  # what SQLite's own Unix VFS answers

LOCKS = ("xLock", "xUnlock", "xShmLock", "xShmBarrier")
_METHODS = {
    "xClose": CFUNCTYPE(c_int, c_void_p),
    "xRead": CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64),
    "xWrite": CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64),
    "xTruncate": CFUNCTYPE(c_int, c_void_p, c_int64),
    "xSync": CFUNCTYPE(c_int, c_void_p, c_int),
    "xFileSize": CFUNCTYPE(c_int, c_void_p, POINTER(c_int64)),
    "xLock": CFUNCTYPE(c_int, c_void_p, c_int),
    "xUnlock": CFUNCTYPE(c_int, c_void_p, c_int),
    "xCheckReservedLock": CFUNCTYPE(c_int, c_void_p, POINTER(c_int)),
    "xFileControl": CFUNCTYPE(c_int, c_void_p, c_int, c_void_p),
    "xSectorSize": CFUNCTYPE(c_int, c_void_p),
    "xDeviceCharacteristics": CFUNCTYPE(c_int, c_void_p),
    "xShmMap": CFUNCTYPE(c_int, c_void_p, c_int, c_int, c_int, POINTER(c_void_p)),
    "xShmLock": CFUNCTYPE(c_int, c_void_p, c_int, c_int, c_int),
    "xShmBarrier": CFUNCTYPE(None, c_void_p),
    "xShmUnmap": CFUNCTYPE(c_int, c_void_p, c_int),
}
_VFS_METHODS = {
    "xOpen": CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, POINTER(c_int)),
    "xDelete": CFUNCTYPE(c_int, c_void_p, c_void_p, c_int),
    "xAccess": CFUNCTYPE(c_int, c_void_p, c_char_p, c_int, POINTER(c_int)),
    "xFullPathname": CFUNCTYPE(c_int, c_void_p, c_char_p, c_int, c_void_p),
    "xDlOpen": c_void_p,
    "xDlError": c_void_p,
    "xDlSym": c_void_p,
    "xDlClose": c_void_p,
    "xRandomness": CFUNCTYPE(c_int, c_void_p, c_int, c_void_p),
    "xSleep": CFUNCTYPE(c_int, c_void_p, c_int),
    "xCurrentTime": CFUNCTYPE(c_int, c_void_p, POINTER(c_double)),
    "xGetLastError": CFUNCTYPE(c_int, c_void_p, c_int, c_void_p),
    "xCurrentTimeInt64": CFUNCTYPE(c_int, c_void_p, POINTER(c_int64)),
}


class _Methods(Structure):
    _fields_ = [("iVersion", c_int), *_METHODS.items()]


class _OpenFile(Structure):
    _fields_ = [("methods", c_void_p), ("number", c_int64)]


class _Vfs(Structure):
    _fields_ = [
        ("iVersion", c_int),
        ("szOsFile", c_int),
        ("mxPathname", c_int),
        ("pNext", c_void_p),
        ("zName", c_char_p),
        ("pAppData", c_void_p),
        *_VFS_METHODS.items(),
    ]


def _library() -> ctypes.CDLL:
    library = ctypes.CDLL("libsqlite3.so.0")
    library.sqlite3_libversion.restype = c_char_p
    library.sqlite3_vfs_find.restype = c_void_p
    if library.sqlite3_libversion().decode() != sqlite3.sqlite_version:
        raise SystemExit("this Python's sqlite3 does not use the system's libsqlite3.so.0")
    return library


class Simulated:
    """The VFS. Its `disk` is changed between runs, once every connection is closed."""

    def __init__(self) -> None:
        self.disk = Disk()
        self.rng = Random(0)
        """Where SQLite's own random numbers come from, so that a run can be had again."""
        self._open: dict[int, tuple[Disk, File]] = {}
        self._shared: dict[tuple[int, int], Any] = {}
        self._count = 0
        self._names: dict[int, int] = {}
        self._dead_names: set[int] = set()
        """Where in memory a dead connection keeps the name of its log, which it may yet delete."""
        self._library = _library()
        # Locks are SQLite's alone to ask for, one connection at a time; it lets go of them while
        # Python handles an exception, when no Python may be called. This C function returns 0.
        nothing = ctypes.cast(ctypes.CDLL(None).sched_yield, c_void_p).value
        calls = {
            name: kind(nothing)
            if name in LOCKS
            else kind(_answered(getattr(self, f"on_{name[1:].lower()}")))
            for name, kind in _METHODS.items()
        }
        self._methods = _Methods(iVersion=2, **calls)
        unix = _Vfs.from_address(self._library.sqlite3_vfs_find(None))
        own = ("xOpen", "xDelete", "xAccess", "xFullPathname", "xRandomness")
        given = {
            name: kind(_answered(getattr(self, f"on_{name[1:].lower()}")))
            if name in own
            else getattr(unix, name)
            for name, kind in _VFS_METHODS.items()
        }
        self._vfs = _Vfs(
            iVersion=2,
            szOsFile=ctypes.sizeof(_OpenFile),
            mxPathname=512,
            zName=b"simulated",
            **given,
        )

    def install(self) -> None:
        """From now on every `sqlite3.connect` of this process is on the simulated disk."""
        assert self._library.sqlite3_vfs_register(ctypes.byref(self._vfs), 1) == OK

    def end_process(self) -> None:
        """Whatever is still open belongs to a process that has died, and does nothing more."""
        gone = Disk()
        gone.on = False
        self._open = {number: (gone, file) for number, (_, file) in self._open.items()}
        self._dead_names |= set(self._names.values())
        self._names.clear()

    def _open_file(self, number: int) -> tuple[Disk, File]:
        return self._open[_OpenFile.from_address(number).number]

    def on_open(self, vfs: int, name: int | None, at: int, flags: int, out: Any) -> int:
        entry = _OpenFile.from_address(at)
        entry.methods = None
        journal = bool(flags & (MAIN_JOURNAL | WAL))
        try:
            file = (
                File()
                if name is None
                else self.disk.open(_text(name), create=bool(flags & CREATE), journal=journal)
            )
        except (FileNotFoundError, PowerError, StepError):
            return CANT_OPEN
        self._count += 1
        self._open[self._count] = (self.disk, file)
        if name is not None:
            self._names[self._count] = name
            # SQLite keeps the names of a database's log and journal behind its own.
            self._dead_names -= {n for n in self._dead_names if 0 <= n - name < NAMES_BYTES}
        entry.number = self._count
        entry.methods = ctypes.addressof(self._methods)
        if out:
            out[0] = flags
        return OK

    def on_delete(self, vfs: int, name: int, sync: int) -> int:
        if name in self._dead_names:
            return DELETE
        try:
            self.disk.delete(_text(name), sync=bool(sync & 1))
        except FileNotFoundError:
            return DELETE_NONE
        except (PowerError, StepError):
            return DELETE
        return OK

    def on_access(self, vfs: int, name: bytes, flags: int, out: Any) -> int:
        out[0] = int(name.decode() in self.disk.names)
        return OK

    def on_fullpathname(self, vfs: int, name: bytes, size: int, out: int) -> int:
        ctypes.memmove(out, name + b"\0", len(name) + 1)
        return OK

    def on_randomness(self, vfs: int, size: int, out: int) -> int:
        ctypes.memmove(out, self.rng.randbytes(size), size)
        return size

    def on_close(self, at: int) -> int:
        entry = _OpenFile.from_address(at)
        del self._open[entry.number]
        entry.methods = None
        return OK

    def on_read(self, at: int, out: int, size: int, offset: int) -> int:
        disk, file = self._open_file(at)
        try:
            data = disk.read(file, offset, size)
        except (PowerError, StepError):
            return READ
        ctypes.memmove(out, data, len(data))
        if len(data) < size:
            ctypes.memset(out + len(data), 0, size - len(data))
            return SHORT_READ
        return OK

    def on_write(self, at: int, data: int, size: int, offset: int) -> int:
        disk, file = self._open_file(at)
        try:
            disk.write(file, offset, ctypes.string_at(data, size))
        except (PowerError, StepError):
            return WRITE
        return OK

    def on_truncate(self, at: int, size: int) -> int:
        disk, file = self._open_file(at)
        try:
            disk.truncate(file, size)
        except (PowerError, StepError):
            return TRUNCATE
        return OK

    def on_sync(self, at: int, flags: int) -> int:
        disk, file = self._open_file(at)
        try:
            disk.sync(file)
        except (PowerError, StepError):
            return SYNC
        return OK

    def on_filesize(self, at: int, out: Any) -> int:
        out[0] = len(self._open_file(at)[1].now)
        return OK

    def on_checkreservedlock(self, at: int, out: Any) -> int:
        out[0] = 0
        return OK

    def on_filecontrol(self, at: int, operation: int, argument: int) -> int:
        disk, _ = self._open_file(at)
        if operation == PERSIST_WAL and not disk.on:
            c_int.from_address(argument).value = 1  # whoever has died deletes no log any more
            return OK
        return NOT_FOUND

    def on_sectorsize(self, at: int) -> int:
        return SECTOR_BYTES

    def on_devicecharacteristics(self, at: int) -> int:
        return POWERSAFE_OVERWRITE

    def on_shmmap(self, at: int, page: int, size: int, extend: int, out: Any) -> int:
        """The index of the WAL: memory that processes share, and nothing that is on the disk."""
        key = (_OpenFile.from_address(at).number, page)
        if key not in self._shared:
            if not extend:
                out[0] = None
                return OK
            self._shared[key] = ctypes.create_string_buffer(size)
        out[0] = ctypes.addressof(self._shared[key])
        return OK

    def on_shmunmap(self, at: int, delete: int) -> int:
        number = _OpenFile.from_address(at).number
        self._shared = {key: held for key, held in self._shared.items() if key[0] != number}
        return OK


def _text(address: int) -> str:
    return ctypes.string_at(address).decode()


def _answered(call: Callable[..., Any]) -> Callable[..., Any]:
    """A fault of the simulator itself must not pass for a disk's."""

    def answer(*given: Any) -> Any:
        try:
            return call(*given)
        except BaseException:
            traceback.print_exc()
            os._exit(70)

    return answer
