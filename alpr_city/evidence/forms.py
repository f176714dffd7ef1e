"""What an export says, and a step of custody."""

from __future__ import annotations

from typing import Any

from django import forms

from alpr_city.errors import EvidenceError
from alpr_city.evidence.models import Custody
from alpr_city.evidence.seal import Recipient

_END = "-----END PUBLIC KEY-----"


class Ask(forms.Form):
    """One export."""

    why = forms.CharField(label="Why now", max_length=500)
    recipient = forms.CharField(label="Who receives it", max_length=200)
    medium = forms.CharField(label="Serial of the medium", max_length=100)
    keys = forms.CharField(
        label="Public keys that open it (PEM): the recipient's, and the evidence room's",
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
    )
    part = forms.TypedChoiceField(label="Part", coerce=int)
    compared = forms.BooleanField(label="The fingerprints were compared by telephone")

    def __init__(self, *args: Any, parts: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["part"].choices = [(n, f"{n} of {parts}") for n in range(1, parts + 1)]

    def clean_keys(self) -> list[Recipient]:
        """Each key of the field."""
        pems = [p.strip() for p in str(self.cleaned_data["keys"]).split(_END) if p.strip()]
        try:
            return [Recipient.from_pem(f"{pem}\n{_END}\n".encode()) for pem in pems]
        except EvidenceError as error:
            raise forms.ValidationError(str(error)) from error


class Step(forms.Form):
    """One step of custody."""

    step = forms.ChoiceField(label="What happened", choices=Custody.Step.choices[1:])
    holder = forms.CharField(label="Who has it now", max_length=200)
    reference = forms.CharField(label="Booking reference", max_length=100, required=False)
    remark = forms.CharField(label="Remark", max_length=500, required=False)
