"""What can be wrong with bytes from the other side."""

from __future__ import annotations


class WireError(Exception):
    """Bytes that do not keep the contract.

    Hostile input raises this and nothing else. The message names the fault, never the content.
    """


class SealError(WireError):
    """A sealed record does not open, or does not match what it commits to."""


class ChainError(WireError):
    """Records do not follow each other, or a signature does not hold."""
