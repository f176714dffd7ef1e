"""Exports: chosen reads, sealed to one named recipient. Nothing leaves in clear text."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from alpr_city.door.door import Door
from alpr_city.errors import DoorError, EvidenceError
from alpr_city.evidence.seal import Recipient as Key
from alpr_city.evidence.seal import seal
from alpr_city.people.gate import fresh, needs
from alpr_city.people.journal import note
from alpr_city.releases.workflow import register
from alpr_city.search import places
from alpr_city.search.exact import Hit
from alpr_city.search.models import Recipient
from alpr_city.search.showing import searching
from alpr_city.search.views import names
from alpr_city.web.posted import posted
from alpr_wire.records import Picture


class To(forms.Form):
    """Whom the export is for."""

    recipient = forms.ModelChoiceField(
        label="Recipient", queryset=Recipient.objects.filter(withdrawn_at=None)
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["recipient"].label_from_instance = _label


class New(forms.Form):
    """A recipient's public key, with its fingerprint compared by telephone."""

    name = forms.CharField(label="Name of the person", max_length=150)
    agency = forms.ChoiceField(label="Agency, of the register")
    key = forms.CharField(
        label="Public X25519 key (PEM)", max_length=4096, widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = sorted((a for a in register().values() if a.plates), key=lambda a: a.name)
        self.fields["agency"].choices = [("", "choose"), *((a.code, a.name) for a in found)]

    def clean_key(self) -> Key:
        """A public key, and no private one."""
        try:
            return Key.from_pem(self.cleaned_data["key"].encode())
        except EvidenceError as error:
            raise forms.ValidationError(str(error)) from error


@require_http_methods(["GET", "POST"])
@needs("read.export")
@fresh
def export(request: HttpRequest) -> HttpResponse:
    """Seal the chosen reads to a recipient."""
    door = Door.of(request)
    chosen = names(request.session.get("chosen", []))
    form = To(request.POST or None)
    if request.method == "GET" or not chosen or not form.is_valid():
        context = {"form": form, "count": len(chosen), "grant": door.grant}
        status = 400 if request.method == "POST" else 200
        return render(request, "search/export.html", context, status=status)
    to: Recipient = form.cleaned_data["recipient"]
    agency = register().get(to.agency)
    if agency is None or not agency.plates:
        note("release.recipient-refused", request.person.username, to.fingerprint)
        raise DoorError(
            f"the agency of {to.name} is not in the register of those that may see plates"
            " (Civil Code 1798.90.55)"
        )
    found = places.named(chosen)
    days = sorted(p.day for p in found)
    query: dict[str, Any] = {
        "recipient": to.name,
        "agency": agency.name,
        "key": to.fingerprint,
        "reads": len(found),
        "cameras": sorted({p.camera for p in found}),
    }
    if days:
        query |= {"first": days[0], "last": days[-1]}
    access = door.access("export", query)
    with searching(door) as searcher:
        record, hits = searcher.look(access, found)
    custody = agency.name if agency.custody else ""
    if custody:
        note("release.custody", request.person.username, f"export {record} passes to {agency.code}")
    sealed = seal(_bundle(hits, access, record, custody), [Key(bytes(to.key))])
    request.session.pop("chosen", None)
    response = HttpResponse(sealed, content_type="application/octet-stream")
    response["Content-Disposition"] = f'attachment; filename="export-{record}.sealed"'
    return response


@require_http_methods(["GET", "POST"])
@needs("release.approve")
def recipients(request: HttpRequest) -> HttpResponse:
    """Keys of those who may be given an export."""
    form = New(posted(request))
    if request.method == "POST" and "withdraw" in request.POST:
        number = request.POST["withdraw"]
        if number.isdecimal():
            Recipient.objects.filter(pk=number).update(withdrawn_at=datetime.now(UTC))
            note("release.recipient-withdrawn", request.person.username, number)
        return redirect("search:recipients")
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        made, _ = Recipient.objects.get_or_create(
            fingerprint=data["key"].fingerprint,
            defaults={
                "name": data["name"],
                "agency": data["agency"],
                "key": data["key"].raw,
                "added_by": request.person.username,
                "added_at": datetime.now(UTC),
            },
        )
        note("release.recipient-added", request.person.username, made.fingerprint)
        return redirect("search:recipients")
    if request.method == "POST":
        # Which fields were refused; what was typed stays out of the record.
        fields = ", ".join(sorted(str(f) for f in form.errors))
        note("release.recipient-refused", request.person.username, fields)
    names = {a.code: a.name for a in register().values()}
    rows = [{"of": r, "agency": names.get(r.agency, r.agency)} for r in Recipient.objects.all()]
    context = {"form": form, "recipients": rows}
    return render(request, "search/recipients.html", context, status=400 if form.errors else 200)


def _label(recipient: Recipient) -> str:
    agency = register().get(recipient.agency)
    at = "no agency of the register" if agency is None else agency.name
    return f"{recipient.name}, {at} (key {recipient.fingerprint[:9]})"


def _bundle(hits: list[Hit], access: dict[str, Any], record: int, custody: str) -> bytes:
    """A ZIP in memory: a manifest, and the pictures beside it."""
    file = io.BytesIO()
    rows = []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, hit in enumerate(hits, 1):
            pictures = []
            for kind, data in hit.pictures:
                name = f"{number:04}-{Picture(kind).name.lower()}.jpg"
                archive.writestr(name, data)
                pictures.append(name)
            rows.append(
                {
                    "number": number,
                    "camera": hit.camera,
                    "stream": hit.stream.hex(),
                    "seq": hit.seq,
                    "received_on": str(hit.day),
                    "captured_us": hit.read.captured_us,
                    "text": hit.read.text,
                    "raw_text": hit.read.raw_text,
                    "alternatives": hit.read.lattice,
                    "confidence": hit.read.confidence,
                    "region": hit.read.region,
                    "clock_synchronised": hit.read.clock_synchronised,
                    "clock_error_us": hit.read.clock_error_us,
                    "pictures": pictures,
                }
            )
        about = {k: access[k] for k in ("user", "organisation", "purpose", "case", "policy")}
        manifest = {"access_record": record, **about, "reads": rows}
        manifest["custody"] = custody or "the city keeps its own"
        archive.writestr("reads.json", json.dumps(manifest, indent=1))
    return file.getvalue()
