"""What a request for counts says."""

from __future__ import annotations

from typing import Any

from django import forms

from alpr_city.policy import in_force
from alpr_city.reads.models import Camera


class Ask(forms.Form):
    """Who asks, and for which counts."""

    requester = forms.CharField(label="Who asks", max_length=200)
    organisation = forms.CharField(label="Of which organisation", max_length=200, required=False)
    kind = forms.ChoiceField(
        label="For what",
        choices=[
            ("plates", "Number of plates by location and day"),
            ("hits", "Number of hits by offence and month"),
            ("reads", "Plates, pictures, or anything else"),
        ],
    )
    cameras = forms.MultipleChoiceField(label="Locations", required=False)
    offences = forms.MultipleChoiceField(label="Offences", required=False)
    first = forms.DateField(label="First day", widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label="Last day", widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cameras"].choices = [
            (c.name, f"{c.site or c.name} ({c.name})") for c in Camera.objects.order_by("name")
        ]
        self.fields["offences"].choices = [
            (code, kind.title) for code, kind in in_force().list_classes.items()
        ]

    @property
    def subjects(self) -> list[str]:
        """What is counted."""
        name = "offences" if self.cleaned_data["kind"] == "hits" else "cameras"
        return list(self.cleaned_data[name])
