"""Which address shows what."""

from __future__ import annotations

from django.urls import path

from alpr_city.releases import views
from alpr_city.web.menu import Entry

MENU = [
    Entry("release.request", "releases:entered", "Ask for a release"),
    Entry("release.approve", "releases:waiting", "Releases to approve"),
    Entry("release.fulfil", "releases:approved", "Releases to make"),
]

urlpatterns = [
    path("", views.entered, name="entered"),
    path("waiting/", views.waiting, name="waiting"),
    path("waiting/<int:number>/", views.decide, name="decide"),
    path("waiting/<int:number>/letter/", views.letter, name="letter"),
    path("memoranda/<int:number>/", views.memorandum, name="memorandum"),
    path("approved/", views.approved, name="approved"),
    path("approved/<int:number>/", views.make, name="make"),
]
