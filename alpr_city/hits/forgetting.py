"""Forgets hits whose day was purged: their numbers stay, nothing that names a read does."""

from __future__ import annotations

from collections import Counter
from datetime import date

from django.db import transaction
from django.db.models import F, Q

from alpr_city.hits.models import Hit, HitTotal
from alpr_city.retention.holds import held
from alpr_city.retention.models import Purge
from alpr_city.web.times import here

FALSE = (Hit.Disposition.WRONG_STATE, Hit.Disposition.MISREAD)
_COUNTED_AS = {
    Hit.Disposition.CORRECT: "correct",
    Hit.Disposition.DISMISSED: "dismissed",
    **dict.fromkeys(FALSE, "false"),
}


def forget(day: date) -> int:
    """Count and delete the hits of a day, and of days purged before whose hold ended; how many.

    A hit of a held read stays as long as the hold. May be done again: what is deleted was counted
    in the same transaction.
    """
    purged = Purge.objects.exclude(stage=Purge.Stage.COUNTED).values("day")
    with transaction.atomic():
        found = list(Hit.objects.filter(Q(day=day) | Q(day__in=purged)).order_by("pk"))
        kept = held((h.camera, bytes(h.stream), h.seq) for h in found)
        gone = [h for h in found if (h.camera, bytes(h.stream), h.seq) not in kept]
        counts: Counter[tuple[tuple[str, ...], str]] = Counter()
        for hit in (h for h in gone if not h.not_a_hit):
            month = f"{here(hit.at):%Y-%m}"
            place: tuple[str, ...] = (str(hit.list), str(hit.list_class), str(hit.camera), month)
            counts[place, "hits"] += 1
            if hit.disposition:
                counts[place, _COUNTED_AS[Hit.Disposition(hit.disposition)]] += 1
        for (place, name), number in sorted(counts.items()):
            named = dict(zip(("list", "list_class", "camera", "month"), place, strict=True))
            row, _ = HitTotal.objects.get_or_create(**named)
            HitTotal.objects.filter(pk=row.pk).update(**{name: F(name) + number})
        Hit.objects.filter(pk__in=[h.pk for h in gone]).delete()
    return len(gone)
