"""Which address shows what, to anyone."""

from __future__ import annotations

from django.urls import path

from alpr_city.public import views

urlpatterns = [
    path("", views.page, name="page"),
    path("figures.json", views.figures, name="figures"),
    path("policy/<str:sha256>.txt", views.policy_file, name="policy"),
    path("<str:name>", views.program, name="program"),
]
