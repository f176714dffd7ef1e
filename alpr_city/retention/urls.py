"""Which address shows what."""

from __future__ import annotations

from django.urls import URLPattern, path

from alpr_city.retention import views
from alpr_city.web.menu import Entry

MENU = [
    Entry("hold.place", "retention:holds", "Holds"),
    Entry("hold.release", "retention:review", "Holds to review"),
    Entry("purge.approve", "retention:purges", "Purges"),
]

urlpatterns: list[URLPattern] = [
    path("holds/", views.listed, name="holds"),
    path("holds/review/", views.reviewed, name="review"),
    path("holds/new/", views.place, name="place"),
    path("holds/<int:number>/", views.hold, name="hold"),
    path("holds/<int:number>/release/", views.release, name="release"),
    path("holds/<int:number>/reads/<int:read>/", views.look, name="look"),
    path("purges/", views.purges, name="purges"),
    path("purges/approve/", views.approve, name="approve"),
    path("purges/<int:number>/", views.certificate, name="certificate"),
]
