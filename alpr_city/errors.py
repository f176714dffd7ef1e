"""What can go wrong in the city server, each with one line for a person."""

from __future__ import annotations


class CityError(Exception):
    """Base of all; `str()` is the line, with the fix where one is known."""

    def __init__(self, what: str, *, fix: str | None = None) -> None:
        super().__init__(f"{what}. Fix: {fix}" if fix else what)
        self.fix = fix


class AuthorityError(CityError):
    """A certificate was not issued."""


class BrokerError(CityError):
    """The broker did not start, or its settings are no good."""


class VaultError(CityError):
    """The vault refused, or could not be reached. Nothing was opened."""


class KeyGoneError(VaultError):
    """A key was destroyed on record, or was never there."""


class SetupError(CityError):
    """The city's folder or settings are missing or no good."""


class DoorError(CityError):
    """A reason is missing, too thin, or does not reach this far. Nothing was opened."""


class PeopleError(CityError):
    """An account, a role or a training record cannot be made so."""


class IngestError(CityError):
    """What a camera sent cannot be taken as it is."""


class ReleaseError(CityError):
    """A request is refused, or not ready for what is asked."""


class EvidenceError(CityError):
    """Something cannot leave the city as it is."""


class ConfigError(CityError):
    """The settings file cannot be used; `faults` are its lines."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults
