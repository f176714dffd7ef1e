"""Which address shows what."""

from __future__ import annotations

from django.urls import URLPattern, path

from alpr_city.search import exporting, mapping, running, views
from alpr_city.web.menu import Entry

MENU = [
    Entry("search.exact", "search:search", "Search"),
    Entry("release.approve", "search:recipients", "Recipients"),
]

urlpatterns: list[URLPattern] = [
    path("", views.search, name="search"),
    path("place/", views.place, name="place"),
    path("partial/", running.begin, name="partial"),
    path("partial/<int:run>/", running.progress, name="progress"),
    path("partial/<int:run>/found/", running.found, name="found"),
    path("read/<slug:camera>/<slug:stream>/<int:seq>/", views.read, name="read"),
    path("chosen/", views.gathered, name="chosen"),
    path("export/", exporting.export, name="export"),
    path("recipients/", exporting.recipients, name="recipients"),
    path("map/", mapping.sketch, name="map"),
]
