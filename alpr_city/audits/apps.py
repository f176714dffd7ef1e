"""Names the room for Django."""

from django.apps import AppConfig


class Audits(AppConfig):
    """Audits that happen by themselves: samples, verdicts, approvals."""

    name = "alpr_city.audits"
    label = "audits"
