"""A key-encryption key that never leaves a hardware token (PKCS#11).

The token wraps and unwraps; its key is made inside, cannot be read out, and dies there when a purge
replaces it. Whoever copies the disk has wrapped keys and nothing to open them with.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import Any, TypeVar

import pkcs11
from pkcs11 import Attribute, GCMParams, KeyType, Mechanism, ObjectClass
from pkcs11.exceptions import (
    DataInvalid,
    DeviceRemoved,
    EncryptedDataInvalid,
    EncryptedDataLenRange,
    GeneralError,
    PinIncorrect,
    PinLenRange,
    PinLocked,
    PKCS11Error,
    SessionHandleInvalid,
    TokenNotPresent,
    UserAlreadyLoggedIn,
    UserNotLoggedIn,
)

from alpr_city.config.load import VaultPart
from alpr_city.errors import ConfigError, VaultError

log = logging.getLogger(__name__)

_NAME_BYTES, _NONCE_BYTES, _TAG_BITS = 8, 12, 128
_T = TypeVar("_T")
_GONE = (DeviceRemoved, SessionHandleInvalid, TokenNotPresent, UserNotLoggedIn)
# Tokens differ in what they say of a wrong tag; a general error is SoftHSM's way.
_DOES_NOT_OPEN = (DataInvalid, EncryptedDataInvalid, EncryptedDataLenRange, GeneralError)


class Token:
    """A session with one token, opened anew where it was lost."""

    def __init__(self, part: VaultPart) -> None:
        """Log in.

        Raises:
            ConfigError: The module, the token or the PIN is wrong. Nothing tries again by itself: a
                token locks after a few wrong PINs.
        """
        self._part = part
        self._session: Any = None
        self._session = self._open()

    @property
    def where(self) -> str:
        """For messages."""
        return f"token {self._part.pkcs11_token}"

    def keys(self, session: Any = None) -> dict[str, Any]:
        """The key-encryption keys of this city, by name."""
        if session is None:
            return self.do(self.keys)
        wanted = {
            Attribute.CLASS: ObjectClass.SECRET_KEY,
            Attribute.LABEL: self._part.pkcs11_label,
        }
        return {bytes(k.id).hex(): k for k in session.get_objects(wanted)}

    def make(self) -> str:
        """Have the token make a key that it will never give away; its name."""
        name = os.urandom(_NAME_BYTES)
        self.do(
            lambda s: s.generate_key(
                KeyType.AES,
                256,
                id=name,
                label=self._part.pkcs11_label,
                store=True,
                template={Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False},
            )
        )
        return name.hex()

    def do(self, work: Callable[[Any], _T]) -> _T:
        """Something in the session; once more in a new one where this was lost.

        Raises:
            VaultError: The token refuses, or is not there.
        """
        for again in (False, True):
            try:
                return work(self._session)
            except _GONE as error:
                if again:
                    raise self._failed(error) from error
                log.warning("the session with the token was lost: opening another")
                self._session = self._open()
            except PKCS11Error as error:
                raise self._failed(error) from error
        raise AssertionError

    def close(self) -> None:
        """Log out."""
        self._session.close()

    def _open(self) -> Any:
        part = self._part
        pin = _pin(part)
        try:
            token = pkcs11.lib(part.pkcs11_module).get_token(token_label=part.pkcs11_token)
        except (PKCS11Error, OSError) as error:
            raise ConfigError([_no_token(part, error)]) from error
        try:
            return token.open(rw=True, user_pin=pin)
        except UserAlreadyLoggedIn:
            return token.open(rw=True)  # a login is the process's, not the session's
        except (PinIncorrect, PinLenRange) as error:
            raise ConfigError(
                [
                    f"vault.pkcs11_pin_file: the PIN in {part.pkcs11_pin_file} is not that of"
                    f" {self.where}. Fix: correct it before a few more tries lock the token"
                ]
            ) from error
        except PinLocked as error:
            raise ConfigError(
                [f"{self.where} is locked. Fix: its security officer must set a new PIN"]
            ) from error
        except PKCS11Error as error:
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> VaultError:
        return VaultError(
            f"{self.where} refuses ({type(error).__name__})",
            fix="look whether it is plugged in, and at its own log",
        )


class TokenKek:
    """One generation of the key-encryption key, in a token."""

    def __init__(self, token: Token, name: str | None = None) -> None:
        """The key of this name, or the one there is.

        Raises:
            VaultError: The token holds no such key.
        """
        self._token = token
        keys = token.keys()
        if not keys:
            raise VaultError(
                f"{token.where} holds no key-encryption key of this city",
                fix="run `alpr-city keys to-token`, or plug in the right token",
            )
        self.name = name or min(keys)
        if self.name not in keys:
            raise VaultError(
                "this keyring belongs to another key-encryption key",
                fix="plug in the token that belongs to it, or restore the keys from a backup",
            )
        self._session: Any = None
        self._key: Any = None

    @staticmethod
    def create(token: Token) -> TokenKek:
        """A new one, where the token holds none; else the one there is."""
        return TokenKek(token, None if token.keys() else token.make())

    def wrap(self, secret: bytes, about: bytes) -> bytes:
        """Nonce and ciphertext, by the token."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._crypt("encrypt", nonce, secret, about)

    def unwrap(self, wrapped: bytes, about: bytes) -> bytes:
        """The secret, by the token.

        Raises:
            VaultError: It was wrapped by another key, or changed, or the token is not there.
        """
        nonce, sealed = wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:]
        try:
            return self._crypt("decrypt", nonce, sealed, about)
        except VaultError as error:
            if isinstance(error.__cause__, _DOES_NOT_OPEN):
                raise VaultError(
                    "a key does not open with this key-encryption key",
                    fix="bring back the token that belongs to this keyring",
                ) from error
            raise

    def successor(self) -> TokenKek:
        """The next generation, beside this one until it is settled."""
        self._destroy_others()  # of a change that came to nothing
        return TokenKek(self._token, self._token.make())

    def settle(self, name: str) -> TokenKek:
        """Finish or undo a change of generations that was cut off at any instant.

        Raises:
            VaultError: The token holds no generation of this name.
        """
        chosen = TokenKek(self._token, name)
        chosen._destroy_others()
        return chosen

    def destroy(self) -> None:
        """The key dies in the token, and every other of this city with it."""
        self._token.do(lambda s: [key.destroy() for key in self._token.keys(s).values()])

    def _destroy_others(self) -> None:
        self._token.do(
            lambda s: [k.destroy() for name, k in self._token.keys(s).items() if name != self.name]
        )

    def _crypt(self, how: str, nonce: bytes, data: bytes, about: bytes) -> bytes:
        def work(session: Any) -> bytes:
            if session is not self._session:  # a handle is good in its own session alone
                self._session, self._key = session, self._token.keys(session)[self.name]
            crypt = getattr(self._key, how)
            parameters = GCMParams(nonce, about, _TAG_BITS)
            return bytes(crypt(data, mechanism=Mechanism.AES_GCM, mechanism_param=parameters))

        return self._token.do(work)


def _no_token(part: VaultPart, error: Exception) -> str:
    if not os.path.exists(part.pkcs11_module):
        return f"vault.pkcs11_module: {part.pkcs11_module} is not there. Fix: install the token's"
    return (
        f"vault.pkcs11_token: no token {part.pkcs11_token} ({type(error).__name__})."
        " Fix: plug it in, or correct the name"
    )


def _pin(part: VaultPart) -> str:
    path = part.pkcs11_pin_file
    try:
        pin = path.read_text(encoding="utf-8").strip()
        open_to = path.stat().st_mode & 0o077
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            [f"vault.pkcs11_pin_file: {path} cannot be read. Fix: one line, the token's PIN"]
        ) from error
    if open_to:
        raise ConfigError([f"vault.pkcs11_pin_file: others can read {path}. Fix: chmod 600 {path}"])
    return pin
