"""Which system user may ask the vault for what, from the settings."""

from __future__ import annotations

import os
import pwd

from alpr_city.config import CityConfig
from alpr_city.errors import ConfigError


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
    return {uid: frozenset(found) for uid, found in roles.items()}
