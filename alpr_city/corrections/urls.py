"""Which address takes in what."""

from __future__ import annotations

from django.urls import URLPattern, path

from alpr_city.corrections import views

urlpatterns: list[URLPattern] = [
    path("<slug:camera>/<slug:stream>/<int:seq>/", views.check, name="check"),
]
