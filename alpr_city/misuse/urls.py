"""Which address shows what."""

from __future__ import annotations

from django.urls import path

from alpr_city.misuse import views
from alpr_city.web.menu import Entry

MENU = [Entry("misuse.review", "misuse:findings", "Misuse"), Entry("", "misuse:own", "Own plates")]

urlpatterns = [
    path("", views.findings, name="findings"),
    path("sweep/", views.run, name="sweep"),
    path("own/", views.own, name="own"),
    path("<int:number>/", views.finding, name="finding"),
]
