"""Which address shows what."""

from __future__ import annotations

from django.urls import path

from alpr_city.hits import live, views
from alpr_city.web.menu import Entry

MENU = [Entry("hit.view", "hits:now", "Hits")]

urlpatterns = [
    path("", views.now, name="now"),
    path("live/", live.stream, name="live"),
    path("rates/", views.rates, name="rates"),
    path("<int:number>/", views.card, name="card"),
    path("<int:number>/confirm/", views.confirm, name="confirm"),
    path("<int:number>/dispose/", views.dispose, name="dispose"),
]
