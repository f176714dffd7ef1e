"""Partial search as pages: begun once, carried on by each look at how far it is, then shown."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from alpr_city.door.door import Door
from alpr_city.people.gate import needs
from alpr_city.search import partial, places
from alpr_city.search.correcting import corrections_of
from alpr_city.search.forms import Pattern
from alpr_city.search.models import Run
from alpr_city.search.showing import PAGE, searching, show
from alpr_city.search.views import form as question
from alpr_city.search.views import page_of, results

WORK_S = 0.8
"""How long one look carries the search on."""
KEPT = timedelta(days=1)


@require_POST
@needs("search.partial")
def begin(request: HttpRequest) -> HttpResponse:
    """Put the search on record and begin."""
    door = Door.of(request)
    form = Pattern(door.grant, request.POST)
    if not form.is_valid():
        return question(request, door, pattern=form, status=400)
    data, cameras = form.cleaned_data, list(door.grant.cameras)
    query: dict[str, Any] = {
        "pattern": data["pattern"],
        "alike": data["alike"],
        "first": data["first"],
        "last": data["last"],
    }
    if cameras:
        query["cameras"] = cameras
    access = door.access("search", query)
    record = partial.begin(door.vault, access, data["pattern"], alike=data["alike"])
    now = datetime.now(UTC)
    Run.objects.filter(made_at__lt=now - KEPT).delete()
    run = Run.objects.create(
        person=request.person,
        grant=door.grant.pk,
        record=record,
        first=data["first"],
        last=data["last"],
        cameras=cameras,
        total=partial.total(data["first"], data["last"], cameras),
        made_at=now,
    )
    return redirect("search:progress", run.pk)


@require_GET
@needs("search.partial")
def progress(request: HttpRequest, run: int) -> HttpResponse:
    """Carry a search on for a moment, and say how far it is. Nothing is opened here."""
    door = Door.of(request)
    found = _run(request, door, run)
    until = time.monotonic() + WORK_S
    if found.finished_at is None:
        rows: list[partial.Found] = []
        for done, piece in partial.pieces(found.first, found.last, found.cameras, found.done):
            rows += partial.match(door.vault, found.record, piece)
            found.done = done
            if time.monotonic() > until:
                break
        else:
            found.finished_at = datetime.now(UTC)
            door.vault.call("partial_end", found.record)
        found.found += [[r.camera, r.stream.hex(), r.seq, r.likelihood] for r in rows]
        if found.finished_at:
            found.found.sort(key=lambda row: (-row[3], row[0], row[2]))
        found.save()
    if found.finished_at is not None:
        return redirect("search:found", found.pk)
    share = 100 * found.done // max(found.total, 1)
    return render(request, "search/progress.html", {"run": found, "share": share})


@require_GET
@needs("search.partial")
def found(request: HttpRequest, run: int) -> HttpResponse:
    """A page of what was found, likeliest first."""
    door = Door.of(request)
    kept = _run(request, door, run)
    if kept.finished_at is None:
        return redirect("search:progress", kept.pk)
    page = page_of(request)
    part = kept.found[(page - 1) * PAGE : page * PAGE]
    query = {"search": kept.record, "first": kept.first, "last": kept.last, "page": page}
    access = door.access("look", query)
    wanted = [(camera, bytes.fromhex(stream), seq) for camera, stream, seq, _ in part]
    with searching(door) as searcher:
        record, hits = searcher.look(access, places.named(wanted), (1,))
    likely = {(c, bytes.fromhex(stream), seq): p for c, stream, seq, p in part}
    hits = [replace(h, likelihood=likely[h.camera, h.stream, h.seq]) for h in hits]
    shown = show(hits, corrections_of(door.vault, access, hits))
    return results(request, shown, record, len(kept.found), page, {}, run=str(kept.pk))


def _run(request: HttpRequest, door: Door, number: int) -> Run:
    run: Run = get_object_or_404(Run, pk=number, person=request.person, grant=door.grant.pk)
    return run
