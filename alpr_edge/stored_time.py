"""The latest time that the city has told this camera: a clock that says less is wrong.

A board without a battery starts in the past, where no certificate is valid yet. What the city
signed last, a receipt or a certificate, is a time that has certainly been.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from alpr_edge.enrolment import certificate_file

OUTBOX_FILE = "outbox.db"


def newest(identity: Path, outbox: Path) -> datetime | None:
    """The latest of them; None where the city has told none yet."""
    return max(filter(None, (_certificate(identity), _receipt(outbox))), default=None)


def advance(now: datetime, told: datetime | None, set_s: Callable[[float], None]) -> float:
    """Bring a clock that lags to the time that was told; by how many seconds, 0 for none.

    Never back: a clock that is ahead is for NTP to judge.
    """
    if told is None or now >= told:
        return 0.0
    set_s(told.timestamp())
    return (told - now).total_seconds()


def _certificate(identity: Path) -> datetime | None:
    try:
        held = x509.load_pem_x509_certificate(certificate_file(identity).read_bytes())
    except (OSError, ValueError):
        return None
    return held.not_valid_before_utc


def _receipt(outbox: Path) -> datetime | None:
    path = outbox / OUTBOX_FILE
    if not path.exists():
        return None
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
    try:
        (at_us,) = db.execute("SELECT max(at_us) FROM receipts").fetchone()
    except sqlite3.Error:
        return None
    finally:
        db.close()
    return None if at_us is None else datetime.fromtimestamp(at_us / 1e6, UTC)
