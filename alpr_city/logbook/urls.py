"""Which address shows what."""

from __future__ import annotations

from django.urls import path

from alpr_city.logbook import views
from alpr_city.web.menu import Entry

MENU = [Entry("log.read", "logbook:log", "Access log")]

urlpatterns = [
    path("", views.log, name="log"),
    path("check/", views.check, name="check"),
    path("unmask/", views.unmask, name="unmask"),
]
