"""How good the system's clock is, asked of the kernel."""

from __future__ import annotations

import ctypes
import time
from datetime import UTC, datetime, timedelta

from alpr_edge.seams import Clock

TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised
STA_UNSYNC = 0x40


class _Timex(ctypes.Structure):
    """The head of `struct timex`, adjtimex(2); the rest is room for the kernel to write to."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_char * 256),
    )


_libc = ctypes.CDLL(None, use_errno=True)


def read_clock() -> Clock:
    """Whether time is synchronised now, and the kernel's bound on its error."""
    timex = _Timex()  # modes 0 reads and changes nothing, so no right is needed
    state = _libc.adjtimex(ctypes.byref(timex))
    return clock_from(state, timex.status, timex.maxerror)


def clock_from(state: int, status: int, largest_error_us: int) -> Clock:
    """Judge what adjtimex(2) answered; a refused call (-1) is a clock that nobody vouches for."""
    synchronised = state not in (-1, TIME_ERROR) and not status & STA_UNSYNC
    return Clock(
        synchronised=synchronised, error_s=largest_error_us / 1e6 if synchronised else None
    )


def dated(monotonic_s: float) -> datetime:
    """When a reading of `time.monotonic()` was, in UTC by the system's clock as it stands now."""
    return datetime.now(UTC) - timedelta(seconds=time.monotonic() - monotonic_s)
