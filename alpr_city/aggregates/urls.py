"""Which address shows what."""

from __future__ import annotations

from django.urls import path

from alpr_city.aggregates import views
from alpr_city.web.menu import Entry

MENU = [
    Entry("aggregate.request", "aggregates:entered", "Requests for counts"),
    Entry("aggregate.approve", "aggregates:waiting", "Counts to approve"),
]

urlpatterns = [
    path("", views.entered, name="entered"),
    path("<int:number>/", views.one, name="one"),
    path("waiting/", views.waiting, name="waiting"),
    path("waiting/<int:number>/", views.decide, name="decide"),
]
