"""Tells an open page that there is a new hit: server-sent events that carry a number alone."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_GET

from alpr_city.hits.fresh import Fresh, newest
from alpr_city.hits.models import Hit
from alpr_city.people.gate import needs

LOOK_S = 0.2
WHOLE_S = 50.0
"""The browser connects again by itself, and the session is judged again."""
BEAT_S = 10.0
GAP = timedelta(seconds=10)
"""Longer than a browser is without a stream."""
MOST = 4
"""Of the server's threads; a page beyond that refreshes itself instead."""
_places = threading.BoundedSemaphore(MOST)


@needs("hit.view")
@require_GET
def stream(request: HttpRequest) -> HttpResponseBase:
    """The stream, from the newest hit that the page showed, or that the browser was told of."""
    if not _places.acquire(blocking=False):
        return HttpResponse("all places are taken", status=503, content_type="text/plain")
    events = _Events(_since(request), again="Last-Event-ID" in request.headers)
    response = StreamingHttpResponse(events, content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


def _since(request: HttpRequest) -> int:
    """A browser that connects again says what it heard last: nothing is missed in between."""
    for said in (request.headers.get("Last-Event-ID"), request.GET.get("since")):
        if said and said.isascii() and said.isdecimal():
            return min(int(said[:18]), newest())
    return newest()


class _Events:
    """An iterator that gives its place back, whether it was ever begun or not."""

    def __init__(self, since: int, *, again: bool) -> None:
        self._lines, self._closed = _events(since, again=again), False

    def __iter__(self) -> Iterator[bytes]:
        return self._lines

    def close(self) -> None:
        """The browser is gone, or the stream is over."""
        if not self._closed:
            self._closed = True
            _places.release()
            connection.close()


def _events(since: int, *, again: bool) -> Iterator[bytes]:
    fresh = Fresh(since)
    yield b"retry: 1000\nid: %d\n\n" % fresh.last
    if again and Hit.objects.filter(at__gt=datetime.now(UTC) - GAP).exists():
        yield _event(fresh.last)  # it may have come while no stream was open
    until = time.monotonic() + WHOLE_S
    said = time.monotonic()
    while time.monotonic() < until:
        if fresh.numbers():
            said = time.monotonic()
            yield _event(fresh.last)
        elif time.monotonic() - said > BEAT_S:
            said = time.monotonic()
            yield b": here\n\n"  # finds out whether the browser is still there
        time.sleep(LOOK_S)


def _event(number: int) -> bytes:
    return b"event: hit\nid: %d\ndata: %d\n\n" % (number, number)
