"""Tells an open page that there is a new hit: server-sent events that carry a number alone."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

from django.db import connection
from django.db.models import Max
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_GET

from alpr_city.hits.models import Hit
from alpr_city.people.gate import needs

LOOK_S = 0.2
WHOLE_S = 50.0
"""The browser connects again by itself, and the session is judged again."""
BEAT_S = 10.0
MOST = 4
"""Of the server's threads; a page beyond that refreshes itself instead."""
_places = threading.BoundedSemaphore(MOST)


@needs("hit.view")
@require_GET
def stream(request: HttpRequest) -> HttpResponseBase:
    """The stream, from the newest hit that the page showed, or that the browser was told of."""
    if not _places.acquire(blocking=False):
        return HttpResponse("all places are taken", status=503, content_type="text/plain")
    response = StreamingHttpResponse(_Events(_since(request)), content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


def newest() -> int:
    """Number of the newest hit."""
    return int(Hit.objects.aggregate(newest=Max("pk"))["newest"] or 0)


def _since(request: HttpRequest) -> int:
    """A browser that connects again says what it heard last: nothing is missed in between."""
    for said in (request.headers.get("Last-Event-ID"), request.GET.get("since")):
        if said and said.isascii() and said.isdecimal():
            return min(int(said[:18]), newest())
    return newest()


class _Events:
    """An iterator that gives its place back, whether it was ever begun or not."""

    def __init__(self, since: int) -> None:
        self._lines, self._closed = _events(since), False

    def __iter__(self) -> Iterator[bytes]:
        return self._lines

    def close(self) -> None:
        """The browser is gone, or the stream is over."""
        if not self._closed:
            self._closed = True
            _places.release()
            connection.close()


def _events(since: int) -> Iterator[bytes]:
    yield b"retry: 1000\nid: %d\n\n" % since
    until = time.monotonic() + WHOLE_S
    said = time.monotonic()
    while time.monotonic() < until:
        now = newest()
        if now > since:
            since, said = now, time.monotonic()
            yield b"event: hit\nid: %d\ndata: %d\n\n" % (now, now)
        elif time.monotonic() - said > BEAT_S:
            said = time.monotonic()
            yield b": here\n\n"  # finds out whether the browser is still there
        time.sleep(LOOK_S)
