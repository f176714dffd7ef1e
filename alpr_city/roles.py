"""Which system user may ask the vault for what, from the settings."""

from __future__ import annotations

import contextlib
import os
import pwd

from alpr_city.config import CityConfig
from alpr_city.errors import ConfigError

AUTHORITY_USER = "alpr-ca"


def roles_of(config: CityConfig) -> dict[int, frozenset[str]]:
    """Roles by user id. The vault's own user looks after keys, and no more unless told so.

    Raises:
        ConfigError: A user of the settings does not exist.
    """
    roles: dict[int, set[str]] = {os.getuid(): {"keys"}}
    for key, name, role in (
        ("ingest.user", config.ingest.user, "ingest"),
        ("web.user", config.web.user, "console"),
        ("web.user", config.web.user, "lists"),
    ):
        try:
            uid = pwd.getpwnam(name).pw_uid if name else os.getuid()
        except KeyError as error:
            raise ConfigError([f"{key}: no system user {name}. Fix: create it"]) from error
        roles.setdefault(uid, set()).add(role)
    with contextlib.suppress(KeyError):  # where the units are installed, the authority has its own
        roles.setdefault(pwd.getpwnam(AUTHORITY_USER).pw_uid, set()).add("enrol")
    return {uid: frozenset(found) for uid, found in roles.items()}
