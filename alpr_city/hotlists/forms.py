"""The form of an import."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms

from alpr_city.hotlists.files import COLUMNS
from alpr_city.hotlists.importing import CLEW_FILES, Description, Rules
from alpr_city.policy.records import Policy
from alpr_city.web.times import CityTime

CLEW, CSV = "clew", "csv"


class Bring(forms.Form):
    """A file, and what must be said of every list."""

    file = forms.FileField(label="File")
    shape = forms.ChoiceField(
        label="Shape", choices=[(CLEW, "CLEW table (svs.tbl, sfr.tbl, slr.tbl)"), (CSV, "CSV")]
    )
    columns = forms.CharField(
        label="For CSV: its columns, as plate=NAME, state=NAME, kind=NAME, noted=NAME,"
        " reference=NAME",
        required=False,
        max_length=400,
    )
    name = forms.SlugField(label="Name of the list", max_length=60)
    list_class = forms.ChoiceField(label="Class")
    owner = forms.CharField(label="Owner: who answers for the entries", max_length=200)
    legal_basis = forms.CharField(label="Legal basis", max_length=300)
    made_at = CityTime(label="When its source wrote it, on clocks here")
    expires_at = CityTime(label="When it expires, on clocks here")
    shrink = forms.BooleanField(
        label="It may be much shorter than the list in its place", required=False
    )

    def __init__(self, policy: Policy, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.policy = policy
        choices = [(c, k.title) for c, k in policy.list_classes.items() if k.source != "federal"]
        self.fields["list_class"].choices = choices

    def clean_columns(self) -> dict[str, str]:
        """`plate=LIC, state=ST` as a mapping."""
        mapping = {}
        for part in filter(None, (p.strip() for p in self.cleaned_data["columns"].split(","))):
            ours, sign, theirs = (t.strip() for t in part.partition("="))
            if not sign or ours not in COLUMNS or not theirs:
                raise forms.ValidationError(f"write COLUMN=NAME with {', '.join(COLUMNS)}")
            mapping[ours] = theirs
        return mapping

    def clean(self) -> dict[str, Any]:
        """A list expires no later than the policy's class lets its entries stand."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("shape") == CSV and "plate" not in data.get("columns", {}):
            self.add_error("columns", "say at least which column is the plate")
        expires, code = data.get("expires_at"), str(data.get("list_class"))
        if expires and code in self.policy.list_classes:
            days = self.policy.list_classes[code].entry_days
            if expires > datetime.now(UTC) + timedelta(days=days):
                self.add_error("expires_at", f"the policy lets entries stand {days} days at most")
        return data

    @property
    def kind(self) -> str:
        """The kind of rows that say none."""
        data = self.cleaned_data
        by_file = CLEW_FILES.get(data["file"].name.lower()) if data["shape"] == CLEW else None
        return by_file or str(self.policy.list_classes[data["list_class"]].title)

    def about(self) -> Description:
        """What was said of the list."""
        data = self.cleaned_data
        names = ("name", "owner", "legal_basis", "made_at", "expires_at")
        return Description(**{n: data[n] for n in names})


def rules_of(policy: Policy, code: str) -> Rules:
    """The policy's rules for a class of lists."""
    known, hits = policy.list_classes[code], policy.hits
    return Rules(
        policy=policy.version,
        list_class=code,
        federal=known.source == "federal",
        dropped_kinds=tuple(sorted(hits.dropped_kinds)),
        least_confidence=hits.confidence_percent / 100,
        least_character=hits.character_percent / 100,
        region_sure=hits.region_percent / 100,
        stale_s=known.most_age_hours * 3600,
        live_s=hits.live_minutes * 60,
        hit_s=policy.hit_minutes * 60,
    )
