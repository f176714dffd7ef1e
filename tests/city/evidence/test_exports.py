"""Held reads leave on a medium, proven, sealed, and with a chain of custody."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from alpr_city.errors import EvidenceError
from alpr_city.evidence import open_sealed, verify_bag
from tests.city.console import Console
from tests.city.releases.test_pages import prove_presence


@pytest.fixture
def held(city: Console) -> Any:
    """Two reads of the test city, held for a case."""
    from alpr_city.door.door import staff
    from alpr_city.people.journal import vault
    from alpr_city.reads.models import Record
    from alpr_city.reads.pictures import PictureStore
    from alpr_city.retention.holds import Wanted, place

    root = city.vault.root.public_key().public_bytes_raw()
    city.config.files.root_public.write_bytes(root)
    pictures = PictureStore(city.config.files.pictures)
    seqs = Record.objects.exclude(wrapped=None).order_by("seq").values_list("seq", flat=True)[:2]
    about = {"case": "26-01234", "reason": "a burglary", "query": {}}
    access = staff(city.person("officer"), action="hold", purpose="retention", **about)
    wanted = Wanted(
        case="26-01234",
        basis="criminal",
        description="a burglary",
        custodian="City Clerk",
        review_on=city.day + timedelta(days=90),
    )
    reads = [("cam-one", city.camera.stream, seq) for seq in seqs]
    hold = place(vault(), pictures, access, wanted, reads)
    pictures.close()
    return hold


def pem_of(key: X25519PrivateKey) -> str:
    public = key.public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def form(*keys: X25519PrivateKey, **changes: Any) -> dict[str, Any]:
    said = {
        "why": "the prosecutor asks for it",
        "recipient": "District Attorney",
        "medium": "stick 4711",
        "part": 1,
        "compared": "on",
    }
    return {**said, "keys": "".join(map(pem_of, keys)), **changes}


@pytest.mark.parametrize("who", ["officer", "designee", "auditor", "maintenance"])
def test_others_export_nothing(request: pytest.FixtureRequest, held: Any, who: str) -> None:
    client = request.getfixturevalue(who)
    for page in ("/evidence/", f"/evidence/hold/{held.pk}/"):
        assert client.get(page).status_code == 403


def test_an_export_says_why_for_whom_on_what_and_to_which_key(clerk: Any, held: Any) -> None:
    prove_presence(clerk)
    key = X25519PrivateKey.generate()
    for changes in ({"why": ""}, {"recipient": " "}, {"medium": ""}, {"keys": "x"}, {"part": 2}):
        answer = clerk.post(f"/evidence/hold/{held.pk}/", form(key, **changes))
        assert answer.status_code == 400, changes
    assert clerk.post(f"/evidence/hold/{held.pk}/", form(key, key)).status_code == 400


def test_a_released_hold_is_not_exported(city: Console, clerk: Any, held: Any) -> None:
    prove_presence(clerk)
    from datetime import UTC, datetime

    held.released_at = datetime.now(UTC)
    held.save()
    answer = clerk.post(f"/evidence/hold/{held.pk}/", form(X25519PrivateKey.generate()))
    assert "was released" in answer.content.decode()


def test_a_hold_is_exported_verified_booked_and_its_way_is_shown(
    city: Console, clerk: Any, held: Any, tmp_path: Path
) -> None:
    from alpr_city.evidence.models import Export

    prove_presence(clerk)
    recipient, room = X25519PrivateKey.generate(), X25519PrivateKey.generate()
    assert "Export hold" in clerk.get("/evidence/").content.decode()
    answer = clerk.post(f"/evidence/hold/{held.pk}/", form(recipient, room))
    assert answer["Content-Disposition"] == 'attachment; filename="evidence-1.sealed"'
    assert b"0TEST" not in answer.content
    for number, key in enumerate((recipient, room)):
        folder = tmp_path / f"bag{number}"
        open_sealed.unpack(open_sealed.unseal(answer.content, key), folder)
        checked = verify_bag.Bag(verify_bag.load(folder))
        assert checked.check(), checked.faults
    assert sum(line.startswith("read ") for line in checked.lines) == 2
    assert "medium: stick 4711" in checked.lines
    made = Export.objects.get()
    page = f"/evidence/{made.pk}/"
    booking = {"step": "booked", "holder": "Evidence room, Lost Hills"}
    assert "a booking has its reference" in clerk.post(page, booking).content.decode()
    assert clerk.post(page, {**booking, "reference": "LH-2026-17"}).status_code == 302
    shown = clerk.get(page).content.decode()
    assert "LH-2026-17" in shown
    assert "0TEST" not in shown
    actions = [entry[2] for entry in city.log()]
    assert actions.count("evidence.export") == 1
    assert actions.count("evidence.custody") == 2


def test_a_read_the_camera_has_not_signed_after_is_not_exported(city: Console, held: Any) -> None:
    from alpr_city.evidence.exports import Wanted, export
    from alpr_city.evidence.seal import Recipient

    held.reads.update(proof=None)
    key = Recipient(X25519PrivateKey.generate().public_key().public_bytes_raw())
    wanted = Wanted(why="w", recipient="r", medium="m", keys=[key])
    with pytest.raises(EvidenceError, match="signed nothing after it"):
        export(city.person("clerk"), held, wanted)


def test_a_held_read_is_exported_after_its_day_died(city: Console, held: Any) -> None:
    from alpr_city.evidence.exports import Wanted, export
    from alpr_city.evidence.seal import Recipient
    from alpr_city.vault.keyring import Use

    city.vault.vault.keyring.destroy(Use.DAY, str(city.day), "a test")
    key = Recipient(X25519PrivateKey.generate().public_key().public_bytes_raw())
    wanted = Wanted(why="w", recipient="r", medium="m", keys=[key])
    made, _ = export(city.person("clerk"), held, wanted)
    assert made.reads == 2
