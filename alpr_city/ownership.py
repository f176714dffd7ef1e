"""Gives each part of the city's folder to the one system user whose unit needs it."""

from __future__ import annotations

import grp
import os
import pwd
from pathlib import Path

from alpr_city.config import CityConfig

GROUP = "alpr-city"
"""The one that the units share."""


def room_users() -> dict[str, pwd.struct_passwd] | None:
    """The system users of the rooms; None on a machine without them."""
    try:
        grp.getgrnam(GROUP)
        return {n: pwd.getpwnam(f"alpr-{n}") for n in ("vault", "ca", "broker", "ingest", "web")}
    except KeyError:
        return None


def hand_over(config: CityConfig) -> bool:
    """Set owners and rights as the units expect; False on a machine without their users.

    The authority's folder can be passed through, so that the broker reads the revocation list, but
    not listed; keys inside it are their owner's alone.
    """
    users = room_users()
    if os.geteuid() != 0 or users is None:
        return False
    files = config.files
    group = grp.getgrnam(GROUP).gr_gid
    for made in ("run", "enrolment", "exports"):
        (files.path / made).mkdir(exist_ok=True)
    files.log_heads.touch()
    rooms: tuple[tuple[str, Path, int], ...] = (
        ("ca", files.ca, 0o711),
        ("ca", files.path / "enrolment", 0o2770),
        ("broker", files.broker, 0o700),
        ("vault", files.vault, 0o700),
        ("vault", files.key_backups, 0o700),
        ("vault", files.kek.parent, 0o700),
        ("vault", files.socket.parent, 0o2750),
        ("vault", files.log_heads, 0o640),
        ("ingest", files.pictures, 0o2770),
        ("web", files.path / "exports", 0o700),
        ("web", files.secret, 0o400),
    )
    for name, folder, mode in rooms:
        if folder.exists():
            _give(folder, users[name].pw_uid, group, mode)
    # The console issues codes, enrolment uses them.
    (files.path / "enrolment" / "codes.db").chmod(0o660)
    files.policy.chmod(0o755)
    hand_over_papers(config)
    files.services.chmod(0o755)
    files.path.chmod(0o755)
    return True


def hand_over_papers(config: CityConfig) -> bool:
    """Give new certificates and keys to the users of the servers that show them; False as above."""
    users = room_users()
    if users is None:
        return False
    files, group = config.files, grp.getgrnam(GROUP).gr_gid
    rooms = {"enrol": "ca", "console": "web"}
    for folder, other in ((files.services, "ingest"), (files.broker, "broker")):
        for path in folder.iterdir():
            held, owner = path.stat(), users[rooms.get(path.stem, other)].pw_uid
            if held.st_uid == os.geteuid() and path.suffix in (".key", ".pem"):
                path.chmod(0o400 if path.suffix == ".key" else 0o644)
            if held.st_uid != owner:
                os.chown(path, owner, group)
    return True


def _give(folder: Path, owner: int, group: int, mode: int) -> None:
    for path in (folder, *folder.rglob("*")):
        os.chown(path, owner, group)
    folder.chmod(mode)
