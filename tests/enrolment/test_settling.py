"""The city's settings on a camera: refused, put into force, taken back, and always told."""

from __future__ import annotations

import dataclasses
import hashlib
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from alpr_edge.buffer import Outbox
from alpr_edge.buffer.identity import load_identity
from alpr_edge.cli import main
from alpr_edge.config import build as settings_of
from alpr_edge.config import load, text
from alpr_edge.desired import WATCHED, Steward
from alpr_edge.enrolling import enrol
from alpr_edge.health.verdict import Level
from alpr_wire.bundles import NAMES, pack
from alpr_wire.desired import Desired, open_desired
from alpr_wire.errors import WireError
from tests.enrolment.conftest import CAMERA, City, never

SHIPPED = Path(__file__).parents[2] / "models"
WELL = dict.fromkeys(WATCHED, Level.OK)


@dataclass
class Box:
    """A camera whose health a test decides."""

    folder: Path
    health: list[dict[str, Level]] = field(default_factory=list)
    """What each look finds; the last one stays."""
    restarts: int = 0

    @property
    def settings(self) -> Path:
        return self.folder / "edge.toml"

    def steward(self, *, patience: int = 2) -> Steward:
        left = [patience]

        def settle() -> bool:
            left[0] -= 1
            return left[0] >= 0

        def look() -> dict[str, Level]:
            return self.health.pop(0) if len(self.health) > 1 else self.health[0]

        def restart() -> None:
            self.restarts += 1

        return Steward(
            self.settings,
            self.folder / "desired.json",
            restart=restart,
            levels=look,
            settle=settle,
            models=self.folder / "models",
        )


@pytest.fixture
def box(tmp_path: Path) -> Box:
    made = Box(tmp_path, [WELL])
    made.settings.write_text(text(settings_of({})))
    return made


def wish(settings: str, number: int = 7) -> Desired:
    return Desired(camera=CAMERA, number=number, settings=settings)


FASTER = "[scene]\nmax_mph = 65.0\n"


def test_a_forged_foreign_or_old_wish_is_refused() -> None:
    city, stranger = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    good = wish(FASTER)

    def opened(data: bytes, camera: str = CAMERA, last: int = 6) -> Desired:
        return open_desired(data, camera=camera, key=city.public_key(), last_number=last)

    for data, camera, last in (
        (good.sign(stranger), CAMERA, 6),
        (good.sign(city), "cam-two", 6),
        (good.sign(city), CAMERA, 7),
        (good.sign(city)[:-1], CAMERA, 6),
    ):
        with pytest.raises(WireError):
            opened(data, camera, last)
    assert opened(good.sign(city)) == good


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ("[scene]\nmax_mph = 900\n", "scene.max_mph: must be at most 120"),
        ("not toml", "not TOML"),
        ('[outbox]\nidentity = "/elsewhere"\n', "not the city's to move"),
        ('[outbox]\nfolder = "/elsewhere"\n', "not the city's to move"),
    ],
)
def test_a_wish_with_a_fault_changes_nothing(settings: str, why: str, box: Box) -> None:
    before = box.settings.read_bytes()
    report = box.steward().carry_out(wish(settings))
    assert report.outcome == "refused"
    assert why in report.why
    assert (box.settings.read_bytes(), box.restarts) == (before, 0)


def test_a_good_wish_is_in_force(box: Box) -> None:
    steward = box.steward()
    assert steward.carry_out(wish(FASTER)).outcome == "applied"
    assert load(box.settings).scene.max_mph == 65
    assert (box.restarts, steward.last_number) == (1, 7)


def test_what_is_in_force_already_restarts_nothing(box: Box) -> None:
    assert box.steward().carry_out(wish("")).outcome == "unchanged"
    assert box.restarts == 0


@pytest.mark.parametrize("check", ["capture", "frames", "latency"])
def test_where_health_falls_the_old_settings_come_back(check: str, box: Box) -> None:
    before = box.settings.read_bytes()
    box.health = [WELL, WELL | {check: Level.CRITICAL}]
    report = box.steward().carry_out(wish(FASTER))
    assert (report.outcome, report.why) == ("rolled-back", f"worse: {check}")
    assert (box.settings.read_bytes(), box.restarts) == (before, 2)


