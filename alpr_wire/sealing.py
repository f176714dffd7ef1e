"""Sealed at birth: how a camera stores what it cannot read again, and how the city opens it.

Each epoch draws a fresh 32-byte seed and seals it to the city's public key (HPKE, RFC 9180, with
the hybrid of ML-KEM-768 and X25519). A one-way ratchet over the seed gives each read its own
AES-256-GCM keys, one for the text and one for each picture, and forgets the step it came from. What
a thief finds in a camera is the sealed seed, which only the city opens, and at most the ratchet's
present state in memory, which opens nothing older than itself.

AES-GCM does not commit to its key: one ciphertext may open under two keys to two texts. So a read
also commits to SHA-256 of its salted plaintext, and to SHA-256 of each sealed picture.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from alpr_wire import cbor
from alpr_wire.errors import SealError
from alpr_wire.hmacs import Keyed
from alpr_wire.records import STREAM_BYTES, Kind, Picture, Record, take, take_bytes

SUITE = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
KEY_BYTES = 32
SALT_BYTES = 16
KEY_ID_BYTES = 16
READS_PER_EPOCH = 1000

SealPublicKey = hpke.MLKEM768X25519PublicKey
SealPrivateKey = hpke.MLKEM768X25519PrivateKey

# Body keys of an epoch record.
_EPOCH_KEY_ID, _EPOCH_SEALED = 1, 2
# Body keys of a read record.
_READ_EPOCH, _READ_INDEX, _READ_SEALED, _READ_COMMITMENT, _READ_PICTURES = 1, 2, 3, 4, 5

# Every key seals one message, so the nonce need not differ.
_NONCE = bytes(12)

_NEXT = b"alpr/1/next\0"
_STEP = (*(b"alpr/1/key" + bytes([n]) for n in (0, *Picture)), _NEXT)
"""What is hashed under a state: a read's keys, then the state after it."""
_CUTS = tuple((n, at * KEY_BYTES) for at, n in enumerate((0, *Picture)))


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedPicture:
    """A picture of a read, as stored and sent."""

    kind: Picture
    data: bytes = field(repr=False)

    @property
    def digest(self) -> bytes:
        """SHA-256 of the sealed bytes, as the read commits to it."""
        return hashlib.sha256(self.data).digest()


class Ratchet:
    """The keys of one epoch, each given once and then out of reach. One thread uses it."""

    def __init__(self, seed: bytes) -> None:
        self._state = bytearray(seed)
        self.index = 0
        """Of the read whose keys come next."""

    def step(self) -> dict[int, bytes]:
        """The keys of the next read: 0 for its text, `Picture` values for its pictures."""
        keys = {n: _derive(self._state, b"key", n) for n in (0, *Picture)}
        self._state[:] = _derive(self._state, b"next", 0)
        self.index += 1
        return keys

    def wipe(self) -> None:
        """Overwrite the state. Copies made by the interpreter or the C libraries may remain."""
        self._state[:] = bytes(len(self._state))


class EpochSealer:
    """The camera's side of one epoch."""

    def __init__(
        self, camera: str, stream: bytes, seq: int, public_key: SealPublicKey, key_id: bytes
    ) -> None:
        """Draw a seed and seal it; `record` is the epoch record, to be stored at `seq` first."""
        seed = os.urandom(KEY_BYTES)
        self._camera, self._stream, self._epoch = camera, stream, seq
        sealed = SUITE.encrypt(seed, public_key, info=_context("epoch", camera, stream, seq))
        self.record = Record(
            kind=Kind.EPOCH,
            stream=stream,
            seq=seq,
            body={_EPOCH_KEY_ID: key_id, _EPOCH_SEALED: sealed},
        )
        self._ratchet = Ratchet(seed)

    @property
    def reads(self) -> int:
        """How many reads this epoch has sealed."""
        return self._ratchet.index

    def seal(
        self, seq: int, plaintext: bytes, pictures: dict[Picture, bytes]
    ) -> tuple[Record, list[SealedPicture]]:
        """Seal one read. Its keys are gone when this returns."""
        index = self._ratchet.index
        keys = self._ratchet.step()
        here = _context("read", self._camera, self._stream, seq)
        salted = os.urandom(SALT_BYTES) + plaintext
        sealed_pictures = [
            SealedPicture(kind=kind, data=AESGCM(keys[kind]).encrypt(_NONCE, picture, here))
            for kind, picture in sorted(pictures.items())
        ]
        body = {
            _READ_EPOCH: self._epoch,
            _READ_INDEX: index,
            _READ_SEALED: AESGCM(keys[0]).encrypt(_NONCE, salted, here),
            _READ_COMMITMENT: hashlib.sha256(salted).digest(),
            _READ_PICTURES: [[int(p.kind), p.digest, len(p.data)] for p in sealed_pictures],
        }
        return Record(kind=Kind.READ, stream=self._stream, seq=seq, body=body), sealed_pictures

    def close(self) -> None:
        """Forget the epoch's state."""
        self._ratchet.wipe()


