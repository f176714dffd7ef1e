"""Sign-in with two factors, out, again, and the link that works once."""

from __future__ import annotations

import base64
import time
from datetime import UTC, datetime
from typing import Any

import segno
from axes.utils import reset as reset_lock
from django.contrib.auth import authenticate, login, logout
from django.contrib.auth.signals import user_login_failed
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST
from django_otp import login as otp_login
from django_otp import match_token
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_otp_webauthn.models import WebAuthnCredential

from alpr_city.people import forms, register
from alpr_city.people.gate import needs
from alpr_city.people.journal import note
from alpr_city.people.models import Person
from alpr_city.people.sessions import begin
from alpr_city.web.posted import posted

SECOND_FACTOR_S = 300.0
BACKEND = "django.contrib.auth.backends.ModelBackend"


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """First factor: user name and password. Wrong ones all read alike."""
    form = forms.SignIn(posted(request))
    if request.method == "POST" and form.is_valid():
        username = form.cleaned_data["username"].strip().lower()
        person = authenticate(request, username=username, password=form.cleaned_data["password"])
        if person is not None:
            request.session.flush()
            request.session.update({"half": person.pk, "half_s": time.time()})
            request.session["next"] = safe(request, request.POST.get("next", ""))
            return redirect("people:code")
        # A password typed into the wrong field must not stand on record.
        known = Person.objects.filter(username=username).exists()
        who = username if known else "unknown"
        note("people.sign-in", who, "failed: password", address=address_of(request))
        form.add_error(None, "User name or password is wrong, or the account is locked.")
    context = {"form": form, "next": safe(request, request.GET.get("next", ""))}
    return render(request, "people/sign_in.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """Second factor."""
    person = half_of(request)
    if person is None:
        return redirect("people:sign-in")
    form = forms.Code(posted(request))
    if request.method == "POST" and form.is_valid():
        device = (
            None if is_locked(request, person) else match_token(person, form.cleaned_data["code"])
        )
        if device is not None:
            to = request.session.get("next") or "/"
            note("people.sign-in", person.username, "signed in", address=address_of(request))
            enter(request, person, device)
            return redirect(to)
        _failed(request, person)
        form.add_error("code", "This code is wrong or was used already, or the account is locked.")
    return render(
        request,
        "people/code.html",
        {"form": form, "keys": _has_keys(person)},
        status=400 if form.errors else 200,
    )


@needs()
@require_http_methods(["GET", "POST"])
def again(request: HttpRequest) -> HttpResponse:
    """The second factor once more, before something weighty."""
    person: Person = request.person
    form = forms.Code(posted(request))
    to = safe(request, request.POST.get("next", request.GET.get("next", "")))
    if request.method == "POST" and form.is_valid():
        if not is_locked(request, person) and match_token(person, form.cleaned_data["code"]):
            note("people.proof", person.username, "second factor", address=address_of(request))
            request.session["proved_s"] = time.time()
            return redirect(to or "/")
        _failed(request, person)
        form.add_error("code", "This code is wrong or was used already, or the account is locked.")
    context = {"form": form, "next": to, "again": True}
    return render(request, "people/code.html", context, status=400 if form.errors else 200)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    if request.person is not None:
        note("people.sign-out", request.person.username, "signed out")
        Person.objects.filter(pk=request.person.pk).update(session="")
    logout(request)
    return redirect("people:sign-in")


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def welcome(request: HttpRequest, token: str) -> HttpResponse:
    """Set a password and a second factor from a link that works once."""
    invitation = register.usable(token)
    if invitation is None:
        return render(request, "people/no_link.html", status=404)
    person = invitation.person
    device, _ = TOTPDevice.objects.get_or_create(
        user=person, confirmed=False, defaults={"name": "authenticator"}
    )
    form = forms.Welcome(person, posted(request))
    if request.method == "POST" and form.is_valid():
        if device.verify_token(form.cleaned_data["code"]):
            note("people.factors", person.username, "set", address=address_of(request))
            with transaction.atomic():
                TOTPDevice.objects.filter(user=person, confirmed=True).delete()
                WebAuthnCredential.objects.filter(user=person).delete()
                device.confirmed = True
                device.save()
                person.set_password(form.cleaned_data["password"])
                register.end_session(person)
                person.save()
                invitation.used_at = datetime.now(UTC)
                invitation.save()
            return redirect("people:sign-in")
        form.add_error("code", "This code is not the authenticator's. Is its clock right?")
    context = {
        "form": form,
        "invited": person,
        "uri": device.config_url,
        "picture": segno.make_qr(device.config_url).svg_data_uri(scale=4, border=4, light="#fff"),
        "key": base64.b32encode(device.bin_key).decode().rstrip("="),
    }
    return render(request, "people/welcome.html", context, status=400 if form.errors else 200)


def safe(request: HttpRequest, to: str) -> str:
    """An address of ours, or nothing."""
    own = url_has_allowed_host_and_scheme(to, {request.get_host()}, require_https=True)
    return to if own and to.startswith("/") and len(to) < 500 else ""


def address_of(request: HttpRequest) -> str:
    """Where a request came from."""
    return str(request.META.get("REMOTE_ADDR", ""))


def half_of(request: HttpRequest) -> Person | None:
    """Who has shown the first factor within the last five minutes."""
    if not 0 <= time.time() - request.session.get("half_s", 0.0) < SECOND_FACTOR_S:
        return None
    found = Person.objects.filter(pk=request.session.get("half")).first()
    return found if found is not None and found.is_active else None


def enter(request: HttpRequest, person: Person, device: Any) -> None:
    request.session.flush()
    login(request, person, backend=BACKEND)
    otp_login(request, device)
    begin(request, person)
    reset_lock(username=person.username)


def _has_keys(person: Person) -> bool:
    return bool(WebAuthnCredential.objects.filter(user=person, confirmed=True).exists())


def is_locked(request: HttpRequest, person: Person) -> bool:
    from axes.handlers.proxy import AxesProxyHandler

    return not AxesProxyHandler.is_allowed(request, {"username": person.username})


def _failed(request: HttpRequest, person: Person) -> None:
    """A wrong code counts towards the lock like a wrong password."""
    note("people.sign-in", person.username, "failed: code", address=address_of(request))
    user_login_failed.send(
        sender=__name__, credentials={"username": person.username}, request=request
    )


def locked(request: HttpRequest, *_: Any, **__: Any) -> HttpResponse:
    """Too many tries."""
    return render(request, "people/locked.html", status=429)
