"""What anyone may see: the policy, the figures, and the programs that check what the city says."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from alpr_city.evidence import open_sealed, verify_bag
from alpr_city.people.journal import vault
from alpr_city.policy import adopted, history
from alpr_city.policy.check import STATUTE
from alpr_city.public import verify_figures
from alpr_city.public.snapshots import newest

PROGRAMS = {
    "verify_figures.py": verify_figures.__file__,
    "verify_bag.py": verify_bag.__file__,
    "open_sealed.py": open_sealed.__file__,
}
KEEP = "public, max-age=600"


def cacheable(view: Any) -> Any:
    """For everyone alike, for ten minutes."""

    @wraps(view)
    def kept(request: HttpRequest, **named: Any) -> HttpResponse:
        response: HttpResponse = view(request, **named)
        response["Cache-Control"] = KEEP
        return response

    return kept


@require_safe
@cacheable
def page(request: HttpRequest) -> HttpResponse:
    """Everything, on one page that prints."""
    policy, snapshot = adopted(), newest(vault())
    statute = [(letter, what, policy.statute.get(letter, "")) for letter, what in STATUTE.items()]
    context = {
        "policy": policy,
        "ended": datetime.now(UTC) >= policy.effective_until,
        "policies": history(),
        "statute": statute,
        "figures": snapshot.figures if snapshot else None,
        "smallest": policy.aggregates.smallest_cell,
        "taken_at": snapshot.taken_at if snapshot else None,
        "purposes": {code: p.title for code, p in policy.purposes.items()},
        "root": _root(),
        "programs": {n: hashlib.sha256(_read(n)).hexdigest() for n in PROGRAMS},
        "person": None,
        "menu": [],
    }
    return render(request, "public/page.html", context)


@require_safe
@cacheable
def figures(_: HttpRequest) -> HttpResponse:
    """The figures for machines, and for `alpr-city public-figures --verify`."""
    snapshot = newest(vault())
    if snapshot is None:
        return JsonResponse({"error": "no figures yet"}, status=503)
    return JsonResponse(snapshot.figures, json_dumps_params={"indent": 1})


@require_safe
@cacheable
def policy_file(_: HttpRequest, sha256: str) -> HttpResponse:
    """A version of the policy, byte for byte."""
    for file in sorted(settings.CITY.files.policy.glob("*.toml")):
        data = file.read_bytes()
        if hashlib.sha256(data).hexdigest() == sha256:
            return HttpResponse(data, content_type="text/plain; charset=utf-8")
    raise Http404


@require_safe
@cacheable
def program(_: HttpRequest, name: str) -> HttpResponse:
    """A program for whoever receives evidence or a release."""
    if name not in PROGRAMS:
        raise Http404
    return HttpResponse(_read(name), content_type="text/plain; charset=utf-8")


def _read(name: str) -> bytes:
    return Path(PROGRAMS[name]).read_bytes()


def _root() -> str:
    file = settings.CITY.files.root_public
    digits = hashlib.sha256(file.read_bytes()).hexdigest()[:32] if file.exists() else ""
    return " ".join(digits[i : i + 4] for i in range(0, len(digits), 4))
