"""Times as people here read and write them: on the city's clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from datetime import timezone as fixed
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.utils import timezone

_AS_WRITTEN: tzinfo = fixed(timedelta(0), "as written")
"""No zone yet: what the field's own reading leaves on a time that named none."""


def here(when: datetime) -> datetime:
    """An aware time on the city's clocks."""
    return when.astimezone(ZoneInfo(settings.CITY.city.zone))


def both(when: datetime | int | str | None) -> str:
    """An aware time, microseconds since 1970 or an ISO text, in the city's zone and in UTC."""
    if when is None:
        return "never"
    if isinstance(when, str):
        when = datetime.fromisoformat(when)
    if isinstance(when, int):
        when = datetime.fromtimestamp(when / 1e6, UTC)
    local, utc = here(when), when.astimezone(UTC)
    other = "%H:%M:%S" if local.date() == utc.date() else "%Y-%m-%d %H:%M:%S"
    return f"{local:%Y-%m-%d %H:%M:%S %Z} ({utc:{other}} UTC)"


class CityTime(forms.DateTimeField):
    """A minute on the city's clocks, given on in UTC.

    In autumn the clocks show an hour twice: it is the first of them, or the second where `second`
    is set, so that a window from the one to the other holds both. The hour that they skip in
    spring is refused. A time that names its offset is taken as it says.
    """

    def __init__(self, *, second: bool = False, **kwargs: Any) -> None:
        kwargs.setdefault(
            "widget",
            forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        )
        super().__init__(**kwargs)
        self._fold = int(second)

    def prepare_value(self, value: Any) -> Any:
        """What the field shows."""
        return here(value).replace(tzinfo=None) if isinstance(value, datetime) else value

    def to_python(self, value: Any) -> datetime | None:
        """What was written, in UTC."""
        with timezone.override(_AS_WRITTEN):
            written: datetime | None = super().to_python(value)
        if written is None:
            return None
        zone = ZoneInfo(settings.CITY.city.zone)
        try:
            if written.tzinfo is not _AS_WRITTEN:
                return written.astimezone(UTC)
            meant = written.replace(tzinfo=zone, fold=self._fold)
            when = meant.astimezone(UTC)
        except OverflowError as error:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from error
        if here(when).replace(tzinfo=None) != written.replace(tzinfo=None):
            raise forms.ValidationError("On this day clocks here skip that hour.", code="skipped")
        return when
