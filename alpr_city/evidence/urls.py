"""Which address shows what."""

from __future__ import annotations

from django.urls import path

from alpr_city.evidence import views
from alpr_city.web.menu import Entry

MENU = [Entry("evidence.export", "evidence:index", "Evidence")]

urlpatterns = [
    path("", views.index, name="index"),
    path("hold/<int:number>/", views.export, name="export"),
    path("<int:number>/", views.one, name="one"),
]
