"""What the vault does, whoever asks: every operation, each with the rule that guards it."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from alpr_city.errors import VaultError
from alpr_city.vault import columns, index
from alpr_city.vault.access_log import Access, AccessLog
from alpr_city.vault.arrivals import Arrivals, Day, place, read_keys, start_of, unwrap
from alpr_city.vault.backup import Backup
from alpr_city.vault.kek import Kek
from alpr_city.vault.keyring import Keyring, Use
from alpr_city.vault.lists import Lists
from alpr_city.vault.public_keys import PublicKeys
from alpr_city.vault.streams import Streams
from alpr_city.vault.watch import Watch
from alpr_city.vault.watched import Watched
from alpr_wire.errors import SealError, WireError
from alpr_wire.read_fields import Fields
from alpr_wire.receipts import Receipt, Request
from alpr_wire.records import Picture, decode_record
from alpr_wire.sealing import SealedPicture, open_picture, open_read
from alpr_wire.statements import key_id


class Vault:
    """One city's vault. Threads may share it; one works at a time, which holds `lock`.

    `receipt`, `request` and the streams alone need no lock of a caller's: they touch no key of a
    read, and need not wait for thousands of them to be opened.
    """

    def __init__(self, folder: Path, kek: Kek, backup: Backup) -> None:
        """Open the keyring and the access log in a folder.

        Raises:
            VaultError: Either is damaged, or belongs to another key-encryption key.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.lock = threading.RLock()
        self.streams = Streams(folder / "streams.db")
        backup = dataclasses.replace(backup, beside=self.streams.rows)
        self.keyring = Keyring(folder / "keys.db", kek, backup)
        self._arrivals = Arrivals(self.keyring)
        for use in (Use.RECEIPT, Use.COMMAND, Use.LOG, Use.EVIDENCE):
            if not self.keyring.has(use, "1"):
                self.keyring.make(use, "1", Ed25519PrivateKey.generate().private_bytes_raw())
        self._receipt_key = self._signing_key(Use.RECEIPT)
        self._receipt_id = key_id(self._receipt_key.public_key())
        self.day: Day | None = None
        """Of the last arrivals, made ready; forgotten when its keys are destroyed."""
        self.log = AccessLog(folder / "access.db", self._signing_key(Use.LOG), self._query_key)
        self.public = PublicKeys(self.keyring, self.streams, self.log)
        self.watch: Callable[[str, bytes, int, str, Fields], None] = lambda *_: None
        self.lists = Lists(folder / "lists", self.keyring)
        self.watching = Watch(self, self.lists)
        self.watched = Watched(self, folder / "watched.db")

    # Arrival: what ingest may ask.

    def arrive(self, batches: list[list[Any]]) -> list[Any]:
        """Open reads as they come in, and give back what is stored beside them.

        Args:
            batches: `[camera, stream, epochs, reads]` each: encodings of the epoch records that
                the reads need, and `[seq, epoch, index, sealed, commitment]` of each read.

        Returns:
            `[day, answers, patterns]`: for each batch a list, in the reads' order, of `[seq,
            wrapped keys, captured_us, tokens]` or `[seq, reason]` where a read does not open, and
            rows of `[camera, slot, sealed patterns]`.
        """
        label = today()
        keys_of_day = self.keyring.day(label)
        if self.day is None or not self.day.has(label, keys_of_day):
            self.day = Day(label, *keys_of_day)
        day = self.day
        answers: list[Any] = []
        groups: defaultdict[tuple[str, int], list[columns.Row]] = defaultdict(list)
        for camera, stream, epochs, reads in batches:
            for encoding in epochs:
                try:
                    sealed_to = self._arrivals.learn(camera, encoding)
                except VaultError:
                    continue  # its reads will say so, one by one
                self.streams.sealed_to(camera, stream, sealed_to, encoding)
            start = start_of(camera, stream)
            rows: list[list[Any]] = []
            slots: defaultdict[int, list[columns.Row]] = defaultdict(list)
            for read in reads:
                seq = read[0]
                try:
                    keys, opened = self._arrivals.open(camera, stream, read)
                except VaultError as error:
                    rows.append([seq, str(error)])
                    continue
                self.watch(camera, stream, seq, label, opened)
                row, pattern = day.store(keys, start, seq, opened)
                rows.append(row)
                captured_us = opened.captured_us
                slots[captured_us // index.SLOT_US].append((stream, seq, captured_us, pattern))
            answers.append(rows)
            for slot, found in slots.items():
                groups[camera, slot] += found
        patterns = [
            [camera, slot, columns.seal(day.index_key, camera, slot, found)]
            for (camera, slot), found in groups.items()
        ]
        return [label, answers, patterns]

    def receipt(self, held: list[list[Any]]) -> list[bytes]:
        """Sign receipts, for what ingest has committed: `[camera, stream, seq, head, pictures]`."""
        self.streams.receipted((camera, stream, seq, head) for camera, stream, seq, head, _ in held)
        signed = []
        now_us = time.time_ns() // 1000
        for camera, stream, seq, digest, pictures in held:
            receipt = Receipt(
                camera=camera,
                stream=stream,
                seq=seq,
                digest=digest,
                at_us=now_us,
                pictures=tuple((s, Picture(k)) for s, k in pictures),
            )
            signed.append(receipt.sign(self._receipt_key, self._receipt_id))
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
        for read in reads:
            name, row = self._open(*read)
            shown.append(name)
            rows.append(row)
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

    def _open(
        self, camera: str, day: str, encoding: bytes, wrapped: bytes, pictures: list[list[Any]]
    ) -> tuple[bytes, list[Any]]:
        """Name and contents of a read; the access is on record."""
        day_key = self.keyring.secret(Use.DAY, day)
        try:
            read = decode_record(encoding)
            keys = read_keys(unwrap(day_key, wrapped, place(camera, read.stream, read.seq, day)))
            opened = [
                [kind, open_picture(camera, read, _sealed(kind, data), keys[kind])]
                for kind, data in pictures
            ]
            plain = open_read(camera, read, keys[0])
        except (WireError, SealError) as error:
            raise VaultError(f"a stored read was changed: {error}") from error
        return read.stream + read.seq.to_bytes(8, "big"), [plain, opened]

    def _put_on_record(self, access: dict[str, Any]) -> int:
        try:
            wanted = Access(**access)
        except TypeError as error:
            raise VaultError("an access says who, why and what; nothing was opened") from error
        return self.log.append(wanted)

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
        self.lists.close()
        self.watched.close()


def today() -> str:
    """The city's date of receipt, UTC, ISO."""
    return datetime.now(UTC).date().isoformat()


def _sealed(kind: int, data: bytes) -> SealedPicture:
    return SealedPicture(kind=Picture(kind), data=data)