class EpochOpener:
    """The city's side of one epoch: any of its reads, in any order."""

    def __init__(self, camera: str, record: Record, private_key: SealPrivateKey) -> None:
        """Open the seed.

        Raises:
            SealError: Not an epoch of this camera, or not sealed to this key.
        """
        if record.kind is not Kind.EPOCH:
            raise SealError("not an epoch record")
        sealed = take(record.body, _EPOCH_SEALED, bytes, "the sealed seed")
        info = _context("epoch", camera, record.stream, record.seq)
        try:
            seed = SUITE.decrypt(sealed, private_key, info=info)
        except (InvalidTag, ValueError) as error:
            raise SealError("the epoch is not sealed to this key") from error
        if len(seed) != KEY_BYTES:
            raise SealError("the epoch's seed has the wrong length")
        self._stream, self._epoch = record.stream, record.seq
        self._here = _stem("read", camera, record.stream)
        self._states = [bytes(seed)]

    def keys(self, record: Record) -> dict[int, bytes]:
        """The keys of one read: 0 for its text, `Picture` values for its pictures.

        Raises:
            SealError: The read is not of this epoch.
        """
        if record.kind is not Kind.READ or record.stream != self._stream:
            raise SealError("not a read of this stream")
        index = take(record.body, _READ_INDEX, int, "the read's index")
        if take(record.body, _READ_EPOCH, int, "the read's epoch") != self._epoch:
            raise SealError("the read is of another epoch")
        keys = self._keys(index)
        return {n: keys[at : at + KEY_BYTES] for n, at in _CUTS}

    def open(self, seq: int, index: int, sealed: bytes, commitment: bytes) -> tuple[bytes, bytes]:
        """The keys of one read of this epoch, one after the other, and its plaintext.

        The arguments are its record's fields; the same checks as those of `open_read`.

        Raises:
            SealError: It is not this read's, or bytes were changed.
        """
        kinds = type(seq), type(index), type(sealed), type(commitment)
        if kinds != (int, int, bytes, bytes):
            raise SealError("a field of the read is missing or of the wrong kind")
        keys = self._keys(index)
        here = self._here + cbor.number(seq)
        return keys, _opened(sealed, keys[:KEY_BYTES], here, commitment)

    def _keys(self, index: int) -> bytes:
        """All keys of a read in one piece; the state after it, the next read's, is kept."""
        if not 0 <= index < READS_PER_EPOCH:
            raise SealError("the read's index is out of range")
        states = self._states
        while len(states) <= index:
            states.append(Keyed(states[-1]).digest(_NEXT))
        derived = Keyed(states[index]).digests(_STEP)
        if len(states) == index + 1:
            states.append(derived[-1])
        return b"".join(derived[:-1])


def open_read(camera: str, record: Record, key: bytes) -> bytes:
    """The plaintext of a read, by its own key, checked against what the record commits to.

    Raises:
        SealError: The key is wrong, or bytes were changed.
    """
    sealed = take(record.body, _READ_SEALED, bytes, "the sealed text")
    commitment = take_bytes(record.body, _READ_COMMITMENT, 32, "the commitment")
    return _opened(sealed, key, _context("read", camera, record.stream, record.seq), commitment)


def _opened(sealed: bytes, key: bytes, here: bytes, commitment: bytes) -> bytes:
    """The plaintext of a sealed text."""
    try:
        salted = AESGCM(key).decrypt(_NONCE, sealed, here)
    except (InvalidTag, ValueError) as error:
        raise SealError("the read does not open with this key") from error
    if not hmac.compare_digest(hashlib.sha256(salted).digest(), commitment):
        raise SealError("the read is not what its record commits to")
    return salted[SALT_BYTES:]


def open_picture(camera: str, record: Record, picture: SealedPicture, key: bytes) -> bytes:
    """The bytes of a picture of a read, checked against what the record commits to.

    Raises:
        SealError: The picture is not of this read, the key is wrong, or bytes were changed.
    """
    if (int(picture.kind), picture.digest, len(picture.data)) not in pictures_of(record):
        raise SealError("the picture is not one that the read commits to")
    here = _context("read", camera, record.stream, record.seq)
    try:
        return AESGCM(key).decrypt(_NONCE, picture.data, here)
    except (InvalidTag, ValueError) as error:
        raise SealError("the picture does not open with this key") from error


def pictures_of(record: Record) -> list[tuple[int, bytes, int]]:
    """Kind, digest and size of each sealed picture that a read commits to.

    Raises:
        WireError: The list is malformed.
    """
    rows = take(record.body, _READ_PICTURES, list, "the list of pictures")
    pictures = []
    for row in rows:
        if not isinstance(row, list) or len(row) != 3 or type(row[0]) is not int:
            raise SealError("the list of pictures is malformed")
        if row[0] not in Picture._value2member_map_:
            raise SealError("the list of pictures is malformed")
        fields = dict(enumerate(row))
        pictures.append(
            (row[0], take_bytes(fields, 1, 32, "a digest"), take(fields, 2, int, "a size"))
        )
    return pictures


def _derive(state: bytes | bytearray, label: bytes, number: int) -> bytes:
    return hmac.digest(state, b"alpr/1/" + label + bytes([number]), "sha256")


def _context(label: str, camera: str, stream: bytes, seq: int) -> bytes:
    """Binds a ciphertext to its place: it opens nowhere else."""
    return _stem(label, camera, stream) + cbor.encode(seq)


def _stem(label: str, camera: str, stream: bytes) -> bytes:
    """A context up to its last item, the sequence number."""
    assert len(stream) == STREAM_BYTES
    return cbor.encode(["alpr/1", label, camera, stream, 0])[:-1]
