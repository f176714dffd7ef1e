"""Which address shows what."""

from django.urls import path

from alpr_city.web import views

urlpatterns = [path("", views.arrivals)]
