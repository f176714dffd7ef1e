"""Security keys (WebAuthn): registered by who is signed in, used after the password."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET
from django.views.i18n import JavaScriptCatalog
from django_otp import devices_for_user
from django_otp_webauthn import exceptions, views
from django_otp_webauthn.models import WebAuthnCredential

from alpr_city.people.gate import fresh, needs
from alpr_city.people.journal import note
from alpr_city.people.views import address_of, enter, half_of, is_locked


@needs()
@fresh
@require_GET
def factors(request: HttpRequest) -> HttpResponse:
    """One's second factors, and a button to add a security key."""
    devices = list(devices_for_user(request.person))
    return render(request, "people/factors.html", {"devices": devices})


class _Careful:
    """What the library's parser would stumble over is malformed, and no failure of ours."""

    def _parse_request_data(self, request: HttpRequest) -> Any:
        try:
            data = super()._parse_request_data(request)  # type: ignore[misc]
        except (UnicodeDecodeError, RecursionError) as error:
            raise exceptions.MalformedRequest from error
        if not isinstance(data, dict):
            raise exceptions.MalformedRequest
        return data


class BeginRegistration(_Careful, views.BeginCredentialRegistrationView):
    """Signed in with both factors, lately."""


class CompleteRegistration(_Careful, views.CompleteCredentialRegistrationView):
    """The new key is on record before it counts."""

    def post(self, *args: Any, **kwargs: Any) -> Any:
        """Register it."""
        note(
            "people.factors",
            self.request.person.username,
            "adds a security key",
            address=address_of(self.request),
        )
        return super().post(*args, **kwargs)


class _AfterPassword:
    """The person who has shown the password within five minutes, and no other."""

    request: HttpRequest

    def get_user(self) -> Any:
        """Half signed in."""
        return half_of(self.request)

    def check_can_authenticate(self) -> None:
        """A key alone opens nothing; neither does a locked account."""
        person = half_of(self.request)
        if person is None or is_locked(self.request, person):
            raise exceptions.PasswordlessLoginDisabled


class BeginAuthentication(_Careful, _AfterPassword, views.BeginCredentialAuthenticationView):
    """A challenge for the keys of who has shown the password."""


class CompleteAuthentication(_Careful, _AfterPassword, views.CompleteCredentialAuthenticationView):
    """The second factor by key."""

    def complete_auth(self, device: WebAuthnCredential) -> Any:
        """Sign in, on record."""
        person = half_of(self.request)
        if person is None or device.user_id != person.pk:
            raise exceptions.CredentialNotFound
        note(
            "people.sign-in", person.username, "signed in by key", address=address_of(self.request)
        )
        self._to = self.request.session.get("next") or "/"
        enter(self.request, person, device)
        return person

    def get_success_url(self) -> str:
        """Where the person wanted to go."""
        return str(self._to)


urlpatterns = [
    path(
        "registration/begin/",
        needs()(fresh(BeginRegistration.as_view())),
        name="credential-registration-begin",
    ),
    path(
        "registration/complete/",
        needs()(fresh(CompleteRegistration.as_view())),
        name="credential-registration-complete",
    ),
    path(
        "authentication/begin/",
        BeginAuthentication.as_view(),
        name="credential-authentication-begin",
    ),
    path(
        "authentication/complete/",
        CompleteAuthentication.as_view(),
        name="credential-authentication-complete",
    ),
    path(
        "words/",
        JavaScriptCatalog.as_view(packages=["django_otp_webauthn"]),
        name="js-i18n-catalog",
    ),
]
