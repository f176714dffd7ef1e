"""Keeps the revocation list as the register says, and alive.

The console puts a camera out by its state alone, since it cannot reach the authority's key; this
process can, and looks every few seconds.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable

from cryptography import x509

from alpr_city.ca import Authority
from alpr_city.enrolment.codes import Codes

log = logging.getLogger(__name__)

LOOK_S = 3.0
LIST_S = 24 * 3600.0
"""The list lives a week; past its end the broker would refuse every camera."""


class Sweep:
    """Call `step` often."""

    def __init__(
        self,
        authority: Authority,
        codes: Codes,
        out: Callable[[], Iterable[tuple[str, str]]],
        listed: Callable[[], None] = lambda: None,
    ) -> None:
        """`out` gives name and newest serial of every camera that is not active.

        `listed` is called whenever all of them are on the list.
        """
        self._authority, self._codes, self._out, self._listed = authority, codes, out, listed
        self._looked_s = self._listed_s = float("-inf")

    def step(self, now_s: float | None = None) -> int:
        """How many certificates were revoked now."""
        now_s = time.monotonic() if now_s is None else now_s
        if now_s - self._looked_s < LOOK_S:
            return 0
        self._looked_s = now_s
        missing = self._missing()
        if missing or now_s - self._listed_s >= LIST_S:
            self._listed_s = now_s
            self._authority.revoke(*missing)
        if missing:
            log.warning("certificates of cameras that are out were revoked: %d", len(missing))
        self._listed()
        return len(missing)

    def _missing(self) -> set[int]:
        wanted: set[int] = set()
        for name, serial in self._out():
            wanted |= {*self._codes.serials(name), *([int(serial)] if serial else [])}
        if not wanted:
            return wanted
        listing = x509.load_pem_x509_crl((self._authority.folder / "devices.crl").read_bytes())
        return wanted - {revoked.serial_number for revoked in listing}
