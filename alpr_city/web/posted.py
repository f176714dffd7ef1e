"""What a form is bound to."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


def posted(request: HttpRequest) -> Any:
    """What was sent, empty or not; None where the page is only asked for."""
    return request.POST if request.method == "POST" else None
