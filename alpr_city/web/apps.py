"""The console's rooms, and Django's name for this one."""

from django.apps import AppConfig

ROOMS = (
    "people",
    "door",
    "search",
    "corrections",
    "retention",
    "cameras",
    "logbook",
    "hotlists",
    "hits",
    "misuse",
    "audits",
    "releases",
    "aggregates",
    "evidence",
    "public",
)
"""Each is an app of its own under `alpr_city`, with its pages at an address of its name."""


class Web(AppConfig):
    """What the rooms share: the page around them, its style, its settings."""

    name = "alpr_city.web"
    label = "web"
