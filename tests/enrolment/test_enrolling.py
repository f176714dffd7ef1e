"""Enrolment over real sockets: what is refused, what goes on after a failure, what is renewed."""

from __future__ import annotations

import socket
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from alpr_city.errors import AuthorityError
from alpr_edge import device_key, est
from alpr_edge.buffer import Outbox
from alpr_edge.buffer.identity import load_identity
from alpr_edge.city_keys import load_city_keys
from alpr_edge.cli import main
from alpr_edge.enrolling import decommission, due, enrol, renew
from alpr_edge.enrolment import certificate_file
from alpr_edge.errors import EnrollError
from alpr_edge.est import Place
from alpr_wire.enrolment_code import EnrolmentCode
from alpr_wire.errors import WireError
from alpr_wire.records import Kind
from tests.enrolment.conftest import CAMERA, City, never


def refused(city: City, identity: Path, code: str, camera: str = CAMERA) -> str:
    with pytest.raises(EnrollError) as error:
        enrol(identity, city.place, code, camera, never)
    line = str(error.value)
    assert "\n" not in line
    return line


def test_a_mistyped_code_is_noticed_before_anything_is_sent(identity: Path) -> None:
    place = Place(host="nowhere.invalid", port=1)
    with pytest.raises(EnrollError, match=r"mistyped.* Fix: type it again, all eleven groups"):
        enrol(identity, place, "ABCD-EFGH", CAMERA, never)
    assert not identity.exists()


def _noticed(text: str) -> bool:
    try:
        EnrolmentCode.parse(text)
    except WireError:
        return True
    return False


def test_a_slip_of_one_character_is_noticed() -> None:
    noticed: list[bool] = []
    good = EnrolmentCode.draw(b"an authority").text
    for place, was in enumerate(good):
        if was == "-":
            continue
        # The last character has bits to spare; 1 of 256 slips has the right check all the same.
        slips = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".replace(was, "")
        noticed += [_noticed(good[:place] + now + good[place + 1 :]) for now in slips]
    assert sum(noticed) > 0.97 * len(noticed)


def test_a_code_is_read_however_it_is_typed() -> None:
    code = EnrolmentCode.draw(b"an authority")
    assert EnrolmentCode.parse(code.text.lower().replace("-", " ")) == code
    assert len(code.text.split("-")) == 11


def test_an_unknown_code(city: City, identity: Path) -> None:
    line = refused(city, identity, EnrolmentCode.draw(city.servers).text)
    assert line == ("the city says: this code is not known here. Fix: ask the city for a new code")


def test_an_expired_code(city: City, identity: Path) -> None:
    assert "this code has expired" in refused(city, identity, city.code(life_s=-1))


def test_a_code_of_another_camera(city: City, identity: Path) -> None:
    line = refused(city, identity, city.code("cam-two"))
    assert "this code is for another camera than cam-one" in line


def test_another_citys_code_sends_nothing(city: City, other_city: City, identity: Path) -> None:
    line = refused(city, identity, other_city.code())
    assert "is not the city that issued this code" in line
    assert not identity.exists()
    assert city.codes.serials(CAMERA) == []


def test_an_endpoint_that_is_not_there(identity: Path) -> None:
    place = Place(host="127.0.0.1", port=1)
    with pytest.raises(EnrollError, match=r"127.0.0.1:1: cannot be reached .* run the same"):
        enrol(identity, place, EnrolmentCode.draw(b"x").text, CAMERA, never)


