"""Takes in what somebody found of a read, and goes back to it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from alpr_city.corrections import revising
from alpr_city.corrections.models import Check
from alpr_city.door.door import Door
from alpr_city.people.gate import needs
from alpr_city.search import places


@require_POST
@needs("read.correct")
def check(request: HttpRequest, camera: str, stream: str, seq: int) -> HttpResponse:
    """Right, or a new revision."""
    read = places.at_address(camera, stream, seq)
    door, form = Door.of(request), request.POST
    if form.get("do") == "right":
        door.access("check", {"camera": camera, "day": read.day})
        revising.check(read, Check.Verdict.RIGHT, source="correction", by=request.person.username)
    else:
        text = form.get("text", "").strip().upper()
        query = {"camera": camera, "stream": stream, "seq": seq, "day": read.day, "text": text}
        access = door.access("correct", query) | {"reason": form.get("reason", "").strip()}
        revising.correct(
            door.vault,
            access,
            read,
            text=text,
            region=form.get("region", "").strip().lower(),
            verdict=form.get("verdict", ""),
        )
    return redirect("search:read", camera, stream, seq)
