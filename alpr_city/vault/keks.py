"""Which key-encryption key a city uses, a file or a token, and the way from one to the other."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from alpr_city.config import CityConfig
from alpr_city.errors import SetupError, VaultError
from alpr_city.vault.backup import Backup
from alpr_city.vault.kek import FileKek, Kek
from alpr_city.vault.keyring import Keyring

MOVE = "run `alpr-city keys to-token`"


def kek_of(config: CityConfig, *, create: bool = False) -> Kek:
    """The city's key-encryption key; made where there is none and that is asked for.

    Raises:
        VaultError: It is not there.
        ConfigError: The settings name a token that cannot be used.
    """
    files = config.files
    if not config.vault.pkcs11_module:
        if create and not files.kek.exists():
            return FileKek.create(files.kek)
        return FileKek(files.kek)
    if files.kek.exists():
        raise VaultError(f"{files.kek}: a token is set, and this file is still here", fix=MOVE)
    from alpr_city.vault.token import Token, TokenKek

    token = Token(config.vault)
    # A keyring that is there has its key somewhere: none is made beside it in the wrong token.
    fresh = create and not (files.vault / "keys.db").exists()
    return TokenKek.create(token) if fresh else TokenKek(token)


def to_token(config: CityConfig) -> int:
    """Wrap every key of the vault under the token's and destroy the file; how many keys.

    Cut off at any instant, run it again.

    Raises:
        CityError: The vault runs, no token is set, or there is no file to move from.
    """
    from alpr_city.vault.token import Token, TokenKek

    files = config.files
    _stopped(config)
    if not files.kek.exists():
        raise SetupError(f"{files.kek}: is not there; nothing is to be moved")
    token = TokenKek.create(Token(config.vault))
    if _wrapped_by(config) == token.name:
        moved = 0
    else:
        with closing(_keyring(config, FileKek(files.kek))) as ring:
            moved = ring.rewrap(token)
    FileKek(files.kek).destroy()
    return moved


def to_file(config: CityConfig) -> int:
    """Wrap every key of the vault under a file's and destroy the token's; how many keys.

    Raises:
        CityError: The vault runs, or no token is set.
    """
    from alpr_city.vault.token import Token, TokenKek

    files = config.files
    _stopped(config)
    token = TokenKek(Token(config.vault))
    file = FileKek(files.kek) if files.kek.exists() else FileKek.create(files.kek)
    if _wrapped_by(config) == file.name:
        moved = 0
    else:
        with closing(_keyring(config, token)) as ring:
            moved = ring.rewrap(file)
    token.destroy()
    return moved


def _stopped(config: CityConfig) -> None:
    if not config.vault.pkcs11_module:
        raise SetupError(
            "no token is set", fix="set pkcs11_module, pkcs11_token and pkcs11_pin_file in [vault]"
        )
    if config.files.socket.exists():
        raise VaultError(f"{config.files.socket}: the vault is running", fix="stop it first")


def _keyring(config: CityConfig, kek: Kek) -> Keyring:
    files = config.files
    backup = Backup.to(files.key_backups, files.recovery_public)
    return Keyring(files.vault / "keys.db", kek, backup)


def _wrapped_by(config: CityConfig) -> str:
    with closing(sqlite3.connect(config.files.vault / "keys.db")) as db:
        row = db.execute("SELECT value FROM facts WHERE name = 'kek'").fetchone()
    return "" if row is None else str(row[0])
