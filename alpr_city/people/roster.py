"""The administrator's and the designee's pages: accounts, roles, suspension, training."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from alpr_city.errors import PeopleError
from alpr_city.people import forms, register
from alpr_city.people.gate import fresh, needs
from alpr_city.people.models import Invitation, Person
from alpr_city.policy import in_force
from alpr_city.web.posted import posted


@needs("people.manage")
@require_http_methods(["GET", "POST"])
def people(request: HttpRequest) -> HttpResponse:
    """Everybody, and a form for one more."""
    form = forms.NewPerson(posted(request))
    if request.method == "POST" and form.is_valid():
        data, by = form.cleaned_data, request.person.username
        try:
            at = register.organisation(data["organisation"], data["kind"], by)
            made = register.person(data["username"], data["name"], at, by)
            return redirect("people:person", made.username)
        except PeopleError as error:
            form.add_error(None, str(error))
    everybody = Person.objects.select_related("organisation").order_by("username")
    context = {"form": form, "people": everybody}
    return render(request, "people/people.html", context, status=400 if form.errors else 200)


@needs("people.manage")
@require_GET
def one(request: HttpRequest, username: str) -> HttpResponse:
    """One account."""
    return _one(request, get_object_or_404(Person, username=username))


@needs("people.manage")
@fresh
@require_POST
def change(request: HttpRequest, username: str) -> HttpResponse:
    """Give or take a role, suspend, reinstate, invite, or confirm a recovery."""
    who, by = get_object_or_404(Person, username=username), request.person.username
    do, role = request.POST.get("do", ""), request.POST.get("role", "")
    try:
        if do == "appoint":
            register.appoint(who, role, by)
        elif do == "dismiss":
            register.dismiss(who, role, by)
        elif do == "suspend":
            register.suspend(who, request.POST.get("reason", ""), by)
        elif do == "reinstate":
            register.reinstate(who, by)
        elif do in ("invite", "recover"):
            token = register.invite(who, by, recovery=do == "recover" or who.has_usable_password())
            link = request.build_absolute_uri(reverse("people:welcome", args=[token]))
            return _one(request, who, link=link)
        elif do == "confirm":
            waiting = Invitation.objects.filter(person=who, recovery=True, used_at=None).first()
            if waiting is not None:
                register.confirm(waiting, by)
        else:
            raise PeopleError("nothing of that kind can be done to an account")
    except PeopleError as error:
        return _one(request, who, fault=str(error), status=400)
    return redirect("people:person", who.username)


@needs("training.record")
@require_http_methods(["GET", "POST"])
def training(request: HttpRequest) -> HttpResponse:
    """Who is trained in what, and a form to record more."""
    fault = ""
    if request.method == "POST":
        who = get_object_or_404(Person, username=request.POST.get("username", ""))
        try:
            register.train(who, request.POST.get("course", ""), request.person.username)
            return redirect("people:training")
        except PeopleError as error:
            fault = str(error)
    courses = in_force().courses
    rows = [
        {"person": p, "courses": [(c, p.trained(c)) for c in courses]}
        for p in Person.objects.select_related("organisation").order_by("username")
    ]
    context = {"rows": rows, "courses": courses, "fault": fault}
    return render(request, "people/training.html", context, status=400 if fault else 200)


def _one(request: HttpRequest, who: Person, *, status: int = 200, **more: Any) -> HttpResponse:
    policy = in_force()
    roles = [
        {"code": c, "title": policy.roles[c].title, "lacking": who.missing_courses(c)}
        for c in sorted(who.roles & set(policy.roles))
    ]
    others = [(c, r.title) for c, r in policy.roles.items() if c not in who.roles]
    waiting = Invitation.objects.filter(
        person=who, recovery=True, used_at=None, confirmed_by=""
    ).first()
    context = {"who": who, "roles": roles, "others": others, "waiting": waiting, **more}
    return render(request, "people/person.html", context, status=status)
