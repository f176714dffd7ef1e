"""Long passwords tried first: a word over and over, rows of keys, words of this place."""

from __future__ import annotations

import re

from django.conf import settings
from django.core.exceptions import ValidationError

WORDS = [
    "password",
    "passphrase",
    "passwort",
    "letmein",
    "welcome",
    "administrator",
    "admin",
    "qwertyuiop",
    "qwerty",
    "asdfghjkl",
    "asdfgh",
    "zxcvbnm",
    "changeme",
    "iloveyou",
    "monkey",
    "dragon",
    "football",
    "baseball",
    "sunshine",
    "princess",
    "superman",
    "batman",
    "police",
    "sheriff",
    "deputy",
    "officer",
    "prosecutor",
    "clerk",
    "auditor",
    "city",
    "cityof",
    "license",
    "licence",
    "plate",
    "reader",
    "alpr",
    "camera",
    "calabasas",
    "losangeles",
    "california",
    "correcthorsebatterystaple",
]
ROWS = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")
LEAST_OWN, LEAST_DISTINCT = 8, 6
"""Characters that must be left when words and rows are taken out; different ones in all."""


class Guessed:
    """Refuses them."""

    def validate(self, password: str, user: object = None) -> None:  # noqa: ARG002
        """Judge one.

        Raises:
            ValidationError: It is easily guessed.
        """
        unmasked = password.lower().translate(str.maketrans("@$0135", "asoies"))
        plain = re.sub(r"[^a-z0-9]", "", unmasked)
        raw = re.sub(r"\s", "", password.lower())
        repeated = bool(raw) and raw in (raw + raw)[1:-1]
        own = plain
        place = re.sub(r"[^a-z]", "", settings.CITY.city.name.lower())
        for word in sorted({*WORDS, place} - {""}, key=len, reverse=True):
            own = own.replace(word, "")
        for row in ROWS:
            for size in range(len(row), 3, -1):
                for at in range(len(row) - size + 1):
                    part = row[at : at + size]
                    raw = raw.replace(part, "").replace(part[::-1], "")
        few = len(set(password)) < LEAST_DISTINCT
        if repeated or few or min(len(own), len(raw)) < LEAST_OWN:
            raise ValidationError(
                "This password is too common: it is made of words or rows that are tried first."
                " Take four or five words that have nothing to do with each other."
            )

    def get_help_text(self) -> str:
        """For Django."""
        return "Words and rows of keys that are tried first are refused."
