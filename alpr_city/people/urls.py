"""Which address shows what."""

from __future__ import annotations

from django.urls import path

from alpr_city.people import roster, views
from alpr_city.web.menu import Entry

MENU = [
    Entry("people.manage", "people:people", "People"),
    Entry("training.record", "people:training", "Training"),
]

urlpatterns = [
    path("sign-in/", views.sign_in, name="sign-in"),
    path("code/", views.code, name="code"),
    path("again/", views.again, name="again"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("welcome/<str:token>/", views.welcome, name="welcome"),
    path("", roster.people, name="people"),
    path("training/", roster.training, name="training"),
    path("account/<str:username>/", roster.one, name="person"),
    path("account/<str:username>/change/", roster.change, name="change"),
]
