"""Errors of the appliance: one class per decision a caller can take.

AlprError
├── ConfigError     the settings are wrong: stop, exit 78, a person must mend them
├── InputError      one picture or file is unusable: name it, go on with the rest
├── ModelError      a model file is missing, altered or rejects its input: stop
├── CameraError     the light source failed: reconnect, unless permanent
├── OutboxError     the store failed: end the process, never retry on the connection
├── SyncError       the city was not reached or refused: retry, unless permanent
└── EnrollError     the camera has no valid identity: a person must enrol it
"""

from __future__ import annotations

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_CONFIG = 78  # sysexits.h EX_CONFIG


class AlprError(Exception):
    """Something a person or a caller can act on.

    The message never holds plate text, pixels or keys. `fix` says what to do, `permanent`
    whether trying again can help, and `facts` carries what a log line or a test needs.
    """

    exit_code = EXIT_FAILED

    def __init__(
        self, message: str, *, fix: str | None = None, permanent: bool = False, **facts: object
    ) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix
        self.permanent = permanent
        self.facts = facts

    def __str__(self) -> str:
        return f"{self.message}. Fix: {self.fix}" if self.fix else self.message


class ConfigError(AlprError):
    """The settings are wrong. `faults` holds every fault found, each with its key and fix."""

    exit_code = EXIT_CONFIG

    def __init__(self, message: str, *, faults: tuple[str, ...] = (), fix: str | None = None):
        super().__init__(message, fix=fix, permanent=True)
        self.faults = faults


class InputError(AlprError):
    """A picture or a file given by a person cannot be used."""


class ModelError(AlprError):
    """A model file is missing, differs from its manifest, or rejected its input."""


class CameraError(AlprError):
    """The camera or recording gave no frame."""


class OutboxError(AlprError):
    """The outbox could not store or prove a record."""


class ReceiptError(AlprError):
    """The city's word does not fit what this camera wrote; nothing is deleted."""


class SyncError(AlprError):
    """The city was not reached, or it refused."""


class EnrollError(AlprError):
    """The camera has no valid identity, or the city would not give it one."""
