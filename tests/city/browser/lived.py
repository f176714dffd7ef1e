"""A city that has been at work: something stands on every page of its console."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.city.audits.test_audits import looks
from tests.city.console import Console
from tests.city.releases.conftest import WANTED, scope
from tests.city.retention.conftest import Rules
from tests.city.search.test_pages import partial, stream


def purged(city: Console) -> Any:
    """A day of 800 days ago with one read, gone, with its certificate."""
    from alpr_city.people.journal import vault
    from alpr_city.reads.pictures import PictureStore
    from alpr_city.retention.purge import Purger

    old = city.day - timedelta(800)
    camera = city.vault.camera("cam-old", seed=3)
    camera.read("0TEST07", pictures=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("alpr_city.vault.vault.today", lambda: str(old))
        city.ingest(camera)
    pictures = PictureStore(city.config.files.pictures)
    (purge,) = Purger(vault(), pictures, lambda at: Rules(), "root", "Testville").run()
    pictures.close()
    return purge


def held(city: Console, client: Any) -> Any:
    """A hold of one read, by somebody with a grant."""
    from alpr_city.retention.models import Hold

    client.post("/search/chosen/", {"read": [f"cam-one/{stream(city)}/2"], "do": "hold"})
    form = {
        "basis": "criminal",
        "description": "burglary on the test road",
        "custodian": "City Clerk",
        "review_on": str(city.day + timedelta(90)),
    }
    client.post("/retention/holds/new/", form)
    return Hold.objects.latest("pk")


def lived(city: Console) -> dict[str, dict[str, str]]:
    """Do a bit of everything; what stands in the addresses, by the name of the page."""
    from alpr_city.aggregates.models import AggregateRequest
    from alpr_city.audits.models import Audit
    from alpr_city.cameras.models import Pole
    from alpr_city.door.models import Grant
    from alpr_city.evidence.exports import enter
    from alpr_city.evidence.models import Export
    from alpr_city.people import register
    from alpr_city.releases import workflow
    from alpr_city.search.models import Run
    from tests.city.hits.test_pages import hit_in

    root = city.vault.root.public_key().public_bytes_raw()
    city.config.files.root_public.write_bytes(root)
    officer, clerk, auditor = (city.client(who) for who in ("officer", "clerk", "auditor"))
    city.grant(officer)
    purge, hold, hit = purged(city), held(city, officer), hit_in(city)
    partial(officer)
    Pole.objects.create(
        camera_id="cam-one", direction="north", speed_limit_mph=35, latitude=34.1, longitude=-118.6
    )
    looks(city, 12)
    auditor.post("/misuse/sweep/")
    auditor.post("/audits/start/")
    asked = workflow.ask(city.person("officer"), **WANTED)
    agreed = workflow.ask(city.person("officer"), **WANTED)
    workflow.approve(city.person("designee"), agreed, **scope(city))
    day = str(city.day - timedelta(days=2))
    counts = {"requester": "A. Citizen", "kind": "plates", "cameras": ["cam-one"]}
    clerk.post("/aggregates/", {**counts, "first": day, "last": day})
    Grant.objects.create(
        **{
            f: getattr(Grant.objects.latest("pk"), f)
            for f in ("person", "purpose", "case", "reason", "policy", "first", "last", "made_at")
        },
        session="another",
        pages_left=40,
        expires_at=Grant.objects.latest("pk").expires_at,
        broad=True,
    )
    sent = Export.objects.create(
        hold=hold, exported_by="clerk", exported_at=datetime.now(UTC), why="trial", reads=1,
        recipient="District Attorney", sealed_to=["0" * 60], medium="stick 4711", record=1,
        package_sha256="0" * 64, policy="draft-1",
    )  # fmt: skip
    enter(city.person("clerk"), sent, "exported", "Clerk Example")
    token = register.invite(city.person("maintenance"), "administrator")
    audit, counted = Audit.objects.latest("pk"), AggregateRequest.objects.latest("pk")
    read = {"camera": "cam-one", "stream": stream(city), "seq": "2"}
    number = {"number": str(hold.pk)}
    return {
        "search:read": read,
        "search:progress": {"run": str(Run.objects.latest("pk").pk)},
        "search:found": {"run": str(Run.objects.latest("pk").pk)},
        "retention:hold": number,
        "retention:release": number,
        "retention:look": {**number, "read": str(hold.reads.get().pk)},
        "retention:certificate": {"number": str(purge.pk)},
        "evidence:export": number,
        "evidence:one": {"number": str(sent.pk)},
        "cameras:camera": {"name": "cam-one"},
        "cameras:edit": {"name": "cam-one"},
        "cameras:out": {"name": "cam-one", "state": "stolen"},
        "people:person": {"username": "officer"},
        "people:welcome": {"token": token},
        "hits:card": {"number": str(hit.pk)},
        "audits:review": {"number": str(audit.pk)},
        "audits:report": {"number": str(audit.pk)},
        "releases:decide": {"number": str(asked.pk)},
        "releases:make": {"number": str(agreed.pk)},
        "aggregates:one": {"number": str(counted.pk)},
        "aggregates:decide": {"number": str(counted.pk)},
        "misuse:finding": _finding(),
    }


def _finding() -> dict[str, str]:
    from alpr_city.misuse.models import Finding

    found = Finding.objects.first()
    return {"number": "0" if found is None else str(found.pk)}
