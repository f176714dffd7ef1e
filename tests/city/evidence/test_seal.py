"""Sealed files open for their recipients alone, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from alpr_city.errors import EvidenceError
from alpr_city.evidence import bag as bags
from alpr_city.evidence import open_sealed
from alpr_city.evidence.seal import PIECE_BYTES, Recipient, seal


def pair() -> tuple[X25519PrivateKey, Recipient]:
    key = X25519PrivateKey.generate()
    return key, Recipient(key.public_key().public_bytes_raw())


def test_a_stranger_opens_nothing() -> None:
    (_, recipient), (stranger, _) = pair(), pair()
    with pytest.raises(open_sealed.NotOpenedError, match="not sealed to this key"):
        open_sealed.unseal(seal(b"evidence", [recipient]), stranger)


def test_a_changed_cut_or_longer_file_does_not_open() -> None:
    key, recipient = pair()
    sealed = seal(bytes(3 * PIECE_BYTES), [recipient])
    end = len(sealed)
    cut = [sealed[: end - 1], sealed[: end - PIECE_BYTES - 16], sealed + b"x"]
    for at in (0, 9, 12, 40, 90, 200, end // 2, end - 1):
        cut.append(sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :])
    for changed in cut:
        with pytest.raises(open_sealed.NotOpenedError):
            open_sealed.unseal(changed, key)


def test_a_recipient_is_a_public_key_of_the_right_kind() -> None:
    key, _ = pair()
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    for pem, why in (
        (private, "must not leave its owner"),
        (b"x", "no public key"),
        (b"x" * 5000, "too long"),
    ):
        with pytest.raises(EvidenceError, match=why):
            Recipient.from_pem(pem)
    with pytest.raises(EvidenceError, match="weak"):
        seal(b"", [Recipient(bytes(32))])
    with pytest.raises(EvidenceError, match="1 to 8"):
        seal(b"", [])


@pytest.mark.parametrize("size", [0, 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES])
def test_each_recipient_opens_it_without_the_citys_software(size: int) -> None:
    (one, first), (two, second) = pair(), pair()
    data = bytes(range(256)) * (size // 256 + 1)
    sealed = seal(data[:size], [first, second])
    assert open_sealed.unseal(sealed, one) == open_sealed.unseal(sealed, two) == data[:size]


def test_a_bag_travels_sealed_and_unpacks(
    bag: dict[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = tmp_path / "key.pem"
    assert open_sealed.main(["make-key", str(key)]) == 0
    recipient = Recipient.from_pem((tmp_path / "key.pem.pub").read_bytes())
    assert recipient.fingerprint in capsys.readouterr().out
    sealed = tmp_path / "case.sealed"
    sealed.write_bytes(seal(bags.pack(bag), [recipient]))
    assert open_sealed.main(["open", str(sealed), str(key), str(tmp_path / "bag")]) == 0
    found = {
        p.relative_to(tmp_path / "bag").as_posix(): p.read_bytes()
        for p in (tmp_path / "bag").rglob("*")
        if p.is_file()
    }
    assert found == bag
    assert open_sealed.main(["open", str(sealed), str(key), str(tmp_path / "bag")]) == 1
    assert open_sealed.main(["open"]) == 2
