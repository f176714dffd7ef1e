"""The question before every search."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms

from alpr_city.door.models import pages_of
from alpr_city.door.reasons import fault_of, fault_of_case
from alpr_city.people.models import Person
from alpr_city.policy import in_force
from alpr_city.reads.models import Camera


class Why(forms.Form):
    """Purpose, case, reason, cameras and days."""

    purpose = forms.ChoiceField(label="Purpose")
    case = forms.CharField(label="Case number", max_length=40)
    reason = forms.CharField(
        label="What happened, and what you look for",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    first = forms.DateField(label="First day", widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label="Last day", widget=forms.DateInput(attrs={"type": "date"}))
    cameras = forms.MultipleChoiceField(
        label="Cameras (none chosen: all)", required=False, widget=forms.SelectMultiple
    )

    def __init__(self, person: Person, *args: Any, **kwargs: Any) -> None:
        today = datetime.now(UTC).date()
        kwargs.setdefault("initial", {"first": today - timedelta(days=7), "last": today})
        super().__init__(*args, **kwargs)
        self._person, self._policy = person, in_force()
        purposes = self._policy.searchable(person.organisation.kind).items()
        self.fields["purpose"].choices = [("", "choose"), *((c, p.title) for c, p in purposes)]
        names = Camera.objects.order_by("name").values_list("name", "site")
        self.fields["cameras"].choices = [(n, f"{n}, {s}" if s else n) for n, s in names]

    def clean_case(self) -> str:
        """As the policy writes them."""
        case: str = self.cleaned_data["case"].strip().upper()
        fault = fault_of_case(self._policy, case)
        if fault:
            raise forms.ValidationError(fault)
        return case

    def clean(self) -> dict[str, Any]:
        """A reason of substance, and days in order."""
        data: dict[str, Any] = super().clean()
        if data.get("reason") and data.get("case"):
            fault = fault_of(self._policy, self._person, data["reason"], data["case"])
            if fault:
                self.add_error("reason", fault)
        first, last = data.get("first"), data.get("last")
        if first and last and first > last:
            self.add_error("last", "The last day is before the first.")
        return data

    def broad(self) -> bool:
        """Whether a second person must agree."""
        limits, data = self._policy.second_person, self.cleaned_data
        days = (data["last"] - data["first"]).days + 1
        pages = pages_of(self._person, data["case"]) + self._policy.grants.pages
        return (
            days > limits.days or 0 < limits.cameras < len(data["cameras"]) or pages > limits.pages
        )
