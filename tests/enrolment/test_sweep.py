"""Who the register says is out is on the revocation list, whoever put them out."""

from __future__ import annotations

from pathlib import Path

from alpr_city.ca import Authority
from alpr_city.enrolment.codes import Codes
from alpr_city.enrolment.sweep import LIST_S, LOOK_S, Sweep


def test_every_certificate_of_a_camera_that_is_out_is_revoked_once(tmp_path: Path) -> None:
    authority = Authority.create(tmp_path / "ca", "Testville")
    codes = Codes(tmp_path / "codes.db")
    for serial in (11, 12):
        codes.note_issued(serial, "cam-out", "renewed")
    codes.note_issued(13, "cam-in", "renewed")
    out: list[tuple[str, str]] = []
    sweep = Sweep(authority, codes, lambda: out)
    assert sweep.step(0.0) == 0
    out.append(("cam-out", "14"))
    assert sweep.step(LOOK_S / 2) == 0
    assert sweep.step(LOOK_S) == 3
    assert [authority.is_revoked(n) for n in (11, 12, 14, 13)] == [True, True, True, False]
    assert sweep.step(3 * LOOK_S) == 0


def test_the_list_is_renewed_every_day_and_forgets_nobody(tmp_path: Path) -> None:
    authority = Authority.create(tmp_path / "ca", "Testville")
    sweep = Sweep(authority, Codes(tmp_path / "codes.db"), lambda: [("cam-out", "14")])
    sweep.step(0.0)
    before = (tmp_path / "ca/devices.crl").read_bytes()
    sweep.step(LIST_S / 2)
    assert (tmp_path / "ca/devices.crl").read_bytes() == before
    sweep.step(LIST_S + 1)
    assert (tmp_path / "ca/devices.crl").read_bytes() != before
    assert authority.is_revoked(14)
