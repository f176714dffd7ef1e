"""Holds a purged span against its certificate: a row alone excuses no missing record."""

from __future__ import annotations

import hashlib
import json

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from alpr_city.reads.models import PurgedSpan
from alpr_city.retention.models import Purge
from alpr_wire.errors import WireError
from alpr_wire.statements import decode_statement


def fault_of(span: PurgedSpan, camera: str, key: bytes | None) -> str:
    """What is wrong with a span's certificate; empty where it holds.

    Without the vault's public key its signature is not checked, and a forged one passes.
    """
    purge = Purge.objects.filter(pk=span.certificate).first()
    if purge is None:
        return "has no certificate"
    if purge.document is None or purge.statement is None:
        return "" if purge.stage != Purge.Stage.CERTIFIED else "has an empty certificate"
    document = bytes(purge.document)
    try:
        statement = decode_statement(bytes(purge.statement), "purge")
        if key is not None:
            statement.verify(Ed25519PublicKey.from_public_bytes(key))
        listed = json.loads(document)["cameras"][camera]["spans"]
    except (WireError, ValueError, KeyError, TypeError):
        return f"is not under certificate {purge.pk}, or that is forged"
    wanted = {
        "stream": bytes(span.stream.stream).hex(),
        "first": span.first_seq,
        "last": span.last_seq,
        "before": bytes(span.before).hex(),
        "after": bytes(span.digest).hex(),
    }
    if statement.body.get(2) != hashlib.sha256(document).digest():
        return f"has a certificate {purge.pk} that was changed"
    return "" if wanted in listed else f"is not under certificate {purge.pk}"
