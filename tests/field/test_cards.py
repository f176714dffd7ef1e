"""Cards and firewalls as provisioning makes them: no secret, and nothing open unnamed."""

from __future__ import annotations

import os
import re
import stat
import subprocess
from pathlib import Path

import pytest

PROVISIONING = Path(__file__).parents[2] / "provisioning"
PREPARE = PROVISIONING / "camera" / "prepare-card.sh"


def card(folder: Path, secret: str) -> Path:
    """A card that was used before: full of what must not be on two machines."""
    for name, content in {
        "etc/ssh/ssh_host_ed25519_key": f"-----BEGIN OPENSSH PRIVATE KEY-----\n{secret}",
        "etc/machine-id": secret,
        "etc/shadow": f"root:$6${secret}:19000:0:99999:7:::\npi:$6${secret}:19001:0:99999:7:::\n",
        "etc/NetworkManager/system-connections/home": f"psk={secret}",
        "home/pi/.ssh/authorized_keys": f"ssh-ed25519 {secret}",
        "var/lib/systemd/random-seed": secret,
        "boot/firmware/userconf.txt": f"pi:{secret}",
        "etc/os-release": "ID=raspbian\n",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder


def prepare(root: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(PREPARE), str(root), *more], capture_output=True, text=True, timeout=60, check=False
    )


def tree(root: Path) -> dict[str, tuple[int, str]]:
    return {
        str(p.relative_to(root)): (
            stat.S_IMODE(p.lstat().st_mode),
            os.readlink(p) if p.is_symlink() else p.read_text(),
        )
        for p in sorted(root.rglob("*"))
        if p.is_symlink() or p.is_file()
    }


def test_what_is_no_card_is_refused(tmp_path: Path) -> None:
    done = prepare(tmp_path)
    assert done.returncode == 2
    assert "is no root of a card. Fix: mount the card" in done.stderr
    assert prepare(Path("/")).returncode == 2


def test_the_card_of_an_enrolled_camera_is_refused(tmp_path: Path) -> None:
    root = card(tmp_path, "alpha")
    (root / "etc/alpr-edge/identity").mkdir(parents=True)
    done = prepare(root)
    assert done.returncode == 1
    assert "alpr-edge decommission" in done.stderr


def test_two_prepared_cards_are_the_same_and_hold_no_secret(tmp_path: Path) -> None:
    roots = [card(tmp_path / secret, secret) for secret in ("alphasecret", "betasecret")]
    for root in roots:
        assert prepare(root).returncode == 0
        held = tree(root)
        assert not any("secret" in content for _, content in held.values())
        assert not any("PRIVATE" in content for _, content in held.values())
        assert not any("ssh_host" in name for name in held)
        assert held["etc/machine-id"] == (0o644, "")
        assert "root:!:" in held["etc/shadow"][1]
    assert tree(roots[0]) == tree(roots[1])


def test_preparing_a_card_again_changes_nothing(tmp_path: Path) -> None:
    root = card(tmp_path, "alphasecret")
    prepare(root)
    before = tree(root)
    assert prepare(root).returncode == 0
    assert tree(root) == before


def test_no_file_of_the_repository_is_a_key() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"],
        cwd=PROVISIONING.parent,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout.split("\0")
    begins = re.compile(rb"^-----BEGIN [A-Z ]*PRIVATE KEY-----\r?\n[A-Za-z0-9+/=]{40}", re.M)
    for name in filter(None, listed):
        path = PROVISIONING.parent / name
        if path.is_file() and path.stat().st_size < 1_000_000:
            assert not begins.search(path.read_bytes()), name


@pytest.mark.parametrize("where", ["camera", "city"])
def test_a_firewall_drops_what_it_does_not_name(where: str) -> None:
    text = (PROVISIONING / where / "nftables.conf").read_text()
    for chain in ("input", "forward"):
        assert f"hook {chain} priority filter; policy drop;" in text
    if where == "camera":
        assert "hook output priority filter; policy drop;" in text
        opened = re.findall(r"^.*\bdport\b.*accept$", text.partition("chain forward")[0], re.M)
        assert [line.split("accept")[0].strip() for line in opened] == [
            "ip saddr $SERVICE tcp dport 22 ct state new limit rate 6/minute"
        ]


@pytest.mark.parametrize("where", ["camera", "city"])
def test_nftables_understands_the_rules(where: str) -> None:
    checked = subprocess.run(
        ["unshare", "-rn", "nft", "-c", "-f", str(PROVISIONING / where / "nftables.conf")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | {"PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"},
    )
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize("script", sorted(PROVISIONING.rglob("*.sh")), ids=lambda p: p.name)
def test_a_script_is_sound_shell(script: Path) -> None:
    assert subprocess.run(["sh", "-n", str(script)], timeout=60, check=False).returncode == 0
    assert "set -eu" in script.read_text()
