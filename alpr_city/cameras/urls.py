"""Which address shows what."""

from __future__ import annotations

from django.urls import URLPattern, path

from alpr_city.cameras import enrolling, views
from alpr_city.web.menu import Entry

MENU = [Entry("camera.view", "cameras:list", "Cameras")]

urlpatterns: list[URLPattern] = [
    path("", views.listed, name="list"),
    path("new/code/", enrolling.enrol, name="enrol"),
    path("new/approve/", enrolling.approve, name="approve"),
    path("<slug:name>/", views.camera, name="camera"),
    path("<slug:name>/edit/", views.edit, name="edit"),
    path("<slug:name>/out/<slug:state>/", views.put_out, name="out"),
]
