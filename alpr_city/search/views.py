"""Search by plate, and by camera and time. Every page of either is on record before it is shown."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from alpr_city.door.door import Door
from alpr_city.people.gate import needs
from alpr_city.search import places
from alpr_city.search.correcting import corrections_of, is_now
from alpr_city.search.exact import may_be
from alpr_city.search.forms import Pattern, Plate, Where
from alpr_city.search.showing import PAGE, searching, show


@require_http_methods(["GET", "POST"])
@needs("search.exact")
def search(request: HttpRequest) -> HttpResponse:
    """The question, or a page of its answer."""
    door = Door.of(request)
    if request.method == "GET":
        return _form(request, door)
    form = Plate(door.grant, request.POST)
    if not form.is_valid():
        return _form(request, door, plate=form, status=400)
    text, first, last = (form.cleaned_data[k] for k in ("plate", "first", "last"))
    page = page_of(request)
    cameras = list(door.grant.cameras)
    query = {"plate": text, "first": first, "last": last, "cameras": cameras, "page": page}
    if not cameras:
        del query["cameras"]
    access = door.access("search", query)
    with searching(door) as searcher:
        record, found = searcher.places(access, text, first, last, cameras)
        part = found[(page - 1) * PAGE : page * PAGE]
        hits = searcher.look(access | {"action": "look"}, part, (1,), text)[1] if part else []
    corrected = corrections_of(door.vault, access | {"action": "look"}, hits)
    # Another plate in the same bucket: opened, on record, and not shown.
    wanted = [h for h in hits if may_be(h.read, text) or is_now(corrected, h, text)]
    shown = show(wanted, corrected)
    again = {"plate": text, "first": str(first), "last": str(last)}
    return results(request, shown, record, len(found), page, again, plate=text)


@require_http_methods(["GET", "POST"])
@needs("search.place")
def place(request: HttpRequest) -> HttpResponse:
    """What a camera read in a window."""
    door = Door.of(request)
    if request.method == "GET":
        return redirect("search:search")
    form = Where(door.grant, request.POST)
    if not form.is_valid():
        return _form(request, door, where=form, status=400)
    camera, since, until = (form.cleaned_data[k] for k in ("camera", "since", "until"))
    page = page_of(request)
    query = {"camera": camera, "first": since, "last": until, "page": page}
    access = door.access("search", query)
    start, end = (int(t.timestamp() * 1e6) for t in (since, until))
    found = places.by_camera(camera, start, end, after=(page - 1) * PAGE, most=PAGE + 1)
    with searching(door) as searcher:
        record, hits = searcher.look(access, found[:PAGE], (1,))
    corrected = corrections_of(door.vault, access, hits)
    again = {"camera": camera, "since": request.POST["since"], "until": request.POST["until"]}
    count = (page - 1) * PAGE + len(found)
    return results(request, show(hits, corrected), record, count, page, again, camera=camera)


def results(
    request: HttpRequest,
    shown: list[Any],
    record: int,
    count: int,
    page: int,
    again: dict[str, str],
    **asked: str,
) -> HttpResponse:
    """A page of reads; `again` is what the form for another page sends."""
    rights = request.person.rights()
    context = {
        "shown": shown,
        "record": record,
        "count": count,
        "page": page,
        "pages": (count + PAGE - 1) // PAGE,
        "earlier": page - 1 if page > 1 else None,
        "later": page + 1 if count > page * PAGE else None,
        "again": again,
        "asked": asked,
        "may_hold": "hold.place" in rights,
        "may_export": "read.export" in rights,
    }
    return render(request, "search/results.html", context)


@require_POST
@needs("read.view")
def gathered(request: HttpRequest) -> HttpResponse:
    """Chosen reads, on their way into a hold or an export. Places alone."""
    chosen = request.POST.getlist("read")[:500]
    request.session["chosen"] = [c for c in chosen if names([c])]
    way = {"hold": "retention:place", "export": "search:export"}
    return redirect(way.get(request.POST.get("do", ""), "search:search"))


@require_GET
@needs("read.view")
def read(request: HttpRequest, camera: str, stream: str, seq: int) -> HttpResponse:
    """One read with both pictures and its proof."""
    from alpr_city.search.reading import page

    return page(request, Door.of(request), camera, stream, seq)


def names(chosen: list[str]) -> list[tuple[str, bytes, int]]:
    """`camera/stream/seq`, as forms send it; what is none is left out."""
    found = []
    for text in chosen:
        camera, _, rest = text.partition("/")
        stream, _, seq = rest.partition("/")
        try:
            found.append((camera, bytes.fromhex(stream), int(seq)))
        except ValueError:
            continue
    return found


def page_of(request: HttpRequest) -> int:
    """Which page is asked for, from 1."""
    asked = request.POST.get("page") or request.GET.get("page") or "1"
    return min(int(asked), 10_000) if asked.isdecimal() and int(asked) > 0 else 1


def _form(request: HttpRequest, door: Door, *, status: int = 200, **forms: Any) -> HttpResponse:
    rights = request.person.rights()
    kinds = {
        "plate": (Plate, "search.exact"),
        "pattern": (Pattern, "search.partial"),
        "where": (Where, "search.place"),
    }
    context = {
        name: forms.get(name) or kind(door.grant)
        for name, (kind, right) in kinds.items()
        if right in rights
    }
    now = datetime.now(UTC)
    return render(
        request,
        "search/search.html",
        context | {"grant": door.grant, "now": now, "form_of": "search"},
        status=status,
    )


form = _form
