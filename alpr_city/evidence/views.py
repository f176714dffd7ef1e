"""Pages of evidence: what is held, the export of a hold, and where each medium is."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from alpr_city.errors import CityError, EvidenceError
from alpr_city.evidence import exports, forms
from alpr_city.evidence.models import Export
from alpr_city.people.gate import fresh, needs
from alpr_city.retention.models import Hold


@needs("evidence.export")
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """Holds that stand, and every export."""
    context = {
        "holds": Hold.objects.filter(released_at=None).order_by("-placed_at")[:200],
        "exports": Export.objects.select_related("hold")[:200],
    }
    return render(request, "evidence/index.html", context)


@needs("evidence.export")
@fresh
@require_http_methods(["GET", "POST"])
def export(request: HttpRequest, number: int) -> HttpResponse:
    """The form of an export, and the sealed bag."""
    hold = get_object_or_404(Hold, pk=number)
    form = forms.Ask(request.POST or None, parts=max(exports.parts(hold), 1))
    if request.method == "POST" and form.is_valid():
        said = dict(form.cleaned_data)
        said.pop("compared")
        try:
            made, package = exports.export(request.person, hold, exports.Wanted(**said))
        except CityError as error:
            form.add_error(None, str(error))
        else:
            response = HttpResponse(package, content_type="application/octet-stream")
            name = f"evidence-{made.pk}.sealed"
            response["Content-Disposition"] = f'attachment; filename="{name}"'
            return response
    keys = form.cleaned_data.get("keys", []) if form.is_bound else []
    context = {"hold": hold, "form": form, "fingerprints": [key.fingerprint for key in keys]}
    return render(request, "evidence/export.html", context, status=400 if form.errors else 200)


@needs("evidence.export")
@require_http_methods(["GET", "POST"])
def one(request: HttpRequest, number: int) -> HttpResponse:
    """One export with its chain of custody."""
    made = get_object_or_404(Export, pk=number)
    form = forms.Step(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            exports.enter(request.person, made, **form.cleaned_data)
            return redirect("evidence:one", made.pk)
        except EvidenceError as error:
            form.add_error(None, str(error))
    context = {"export": made, "form": form}
    return render(request, "evidence/one.html", context, status=400 if form.errors else 200)