def test_an_endpoint_that_says_nothing(identity: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(est, "TIMEOUT_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        place = Place(host="127.0.0.1", port=silent.getsockname()[1])
        with pytest.raises(EnrollError, match=r"did not answer within .* run the same"):
            enrol(identity, place, EnrolmentCode.draw(b"x").text, CAMERA, never)


def test_a_clock_that_is_wrong(city: City, identity: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime.now(UTC) - timedelta(days=400)

    monkeypatch.setattr(est, "datetime", Slow)
    line = refused(city, identity, city.code())
    assert line.startswith("this clock says ")
    assert "timedatectl set-ntp true" in line


@pytest.mark.parametrize(
    "url", ["http://city", "city", "https://", "https://city/x", "https://a:b"]
)
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(EnrollError, match=r"Fix: write it as https://HOST"):
        Place.of(url)


def test_a_code_enrols_one_camera_and_its_key_never_leaves(city: City, identity: Path) -> None:
    grant = enrol(identity, city.place, city.code(), CAMERA, never)
    assert (grant.camera, grant.host) == (CAMERA, "broker.test")
    held = load_identity(identity)
    assert city.signing_keys == {CAMERA: held.signing_key.public_key().public_bytes_raw()}
    load_city_keys(identity)
    for name in ("signing.pem", "client.key"):
        assert stat.S_IMODE((identity / name).stat().st_mode) == 0o600
    assert b"PRIVATE" not in b"".join(p.read_bytes() for p in city.folder.rglob("codes.db"))


def test_a_used_code_is_refused_to_whoever_comes_later(
    city: City, identity: Path, tmp_path: Path
) -> None:
    code = city.code()
    enrol(identity, city.place, code, CAMERA, never)
    assert "this code was used already" in refused(city, tmp_path / "thief", code)


def test_half_an_enrolment_goes_on_with_the_same_code_and_for_nobody_else(
    city: City, identity: Path, tmp_path: Path
) -> None:
    code = city.code()
    city.fail_grants = 1
    assert "run the same command again" in refused(city, identity, code)
    assert not (identity / "city-root.pub").exists()
    assert "used by another machine" in refused(city, tmp_path / "thief", code)
    enrol(identity, city.place, code, CAMERA, never)
    load_identity(identity)


def test_a_newer_code_voids_the_one_before(city: City, identity: Path) -> None:
    old = city.code()
    city.code()
    assert "not known here" in refused(city, identity, old)


def test_a_second_person_must_be_another_one(city: City, identity: Path) -> None:
    code = city.code(second_person=True)
    assert "nobody has approved" in refused(city, identity, code)
    with pytest.raises(AuthorityError, match="have another person approve"):
        city.codes.approve(CAMERA, by="a.person")

    def somebody_approves() -> bool:
        city.codes.approve(CAMERA, by="b.person")
        return True

    enrol(identity, city.place, code, CAMERA, somebody_approves)
    assert city.states[CAMERA] == "active"


def test_a_certificate_is_due_after_two_thirds(city: City, identity: Path) -> None:
    enrol(identity, city.place, city.code(), CAMERA, never)
    assert not due(identity)
    _reissue(city, identity, timedelta(minutes=1))
    assert due(identity)


@pytest.mark.parametrize("days", [0, 90, 119])
def test_an_expired_certificate_renews_and_does_nothing_else(
    days: int, city: City, identity: Path
) -> None:
    enrol(identity, city.place, city.code(), CAMERA, never)
    before = certificate_file(identity).read_bytes()
    if days:
        _reissue(city, identity, timedelta(days=-days))
        with pytest.raises(EnrollError, match="has expired and may only renew"):
            decommission(identity, identity / "none", lose=False)
    new = renew(identity)
    assert new.not_valid_after_utc > datetime.now(UTC) + timedelta(days=6)
    assert certificate_file(identity).read_bytes() != before
    assert str(new.serial_number) in {str(s) for s in city.codes.serials(CAMERA)}


def test_a_certificate_that_expired_121_days_ago_is_over(city: City, identity: Path) -> None:
    enrol(identity, city.place, city.code(), CAMERA, never)
    _reissue(city, identity, timedelta(days=-121))
    with pytest.raises(EnrollError, match=r"more than 120 days ago\. Fix: enrol the camera anew"):
        renew(identity)


@pytest.mark.parametrize("state", ["revoked", "stolen", "decommissioned"])
def test_a_camera_that_was_put_out_gets_nothing(state: str, city: City, identity: Path) -> None:
    enrol(identity, city.place, city.code(), CAMERA, never)
    city.put_out(CAMERA, state)
    with pytest.raises(EnrollError, match="was revoked"):
        renew(identity)
    city.states[CAMERA] = state
    assert "was put out" in refused(city, identity, city.code())


def test_a_certificate_of_another_city_opens_no_door(
    city: City, other_city: City, identity: Path
) -> None:
    enrol(identity, city.place, city.code(), CAMERA, never)
    (identity / "endpoint").write_text(f"https://{other_city.place}\n")
    with pytest.raises(EnrollError, match="is not the city of this camera"):
        renew(identity)
    (identity / "city-ca.pem").write_bytes(other_city.authority.trust("servers"))
    with pytest.raises(EnrollError):
        renew(identity)
    assert other_city.codes.serials(CAMERA) == []


def test_a_farewell_is_confirmed_before_keys_are_destroyed(city: City, identity: Path) -> None:
    enrol(identity, city.place, city.code(), CAMERA, never)
    assert decommission(identity, identity.parent / "outbox", lose=False) == (
        "cam-one is decommissioned"
    )
    assert city.states[CAMERA] == "decommissioned"
    assert not identity.exists()


def test_nothing_is_destroyed_while_reads_wait(city: City, identity: Path) -> None:
    enrol(identity, city.place, city.code(), CAMERA, never)
    folder = identity.parent / "outbox"
    folder.mkdir()
    outbox = Outbox.open(folder, load_identity(identity))
    seq = outbox.store_event(Kind.CONFIG, {1: bytes(32)})
    outbox._db.execute("UPDATE records SET kind = 1 WHERE seq = ?", (seq,))
    outbox.close()
    with pytest.raises(EnrollError, match="1 records are not receipted yet"):
        decommission(identity, folder, lose=False)
    assert (identity / "signing.pem").exists()
    assert city.states[CAMERA] == "active"


def test_the_command_enrols_a_bare_machine_and_writes_its_settings(
    city: City, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "edge.toml"
    settings.write_text(f'[outbox]\nidentity = "{tmp_path / "identity"}"\n')
    command = ["enroll", f"https://{city.place}", "--camera", CAMERA, "--code", city.code()]
    assert main([*command, "--config", str(settings)]) == 0
    said = capsys.readouterr()
    assert "enrolled as cam-one; the city is at broker.test:8883" in said.out
    assert 'host = "broker.test"' in settings.read_text()
    assert main(["check-config", str(settings)]) == 0
    assert main(["renew", "--if-due", "--config", str(settings)]) == 0
    assert main(["renew", "--config", str(settings)]) == 0
    assert "PRIVATE" not in said.out + said.err


def test_no_command_prints_a_trace_or_the_code(
    city: City, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "edge.toml"
    settings.write_text(f'[outbox]\nidentity = "{tmp_path / "identity"}"\n')
    code = city.code(life_s=-1)
    command = ["enroll", f"https://{city.place}", "--camera", CAMERA, "--code", code]
    assert main([*command, "--config", str(settings)]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert code not in said
    assert "Traceback" not in said


def _reissue(city: City, identity: Path, life: timedelta) -> None:
    """Give the camera the certificate it would hold had time passed."""
    csr = device_key.request(identity / "client.key", CAMERA).public_bytes(Encoding.PEM)
    issued = city.authority.issue_device(csr, CAMERA, life=life)
    (identity / "client.pem").write_bytes(issued.certificate)
