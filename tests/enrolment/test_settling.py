"""The city's settings on a camera: refused, put into force, taken back, and always told."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from alpr_edge.cli import main
from alpr_edge.config import build as settings_of
from alpr_edge.config import load, text
from alpr_edge.desired import WATCHED, Steward
from alpr_edge.enrolling import enrol
from alpr_edge.health.verdict import Level
from alpr_wire.desired import Desired, open_desired
from alpr_wire.errors import WireError
from tests.enrolment.conftest import CAMERA, City, never

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
