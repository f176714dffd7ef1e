"""A command that root starts goes on as the one system user whose rights it needs."""

from __future__ import annotations

import grp
import os
import pwd
from pathlib import Path

from alpr_city.ownership import GROUP


def become(user: str, folder: Path) -> bool:
    """Give up root for a room's user, for good; whether that was needed and done.

    Nothing happens where somebody else than root runs this, or where the city's folder does not
    belong to the units' users: on a desk, in a demonstration, in tests.
    """
    if os.geteuid() != 0:
        return False
    try:
        who, group = pwd.getpwnam(user), grp.getgrnam(GROUP)
        handed_over = (folder / "ca").stat().st_uid == pwd.getpwnam("alpr-ca").pw_uid
    except (KeyError, OSError):
        return False
    if not handed_over:
        return False
    os.setgroups([])
    os.setgid(group.gr_gid)
    os.setuid(who.pw_uid)
    os.umask(0o027)
    return True
