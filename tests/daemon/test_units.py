"""The systemd units: what they restrict, and that systemd understands them."""

from __future__ import annotations

import configparser
import re
import subprocess
from pathlib import Path

import pytest

from alpr_edge import daemon
from alpr_edge.commands import grab
from alpr_edge.config import EdgeConfig
from alpr_edge.fetching import FAREWELL, MODELS
from alpr_edge.obeying import SETTINGS

UNITS = Path(__file__).parents[2] / "systemd"
EDGE = [
    "alpr-edge-capture",
    "alpr-edge-clock",
    "alpr-edge-fetch",
    "alpr-edge-grab",
    "alpr-edge-renew",
    "alpr-edge-settle",
    "alpr-edge-sync",
]
CITY = [
    "alpr-city-audit",
    "alpr-city-broker",
    "alpr-city-certificates",
    "alpr-city-compact",
    "alpr-city-enrol",
    "alpr-city-ingest@",
    "alpr-city-keys",
    "alpr-city-misuse",
    "alpr-city-public-figures",
    "alpr-city-purge",
    "alpr-city-reconcile",
    "alpr-city-tell",
    "alpr-city-vault",
    "alpr-city-verify-log",
    "alpr-city-web",
]
NAMES = CITY + EDGE
RUN_BY_A_TIMER = {path.stem for kind in ("timer", "path") for path in UNITS.glob(f"*.{kind}")}
RUN_ONCE = RUN_BY_A_TIMER | {"alpr-edge-clock"}


class Repeated(dict[str, str]):
    """A section in which a key may stand many times; the lines are joined."""

    def __setitem__(self, key: str, value: object) -> None:
        if key in self and isinstance(value, list):
            value = [*self[key], *value]
        super().__setitem__(key, value)  # type: ignore[arg-type]


