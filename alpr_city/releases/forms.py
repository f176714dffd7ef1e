"""What a written request says, and what an approval allows."""

from __future__ import annotations

from typing import Any

from django import forms

from alpr_city.errors import EvidenceError
from alpr_city.evidence.seal import Recipient
from alpr_city.policy import in_force
from alpr_city.reads.models import Camera
from alpr_city.releases.models import Memorandum
from alpr_city.releases.workflow import register

_DAY = forms.DateInput(attrs={"type": "date"})


class Ask(forms.Form):
    """The four things of the policy, and the letter."""

    agency = forms.ChoiceField(label="Agency")
    person = forms.CharField(label="Person who asks, of the agency", max_length=200)
    purpose = forms.ChoiceField(label="Intended purpose")
    description = forms.CharField(
        label="Description of what is asked for",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    letter = forms.FileField(label="The agency's letter (PDF, PNG or JPEG)", required=False)
    memorandum = forms.ModelChoiceField(
        Memorandum.objects.all(), label="Or a memorandum on file", required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = sorted(register().values(), key=lambda a: (not a.plates, a.name))
        self.fields["agency"].choices = [
            ("", "Choose"),
            *((a.code, f"{a.name} ({a.kind_title})") for a in found),
            ("-", "An agency that is not in this list"),
        ]
        self.fields["purpose"].choices = [
            (code, p.title) for code, p in in_force().searchable().items()
        ]


class Approve(forms.Form):
    """How far a release goes."""

    cameras = forms.MultipleChoiceField(label="Cameras")
    first = forms.DateField(label="First day", widget=_DAY)
    last = forms.DateField(label="Last day", widget=_DAY)
    plates = forms.CharField(
        label="Plates, one a line; none for every read of these cameras and days",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cameras"].choices = [
            (c.name, f"{c.site or c.name} ({c.name})") for c in Camera.objects.order_by("name")
        ]

    def clean_plates(self) -> list[str]:
        """As they are stored."""
        return [p.upper() for p in str(self.cleaned_data["plates"]).split()]


class Key(forms.Form):
    """Whom the package is sealed to."""

    key = forms.CharField(
        label="The agency's public key (PEM)",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )
    compared = forms.BooleanField(label="The fingerprint was compared with the agency by telephone")

    def clean_key(self) -> Recipient:
        """The key."""
        try:
            return Recipient.from_pem(str(self.cleaned_data["key"]).strip().encode())
        except EvidenceError as error:
            raise forms.ValidationError(str(error)) from error


class NewMemorandum(forms.Form):
    """An agreement between the city and an agency."""

    agency = forms.ChoiceField(label="Agency")
    title = forms.CharField(label="Title", max_length=200)
    signed_on = forms.DateField(label="Signed on", widget=_DAY)
    expires_on = forms.DateField(label="In force until", widget=_DAY)
    document = forms.FileField(label="The agreement as it was signed (PDF, PNG or JPEG)")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = sorted((a for a in register().values() if a.plates), key=lambda a: a.name)
        self.fields["agency"].choices = [(a.code, a.name) for a in found]
