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

LOOK_S = 0.5
WHOLE_S = 50.0
"""The browser connects again by itself, and the session is judged again."""
BEAT_S = 10.0
MOST = 4
"""Of the server's threads; a page beyond that refreshes itself instead."""
_places = threading.BoundedSemaphore(MOST)


@needs("hit.view")
@require_GET
def stream(_: HttpRequest) -> HttpResponseBase:
    """The stream, from the newest hit on."""
    if not _places.acquire(blocking=False):
        return HttpResponse("all places are taken", status=503, content_type="text/plain")
    response = StreamingHttpResponse(_Events(newest()), content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


def newest() -> int:
    """Number of the newest hit."""
    return int(Hit.objects.aggregate(newest=Max("pk"))["newest"] or 0)


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
    yield b"retry: 1000\n\n"
    until = time.monotonic() + WHOLE_S
    said = time.monotonic()
    while time.monotonic() < until:
        now = newest()
        if now > since:
            since, said = now, time.monotonic()
            yield b"event: hit\ndata: %d\n\n" % now
        elif time.monotonic() - said > BEAT_S:
            said = time.monotonic()
            yield b": here\n\n"  # finds out whether the browser is still there
        time.sleep(LOOK_S)
