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
