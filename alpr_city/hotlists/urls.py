"""Which address shows what."""

from __future__ import annotations

from django.urls import path

from alpr_city.hotlists import views
from alpr_city.web.menu import Entry

MENU = [Entry("list.view", "hotlists:lists", "Hot lists")]

urlpatterns = [
    path("", views.lists, name="lists"),
    path("import/", views.bring, name="import"),
    path("drop/", views.drop, name="drop"),
]