def service(name: str) -> configparser.SectionProxy:
    parser = configparser.ConfigParser(strict=False, dict_type=Repeated, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(UNITS / f"{name}.service")
    return parser["Service"]


def parts(name: str) -> tuple[str, str]:
    """Program and command of a unit."""
    program, command = name.removesuffix("@")[:9], name.removesuffix("@")[10:]
    return program, command


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_every_unit_is_looked_at() -> None:
    assert sorted(path.stem for path in UNITS.glob("*.service")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_systemd_understands_the_unit(name: str, tmp_path: Path) -> None:
    # Where the package is not installed its command is missing, and only that may be replaced.
    text = (UNITS / f"{name}.service").read_text()
    program, command = parts(name)
    assert re.search(rf"^ExecStart=/usr/bin/{program} {command}( [a-z-].*)?$", text, re.M)
    copy = tmp_path / f"{name}.service"
    copy.write_text(text.replace(f"/usr/bin/{program} ", "/bin/true "))
    verified = run("systemd-analyze", "verify", str(copy))
    assert (verified.returncode, verified.stderr) == (0, "")


@pytest.mark.parametrize("name", NAMES)
def test_the_units_exposure_is_at_most_one(name: str) -> None:
    judged = run(
        "systemd-analyze",
        "security",
        "--offline=true",
        "--threshold=10",
        "--no-pager",
        str(UNITS / f"{name}.service"),
    )
    assert judged.returncode == 0, judged.stdout.splitlines()[-1]


@pytest.mark.parametrize("name", NAMES)
def test_a_plate_in_memory_reaches_no_disk_in_clear(name: str) -> None:
    unit = service(name)
    assert (unit["LimitCORE"], unit["MemorySwapMax"]) == ("0", "0")


@pytest.mark.parametrize("name", NAMES)
def test_a_configuration_fault_is_not_tried_again(name: str) -> None:
    unit = service(name)
    if name in RUN_ONCE:
        assert unit["Type"] == "oneshot"
        return
    assert unit["RestartPreventExitStatus"].split() == ["78", "2"]
    assert unit["Restart"] == "always"


def test_a_drain_is_over_before_systemd_loses_patience() -> None:
    drain_s = daemon.CAMERA_S + daemon.LOOP_S + daemon.STORE_S
    assert drain_s < float(service("alpr-edge-capture")["TimeoutStopSec"])
    assert float(service("alpr-edge-grab")["TimeoutStopSec"]) > grab.STOP_S
    # A worker that hangs is found by the process itself, and not by the watchdog.
    beats_s = daemon.CAMERA_BEAT_S, daemon.LOOP_BEAT_S, daemon.STORE_BEAT_S
    assert max(beats_s) < float(service("alpr-edge-capture")["WatchdogSec"])


def test_what_parses_pictures_has_no_network() -> None:
    unit = service("alpr-edge-capture")
    assert unit["PrivateNetwork"] == "yes"
    assert "INET" not in unit["RestrictAddressFamilies"]


def test_what_has_the_network_has_no_camera() -> None:
    for name in ("alpr-edge-sync", "alpr-edge-grab", "alpr-edge-renew", "alpr-edge-fetch"):
        unit = service(name)
        assert unit["PrivateDevices"] == "yes"
        assert unit["SocketBindDeny"] == "any"
        assert "SupplementaryGroups" not in unit


def test_the_clock_is_set_by_what_does_nothing_else() -> None:
    able = [n for n in NAMES if "CAP_SYS_TIME" in service(n)["CapabilityBoundingSet"]]
    assert able == ["alpr-edge-clock"]
    unit = service("alpr-edge-clock")
    assert (unit["PrivateNetwork"], unit["RestrictAddressFamilies"]) == ("yes", "none")


def test_what_runs_as_root_has_no_network_and_is_started_by_the_citys_settings() -> None:
    assert [n for n in NAMES if service(n).get("User", "root") == "root"] == ["alpr-edge-settle"]
    unit = service("alpr-edge-settle")
    assert (unit["PrivateNetwork"], unit["RestrictAddressFamilies"]) == ("yes", "AF_UNIX")
    wanted = (UNITS / "alpr-edge-settle.path").read_text()
    for file in (SETTINGS, MODELS, FAREWELL):
        assert f"PathChanged={EdgeConfig().outbox.folder}/{file}\n" in wanted


def test_no_address_is_reached_that_was_not_named() -> None:
    unit = service("alpr-edge-grab")
    assert unit["IPAddressDeny"] == "any"
    assert "IPAddressAllow" not in unit
    sync = service("alpr-edge-sync")
    assert (sync["IPAddressDeny"], sync["IPAddressAllow"]) == ("any", "localhost")
    assert unit["InaccessiblePaths"] == "-/var/lib/alpr-edge"


def test_every_command_of_a_unit_is_there() -> None:
    for name in NAMES:
        program, command = parts(name)
        folder = UNITS.parent / program.replace("-", "_") / "commands"
        assert (folder / f"{command.replace('-', '_')}.py").exists(), name


def test_the_vault_has_no_network_and_rooms_have_users_of_their_own() -> None:
    vault = service("alpr-city-vault")
    assert (vault["PrivateNetwork"], vault["RestrictAddressFamilies"]) == ("yes", "AF_UNIX")
    assert "PrivateUsers" not in vault, "in a user namespace every caller would look the same"
    purge = service("alpr-city-purge")  # asks the vault as its own user, and sees none of its files
    assert "/var/lib/alpr-city/kek" in purge["InaccessiblePaths"]
    users = [service(name)["User"] for name in CITY if name not in RUN_BY_A_TIMER]
    assert len(set(users)) == len(users)
    made = (UNITS / "alpr-city.sysusers").read_text()
    assert all(f"\nu {user} " in made for user in users)


def test_only_three_doors_of_the_city_listen() -> None:
    doors = {}
    for name in CITY:
        unit = service(name)
        if "SocketBindDeny" in unit:
            assert unit["SocketBindDeny"] == "any"
            doors[name] = "SocketBindAllow" in unit
    assert doors == {
        "alpr-city-broker": True,
        "alpr-city-enrol": True,
        "alpr-city-ingest@": False,
        "alpr-city-tell": False,
        "alpr-city-web": True,
    }


def test_nothing_comes_in_from_a_network_that_was_not_named() -> None:
    for name in CITY:
        assert service(name)["IPAddressDeny"] == "any"


def test_what_tells_of_hits_reaches_neither_vault_nor_pictures() -> None:
    hidden = service("alpr-city-tell")["InaccessiblePaths"]
    for folder in ("vault", "kek", "key-backups", "pictures", "run", "ca", "services"):
        assert f"-/var/lib/alpr-city/{folder}" in hidden.split()


def test_the_renewal_timer_runs_within_the_hour_and_after_a_start() -> None:
    timer = (UNITS / "alpr-edge-renew.timer").read_text()
    assert "OnBootSec=1min\n" in timer
    assert "OnUnitActiveSec=1h\n" in timer
