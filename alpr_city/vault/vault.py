"""What the vault does, whoever asks: every operation, each with the rule that guards it."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from alpr_city.errors import VaultError
from alpr_city.vault import index
from alpr_city.vault.access_log import Access, AccessLog
from alpr_city.vault.arrivals import (
    Arrivals,
    open_patterns,
    place,
    read_keys,
    seal_patterns,
    unwrap,
)
from alpr_city.vault.backup import Backup, draw_seeds, public_of
from alpr_city.vault.kek import Kek
from alpr_city.vault.keyring import Keyring, Use
from alpr_city.vault.streams import Streams
from alpr_wire import seal_keys
from alpr_wire.errors import WireError
from alpr_wire.keys import CertifiedKey, Purpose, open_key
from alpr_wire.receipts import Receipt, Request
from alpr_wire.records import Picture, decode_record
from alpr_wire.sealing import SealedPicture, open_picture, open_read

SEAL_KEY_WEEK = timedelta(days=7)
_SIGNS = {Use.RECEIPT: Purpose.RECEIPT, Use.COMMAND: Purpose.COMMAND}
US = 1_000_000


class Vault:
    """One city's vault. Threads may share it; one works at a time."""

    def __init__(self, folder: Path, kek: Kek, backup: Backup) -> None:
        """Open the keyring and the access log in a folder.

        Raises:
            VaultError: Either is damaged, or belongs to another key-encryption key.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.lock = threading.RLock()
        self.keyring = Keyring(folder / "keys.db", kek, backup)
        self.streams = Streams(folder / "streams.db")
        self._arrivals = Arrivals(self.keyring)
        for use in (Use.RECEIPT, Use.COMMAND, Use.LOG):
            if not self.keyring.has(use, "1"):
                self.keyring.make(use, "1", Ed25519PrivateKey.generate().private_bytes_raw())
        self._receipt_key = self._signing_key(Use.RECEIPT)
        self.log = AccessLog(folder / "access.db", self._signing_key(Use.LOG), self._query_key)

    # Arrival: what ingest may ask.

    def arrive(self, batches: list[list[Any]]) -> list[Any]:
        """Open reads as they come in, and give back what is stored beside them.

        Args:
            batches: `[camera, stream, epochs, reads]` each: encodings of the epoch records that
                the reads need, and `[seq, body]` of each read.

        Returns:
            `[day, answers, patterns]`: for each batch a list, in the reads' order, of `[seq,
            wrapped keys, captured_us, tokens]` or `[seq, reason]` where a read does not open, and
            rows of `[camera, slot, sealed patterns]`.
        """
        day = today()
        _, index_key = self.keyring.day(day)
        answers, groups = [], defaultdict(list)
        for camera, stream, epochs, reads in batches:
            for encoding in epochs:
                try:
                    label = self._arrivals.learn(camera, encoding)
                except VaultError:
                    continue  # its reads will say so, one by one
                self.streams.sealed_to(camera, stream, label)
            rows: list[list[Any]] = []
            for seq, body in reads:
                try:
                    opened, _ = self._arrivals.open(camera, stream, day, seq, body)
                except VaultError as error:
                    rows.append([seq, str(error)])
                    continue
                rows.append([seq, opened.wrapped, opened.captured_us, opened.tokens])
                slot = opened.captured_us // index.SLOT_US
                groups[camera, slot].append([stream, seq, opened.captured_us, opened.pattern])
            answers.append(rows)
        patterns = [
            [camera, slot, seal_patterns(index_key, camera, slot, found)]
            for (camera, slot), found in groups.items()
        ]
        return [day, answers, patterns]

    def receipt(self, held: list[list[Any]]) -> list[bytes]:
        """Sign receipts, for what ingest has committed: `[camera, stream, seq, head, pictures]`."""
        signed = []
        now_us = time.time_ns() // 1000
        for camera, stream, seq, digest, pictures in held:
            self.streams.receipted(camera, stream, seq, digest)
            receipt = Receipt(
                camera=camera,
                stream=stream,
                seq=seq,
                digest=digest,
                at_us=now_us,
                pictures=tuple((s, Picture(k)) for s, k in pictures),
            )
            signed.append(receipt.sign(self._receipt_key))
        return signed

    def request(self, camera: str, stream: bytes, after_seq: int) -> bytes:
        """Sign a request to send a stream again from a record on."""
        request = Request(
            camera=camera, stream=stream, after_seq=after_seq, at_us=time.time_ns() // 1000
        )
        return request.sign(self._receipt_key)

    # The one door.

    def look(self, access: dict[str, Any], reads: list[list[Any]]) -> list[Any]:
        """Open reads for somebody, after putting that on record.

        Args:
            access: The fields of `Access`.
            reads: `[camera, day, encoding, wrapped keys, [[kind, sealed picture], ...]]`.

        Returns:
            `[record, rows]`: the access record's number, and for each read `[plaintext, [[kind,
            picture], ...]]`.

        Raises:
            VaultError: The access could not be put on record, or a read was changed.
        """
        record = self._put_on_record(access)
        rows, shown = [], []
        for camera, day, encoding, wrapped, pictures in reads:
            read = decode_record(encoding)
            day_key = self.keyring.secret(Use.DAY, day)
            keys = read_keys(unwrap(day_key, wrapped, place(camera, read.stream, read.seq, day)))
            opened = [
                [
                    kind,
                    open_picture(
                        camera, read, SealedPicture(kind=Picture(kind), data=data), keys[kind]
                    ),
                ]
                for kind, data in pictures
            ]
            rows.append([open_read(camera, read, keys[0]), opened])
            shown.append(read.stream + read.seq.to_bytes(8, "big"))
        self.log.outcome(record, len(rows), shown)
        return [record, rows]

    def tokens(self, access: dict[str, Any], text: str, days: list[str]) -> list[Any]:
        """Where a plate would be found, after putting the search on record.

        Returns:
            `[record, [[day, token], ...]]`; days whose keys are gone are left out.
        """
        record = self._put_on_record(access)
        folded = index.fold(text)
        living = {label for label, *_ in self.keyring.labels(Use.INDEX)}
        found = [
            [day, index.token(self.keyring.secret(Use.INDEX, day), folded)]
            for day in days
            if day in living
        ]
        return [record, found]

    def patterns(self, access: dict[str, Any], sealed: list[list[Any]]) -> list[Any]:
        """Open groups of patterns, `[day, camera, slot, sealed]`, after putting it on record."""
        record = self._put_on_record(access)
        rows = [
            open_patterns(self.keyring.secret(Use.INDEX, day), camera, slot, data)
            for day, camera, slot, data in sealed
        ]
        return [record, rows]

    # Keys.

    def public_keys(self) -> dict[str, Any]:
        """What a camera must know, as far as the root has certified it."""
        seal = self._current_seal_label()
        return {
            "receipt": self.keyring.certificate(Use.RECEIPT, "1"),
            "command": self.keyring.certificate(Use.COMMAND, "1"),
            "seal": None if seal is None else self.keyring.certificate(Use.SEAL, seal),
        }

    def make_seal_keys(self, weeks: int) -> int:
        """Draw seal keys for the weeks to come, one each; how many are new.

        They are not used before the root has certified them.
        """
        start = datetime.now(UTC) - timedelta(days=datetime.now(UTC).weekday())
        start = start.replace(hour=0, minute=0, second=0, microsecond=0)
        known = {a for _, a, _ in self.keyring.labels(Use.SEAL)}
        made = 0
        for week in range(weeks):
            first = int((start + week * SEAL_KEY_WEEK).timestamp()) * US
            if first in known:
                continue
            seeds = draw_seeds()
            label = seal_keys.key_id(public_of(seeds)).hex()
            # A camera that misses its successor goes on sealing to it.
            last = first + 5 * int(SEAL_KEY_WEEK.total_seconds()) * US
            self.keyring.make(Use.SEAL, label, seeds, not_before_us=first, not_after_us=last)
            made += 1
        return made

    def uncertified(self) -> list[list[Any]]:
        """Public keys the root has not certified: `[purpose, public key, from, until]`."""
        wanted: list[list[Any]] = []
        ten_years = int(timedelta(days=3653).total_seconds()) * US
        now_us = time.time_ns() // 1000
        for use, purpose in _SIGNS.items():
            if self.keyring.certificate(use, "1") is None:
                public = self._signing_key(use).public_key().public_bytes_raw()
                wanted.append([str(purpose), public, now_us - 300 * US, now_us + ten_years])
        for label, first, last in self.keyring.labels(Use.SEAL):
            if self.keyring.certificate(Use.SEAL, label) is None:
                public = public_of(self.keyring.secret(Use.SEAL, label))
                wanted.append([str(Purpose.SEAL), public, first, last])
        return wanted

    def certify(self, root: bytes, statement_list: list[bytes]) -> int:
        """Take the root's statements for keys of this vault; how many.

        Raises:
            VaultError: A statement is not the root's, or is for no key of ours.
        """
        key = Ed25519PublicKey.from_public_bytes(root)
        wanted = {bytes(public): (p, first) for p, public, first, _ in self.uncertified()}
        for statement in statement_list:
            certified = _opened(statement, key, wanted)
            if certified.purpose is Purpose.SEAL:
                label = seal_keys.key_id(certified.public).hex()
                self.keyring.certify(Use.SEAL, label, statement)
            else:
                self.keyring.certify(Use(str(certified.purpose)), "1", statement)
        return len(statement_list)

    def retire_seal_keys(self) -> list[str]:
        """Destroy the seal keys that no unreceipted epoch can be sealed to; their labels."""
        now_us = time.time_ns() // 1000
        keys = self.keyring.labels(Use.SEAL)
        began = {label: first for label, first, _ in keys}
        needed_from = self.streams.oldest_needed(began)
        gone = []
        for (label, first, _), (_, next_first, _) in pairwise(keys):
            if next_first <= now_us and needed_from is not None and first < needed_from:
                self.keyring.destroy(Use.SEAL, label, "receipts cover every epoch sealed to it")
                self.log.note("seal-key-destroyed", {1: label})
                gone.append(label)
        return gone

    def _put_on_record(self, access: dict[str, Any]) -> int:
        try:
            wanted = Access(**access)
        except TypeError as error:
            raise VaultError("an access says who, why and what; nothing was opened") from error
        return self.log.append(wanted)

    def _current_seal_label(self) -> str | None:
        now_us = time.time_ns() // 1000
        current = [
            label
            for label, first, _ in self.keyring.labels(Use.SEAL)
            if first <= now_us and self.keyring.certificate(Use.SEAL, label) is not None
        ]
        return current[-1] if current else None

    def _signing_key(self, use: Use) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.keyring.secret(use, "1"))

    def _query_key(self, month: str) -> bytes:
        if not self.keyring.has(Use.QUERY, month):
            self.keyring.make(Use.QUERY, month, AESGCM.generate_key(256))
        return self.keyring.secret(Use.QUERY, month)

    def close(self) -> None:
        """Let go of every file."""
        self.keyring.close()
        self.streams.close()
        self.log.close()


def today() -> str:
    """The city's date of receipt, UTC, ISO."""
    return datetime.now(UTC).date().isoformat()


def _opened(
    statement: bytes, root: Ed25519PublicKey, wanted: dict[bytes, tuple[str, int]]
) -> CertifiedKey:
    for public, (purpose, first) in wanted.items():
        try:
            certified = open_key(
                statement, purpose=Purpose(purpose), root=root, now_us=max(first, 0)
            )
        except WireError:
            continue
        if certified.public == public:
            return certified
    raise VaultError("a statement is not the root's, or is for no key of this vault")
