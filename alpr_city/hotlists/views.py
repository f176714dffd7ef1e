"""Lists and their imports. No page here shows a plate: rows are in the vault alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from alpr_city.door.door import staff
from alpr_city.errors import CityError
from alpr_city.hotlists.forms import CSV, Bring, rules_of
from alpr_city.hotlists.importing import Reading, put, read
from alpr_city.hotlists.lines import ListError
from alpr_city.hotlists.models import ListVersion
from alpr_city.people.gate import needs
from alpr_city.people.journal import vault
from alpr_city.people.models import Person
from alpr_city.policy import in_force

SHOWN_FAULTS = 200
DUTY = "hot-list"


@needs("list.view")
@require_GET
def lists(request: HttpRequest) -> HttpResponse:
    """What is matched against, how old it is, and what came before."""
    now = datetime.now(UTC)
    rows = []
    for held in vault().call("lists"):
        facts = held["facts"]
        made_at, expires_at = (
            datetime.fromtimestamp(facts[n] / 1e6, UTC) for n in ("made_us", "expires_us")
        )
        rows.append(
            {
                **held,
                "made_at": made_at,
                "expires_at": expires_at,
                "age_h": (now - made_at).total_seconds() / 3600,
                "stale": now >= made_at + timedelta(seconds=facts["stale_s"]),
                "expired": now >= expires_at,
            }
        )
    context = {
        "lists": rows,
        "history": ListVersion.objects.order_by("-at")[:100],
        "may_import": "list.import" in request.person.rights(),
    }
    return render(request, "hotlists/lists.html", context)


@needs("list.import")
@require_http_methods(["GET", "POST"])
def bring(request: HttpRequest) -> HttpResponse:
    """A dry run, or an import."""
    policy = in_force()
    form = Bring(policy, request.POST or None, request.FILES or None)
    if request.method == "GET" or not form.is_valid():
        context: dict[str, Any] = {"form": form}
        return render(request, "hotlists/import.html", context, status=400 if form.errors else 200)
    data = form.cleaned_data
    rules = rules_of(policy, data["list_class"])
    reading = Reading()
    fault: CityError | None = None
    version = ""
    try:
        mapping = data["columns"] if data["shape"] == CSV else None
        reading = read(
            data["file"], kind=form.kind, mapping=mapping, dropped_kinds=rules.dropped_kinds
        )
        if request.POST.get("do") == "import":
            share = 0.0 if data["shrink"] else policy.hits.smallest_percent / 100
            access = _access(request.person, "list-import", data["name"])
            version = put(vault(), access, reading, form.about(), rules, least_share=share)
        else:
            form.about().check(rules, datetime.now(UTC))
    except ListError as error:
        fault = error
    if request.POST.get("do") == "import":
        _keep(request.person, form, reading, version, fault)
        if fault is None:
            return redirect("hotlists:lists")
    context = {
        "form": form,
        "reading": reading,
        "rows": len(reading.rows),
        "faults": reading.faults[:SHOWN_FAULTS],
        "fault": fault,
    }
    return render(request, "hotlists/import.html", context, status=400 if fault else 200)


@needs("list.import")
@require_POST
def drop(request: HttpRequest) -> HttpResponse:
    """Take a list away; its key dies."""
    name = request.POST.get("name", "")[:60]
    vault().call("list_drop", _access(request.person, "list-drop", name), name)
    ListVersion.objects.filter(name=name, replaced_at=None).update(replaced_at=datetime.now(UTC))
    return redirect("hotlists:lists")


def _access(person: Person, action: str, name: str) -> dict[str, Any]:
    return staff(
        person,
        action=action,
        purpose=DUTY,
        case=f"list-{name}",
        reason="keeping a hot list",
        query={"list": name},
    )


def _keep(
    person: Person, form: Bring, reading: Reading, version: str, fault: CityError | None
) -> None:
    """Put an import into the history, one that was refused as well."""
    data, now = form.cleaned_data, datetime.now(UTC)
    if fault is None:
        ListVersion.objects.filter(name=data["name"], replaced_at=None, refused="").update(
            replaced_at=now
        )
    ListVersion.objects.create(
        version=version,
        at=now,
        by=person.username,
        policy=form.policy.version,
        sha256=reading.sha256,
        rows=len(reading.rows),
        faulty=reading.faulty,
        dropped=reading.dropped,
        duplicates=reading.duplicates,
        refused=str(fault)[:300] if fault else "",
        **{n: data[n] for n in ("name", "list_class", "owner", "legal_basis")},
        **{n: data[n] for n in ("made_at", "expires_at")},
    )
