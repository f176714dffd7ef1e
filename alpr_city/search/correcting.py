"""What people corrected of the reads on a page: opened once for all of them, on record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alpr_city.corrections.models import Revision
from alpr_city.search.exact import Hit
from alpr_city.search.showing import Place
from alpr_city.vault.client import VaultClient
from alpr_city.vault.index import fold


def corrections_of(vault: VaultClient, access: dict[str, Any], hits: list[Hit]) -> dict[Place, str]:
    """The newest corrected text of each read that has one.

    Raises:
        VaultError: It could not be put on record; nothing was opened.
    """
    places = {(h.camera, h.stream, h.seq) for h in hits}
    rows = {
        place: r
        for r in Revision.objects.filter(
            camera__in={p[0] for p in places}, seq__in={p[2] for p in places}
        ).order_by("number")
        if (place := (r.camera, bytes(r.stream), r.seq)) in places
    }
    if not rows:
        return {}
    asked = [
        [r.camera, bytes(r.stream), r.seq, str(r.day), r.number, bytes(r.sealed)]
        for r in rows.values()
    ]
    _, opened = vault.call("revisions", access, asked)
    return {place: text for place, (text, _) in zip(rows, opened, strict=True)}


def is_now(corrected: Mapping[Place, str], hit: Hit, text: str) -> bool:
    """Whether a read was corrected to this text, look-alikes folded."""
    return fold(corrected.get((hit.camera, hit.stream, hit.seq), "")) == fold(text)
