"""Brings a new revocation list to the broker, and ends the sessions of whoever is on it."""

from __future__ import annotations

import logging
from pathlib import Path

from cryptography import x509

from alpr_city.broker.mosquitto import Broker

log = logging.getLogger(__name__)


class RevocationWatch:
    """Compares the authority's list with the broker's copy. Call `step` about every second."""

    def __init__(self, authority: Path, folder: Path, broker: Broker) -> None:
        self._from, self._to = authority / "devices.crl", folder / "devices.crl"
        self._broker = broker

    def step(self) -> bool:
        """Whether a new list was put into force.

        Mosquitto reads a list anew on SIGHUP, for new sessions only. Where a certificate was added
        the broker starts again, which ends every session: the cameras come back within seconds and
        lose nothing, since only receipts count; who was put out does not come back.
        """
        new = self._from.read_bytes()
        old = self._to.read_bytes()
        if new == old:
            return False
        half = self._to.with_suffix(".new")
        half.write_bytes(new)
        half.replace(self._to)
        if _serials(new) - _serials(old):
            log.warning("a camera was put out: ending all sessions")
            self._broker.stop()
            self._broker.start()
        else:
            self._broker.reload()
        return True


def _serials(listing: bytes) -> set[int]:
    return {r.serial_number for r in x509.load_pem_x509_crl(listing)}