def test_health_that_comes_back_in_time_is_no_fall(box: Box) -> None:
    box.health = [WELL, WELL | {"frames": Level.UNKNOWN}, WELL]
    assert box.steward().carry_out(wish(FASTER)).outcome == "applied"


def test_a_camera_that_was_ill_before_may_take_settings(box: Box) -> None:
    box.health = [WELL | {"frames": Level.CRITICAL}]
    assert box.steward().carry_out(wish(FASTER)).outcome == "applied"


def test_the_command_fetches_applies_and_reports(
    city: City, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = f'[outbox]\nidentity = "{tmp_path / "identity"}"\nfolder = "{tmp_path / "outbox"}"\n'
    settings = tmp_path / "edge.toml"
    settings.write_text(own)
    enrol(tmp_path / "identity", city.place, city.code(), CAMERA, never)
    command = ["settle", "--config", str(settings)]
    assert main(command) == 0
    assert "the city wants nothing else here" in capsys.readouterr().out
    city.wishes.want(CAMERA, wish(own + FASTER).sign(city.command))
    assert main(command) == 0
    assert load(settings).scene.max_mph == 65
    told = city.wishes.outcome(CAMERA)
    assert told is not None
    assert (told["number"], told["outcome"]) == (7, "applied")
    assert main(command) == 0
    assert "dealt with already" in capsys.readouterr().out
    city.wishes.want(CAMERA, wish(own, 8).sign(Ed25519PrivateKey.generate()))
    assert main(command) == 1
    assert "the city's settings: " in capsys.readouterr().err
    assert load(settings).scene.max_mph == 65


def bundle(**changed: bytes) -> bytes:
    """The shipped models as a bundle, some files replaced (`plate_ocr_toml` for its manifest)."""
    files = {name: (SHIPPED / name).read_bytes() for name in NAMES}
    return pack(files | {key[::-1].replace("_", ".", 1)[::-1]: v for key, v in changed.items()})


def with_models(data: bytes) -> Desired:
    digest = hashlib.sha256(data).digest()
    return Desired(camera=CAMERA, number=7, settings=FASTER, models=digest)


def test_models_that_are_not_what_the_city_signed_change_nothing(box: Box) -> None:
    before = box.settings.read_bytes()
    good = bundle()
    for data in (good[:-1], good + b"more", bundle(plate_ocr_tflite=b"another"), b""):
        report = box.steward().carry_out(with_models(good), data)
        assert (report.outcome, "not the one that the city names" in report.why) == (
            "refused",
            True,
        )
    assert (box.settings.read_bytes(), box.restarts) == (before, 0)


def test_signed_models_whose_manifest_does_not_fit_are_refused(box: Box) -> None:
    spoilt = bundle(plate_ocr_tflite=b"another")
    report = box.steward().carry_out(with_models(spoilt), spoilt)
    assert report.outcome == "refused"
    assert "its SHA-256 is" in report.why
    assert box.restarts == 0


def test_models_come_into_force_with_their_settings_and_go_with_them(box: Box) -> None:
    data = bundle()
    steward = box.steward()
    assert steward.carry_out(with_models(data), data).outcome == "applied"
    folder = load(box.settings).recognize.models
    assert folder is not None
    assert folder.parent == box.folder / "models"
    assert (folder / "plate_ocr.tflite").read_bytes() == (SHIPPED / "plate_ocr.tflite").read_bytes()

    box.health = [WELL, WELL | {"latency": Level.CRITICAL}]
    worse = bundle(plate_syntax_toml=b"# another\n")
    report = steward.carry_out(dataclasses.replace(with_models(worse), number=8), worse)
    assert (report.outcome, report.why) == ("rolled-back", "worse: latency")
    assert load(box.settings).recognize.models == folder


def camera_of(city: City, folder: Path) -> list[str]:
    """An enrolled camera's folder; what follows a command that uses it."""
    own = f'[outbox]\nidentity = "{folder / "identity"}"\nfolder = "{folder / "outbox"}"\n'
    (folder / "edge.toml").write_text(own)
    enrol(folder / "identity", city.place, city.code(), CAMERA, never)
    (folder / "outbox").mkdir()
    return ["--config", str(folder / "edge.toml")]


def test_models_are_fetched_apart_and_settled_without_a_network(
    city: City, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = camera_of(city, tmp_path)
    data = bundle()
    settings = (tmp_path / "edge.toml").read_text() + FASTER
    wanted = dataclasses.replace(with_models(data), settings=settings)
    city.wishes.want(CAMERA, wanted.sign(city.command))
    assert main(["fetch", *own]) == 1, "the city has no such models"
    assert "there are no such models here" in capsys.readouterr().err
    assert main(["settle", "--kept", *own]) == 0
    assert "the city wants nothing else here" in capsys.readouterr().out

    assert city.wishes.keep(data) == wanted.models
    assert main(["fetch", *own]) == 0
    city.authority.folder.joinpath("devices.crl").touch()
    assert main(["settle", "--kept", *own]) == 0
    assert "settings 7: applied" in capsys.readouterr().out
    assert load(tmp_path / "edge.toml").recognize.models is not None
    assert city.wishes.outcome(CAMERA) is None, "settle has no network"
    assert main(["fetch", *own]) == 0
    told = city.wishes.outcome(CAMERA)
    assert told is not None
    assert told["outcome"] == "applied"


def test_a_wish_brought_by_a_command_waits_for_its_models(
    city: City, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = camera_of(city, tmp_path)
    (tmp_path / "outbox/wanted-settings").write_bytes(with_models(bundle()).sign(city.command))
    (tmp_path / "outbox/wanted-models").write_bytes(b"those of an older wish")
    assert main(["settle", "--kept", *own]) == 0
    assert "have not come yet" in capsys.readouterr().out
    city.wishes.keep(bundle())
    assert main(["fetch", *own]) == 0
    assert "new models" in capsys.readouterr().out


def test_a_forged_end_destroys_nothing(
    city: City, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = camera_of(city, tmp_path)
    end = Desired(camera=CAMERA, number=9, settings="", farewell=True)
    (tmp_path / "outbox/wanted-settings").write_bytes(end.sign(Ed25519PrivateKey.generate()))
    (tmp_path / "outbox/farewell").write_text("cam-one is decommissioned")
    assert main(["settle", "--kept", *own]) == 1
    assert "signature does not hold" in capsys.readouterr().err
    assert (tmp_path / "identity/client.key").exists()


def test_the_city_ends_a_camera_once_it_has_every_read(
    city: City, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = camera_of(city, tmp_path)
    outbox = tmp_path / "outbox"
    Outbox.open(outbox, load_identity(tmp_path / "identity")).close()
    db = sqlite3.connect(outbox / "outbox.db")
    db.execute(
        "INSERT INTO records (seq, kind, encoding, head, stored_us) VALUES (9, 1, x'', x'', 0)"
    )
    db.commit()
    end = Desired(camera=CAMERA, number=9, settings="", farewell=True)
    city.wishes.want(CAMERA, end.sign(city.command))

    assert main(["fetch", *own]) == 0
    assert "1 reads are not receipted yet" in capsys.readouterr().out
    assert main(["settle", "--kept", *own]) == 0
    assert "it waits for the receipts" in capsys.readouterr().out
    assert city.states[CAMERA] == "active"

    db.execute("DELETE FROM records WHERE kind = 1")
    db.commit()
    db.close()
    assert main(["fetch", *own]) == 0
    assert city.states[CAMERA] == "decommissioned"
    assert main(["settle", "--kept", *own]) == 0
    assert "Keys and outbox of this camera are destroyed" in capsys.readouterr().out
    assert not (tmp_path / "identity").exists()
    assert not outbox.exists()
