"""Which address shows what: each room under its own name."""

from django.urls import include, path

from alpr_city.people.keys import factors
from alpr_city.web import views
from alpr_city.web.apps import ROOMS

urlpatterns = [
    path("people/key/", include(("alpr_city.people.keys", "otp_webauthn"))),
    path("people/factors/", factors, name="factors"),
    path("", views.home, name="home"),
    *(path(f"{room}/", include((f"alpr_city.{room}.urls", room))) for room in ROOMS),
]

handler400 = "alpr_city.web.views.malformed"
handler500 = "alpr_city.web.views.failed"
