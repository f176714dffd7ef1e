"""What may be asked: a plate, a pattern, or a camera and a time, within the reason given."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms

from alpr_city.door.models import Grant
from alpr_city.reads.models import Camera
from alpr_city.web.times import CityTime, here

MOST = 16
DAY = forms.DateInput(attrs={"type": "date"})


class Window(forms.Form):
    """Days, within the grant."""

    first = forms.DateField(label="First day received", widget=DAY)
    last = forms.DateField(label="Last day received", widget=DAY)

    def __init__(self, grant: Grant, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"first": grant.first, "last": grant.last})
        # Several forms stand on one page; their fields keep their names and differ in their ids.
        kwargs.setdefault("auto_id", f"{type(self).__name__.lower()}-%s")
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        """Days in order."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("first") and data.get("last") and data["first"] > data["last"]:
            self.add_error("last", "The last day is before the first.")
        return data


class Plate(Window):
    """A whole plate."""

    plate = forms.RegexField(
        label="Plate, every character known",
        regex=r"^[0-9A-Za-z]{1,16}$",
        error_messages={"invalid": "A plate is 1 to 16 of A-Z and 0-9, without spaces or dashes."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    field_order = ("plate", "first", "last")

    def __init__(self, grant: Grant, data: Any = None, **kwargs: Any) -> None:
        if data is not None and "first" not in data:
            data = {**data.dict(), "first": grant.first, "last": grant.last}
        super().__init__(grant, data, **kwargs)

    def clean_plate(self) -> str:
        """In capitals."""
        return str(self.cleaned_data["plate"]).upper()


class Pattern(Window):
    """A plate with holes."""

    pattern = forms.RegexField(
        label="Pattern: ? is any one character, * any number",
        regex=r"^[0-9A-Za-z?*]{1,16}$",
        error_messages={"invalid": "A pattern is up to 16 of A-Z, 0-9, ? and *."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    alike = forms.BooleanField(
        label="Count characters that look alike as the same (0 O Q D, 1 I, 8 B, 5 S, 2 Z)",
        required=False,
        initial=True,
    )
    field_order = ("pattern", "alike", "first", "last")

    def clean_pattern(self) -> str:
        """In capitals."""
        return str(self.cleaned_data["pattern"]).upper()


class Where(forms.Form):
    """A camera and a time."""

    camera = forms.ChoiceField(label="Camera")
    since = CityTime(label="From")
    until = CityTime(label="To", second=True)

    def __init__(self, grant: Grant, *args: Any, **kwargs: Any) -> None:
        now = datetime.now(UTC)
        first, last = (datetime.combine(d, time(), UTC) for d in (grant.first, grant.last))
        # A field of whole minutes: the present one belongs to what was asked for.
        until = min(now + timedelta(minutes=1), last + timedelta(hours=23, minutes=59))
        start = max(here(until).replace(hour=0, minute=0), first)
        kwargs.setdefault("initial", {"since": start, "until": until})
        super().__init__(*args, **kwargs)
        names = grant.cameras or Camera.objects.order_by("name").values_list("name", flat=True)
        self.fields["camera"].choices = [(n, n) for n in names]

    def clean(self) -> dict[str, Any]:
        """Times in order."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("since") and data.get("until") and data["since"] > data["until"]:
            self.add_error("until", "The end is before the beginning.")
        return data
