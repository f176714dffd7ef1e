"""Which address shows what."""

from __future__ import annotations

from django.urls import path

from alpr_city.door import views
from alpr_city.web.menu import Entry

MENU = [
    Entry("read.view", "door:why", "Reason"),
    Entry("grant.approve", "door:waiting", "Second person"),
]

urlpatterns = [
    path("", views.why, name="why"),
    path("waiting/", views.waiting, name="waiting"),
    path("waiting/<int:number>/", views.decide, name="decide"),
]
