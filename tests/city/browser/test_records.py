"""Whole workflows before one browser and one city: lists, hits, counts, evidence, audits, and what
the law refuses."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait

from alpr_city.ca import Authority
from alpr_city.evidence import open_sealed, verify_bag
from alpr_city.web.times import here
from tests.city.audits.test_audits import looks
from tests.city.browser.conftest import Reader, browsing
from tests.city.console import Console, standing, take_in
from tests.city.hits.test_pages import hit_in

LIST = b"HEADER\n0TEST00 CA19261101\n0TEST0? CA19261101\n9XYZ999 CA19261101\nTOTAL RECORD\n"
BUSY, QUIET = 3, 2
"""Days ago with many vehicles, and with two."""


@dataclass
class Office:
    """One city, one browser."""

    city: Console
    reader: Reader
    folder: Path


@pytest.fixture(scope="module")
def office(
    city_template: Path,
    authority: Authority,
    tmp_path_factory: pytest.TempPathFactory,
    browser: Any,
) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    with ExitStack() as stack:
        city = stack.enter_context(standing(city_template, folder))
        root = city.vault.root.public_key().public_bytes_raw()
        city.config.files.root_public.write_bytes(root)
        camera = city.vault.camera("cam-two")
        for ago, number in ((BUSY, 12), (QUIET, 2)):
            noon = datetime.combine(
                city.day - timedelta(days=ago), datetime.min.time(), UTC
            ) + timedelta(hours=20)
            for n in range(number):
                text = f"{n % 10}{'ABCDEFGHJKLM'[n] * 3}{n:03}"
                camera.read(text, captured_us=int(noon.timestamp() * 1e6) + n)
        take_in(city.config, city.vault, camera, 0)
        reader = stack.enter_context(browsing(city, authority, folder, browser))
        yield Office(city, reader, folder)


@pytest.fixture(autouse=True)
def signed_out(office: Office) -> Iterator[None]:
    """Each test signs in anew, with codes that were not used yet."""
    from django_otp.plugins.otp_totp.models import TOTPDevice

    office.reader.sign_out()
    TOTPDevice.objects.update(last_t=-1)
    yield
    office.reader.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_a_list_goes_from_dry_run_to_import_to_stale(office: Office) -> None:
    reader, now = office.reader, datetime.now(UTC)
    file = office.folder / "svs.tbl"
    file.write_bytes(LIST)
    reader.sign_in("officer")
    reader.follow("Hot lists")
    reader.open("/hotlists/import/")
    classes = reader.driver.find_element(By.NAME, "list_class").text
    assert "Stolen vehicles" in classes
    assert "mmigra" not in classes
    said = {
        "name": "svs",
        "list_class": "stolen-vehicle",
        "owner": "Sheriff's station",
        "legal_basis": "policy I",
        "made_at": f"{here(now - timedelta(hours=30)):%Y-%m-%dT%H:%M}",
        "expires_at": f"{here(now + timedelta(days=1)):%Y-%m-%dT%H:%M}",
    }
    reader.fill(file=str(file), **said)
    reader.press("Dry run")
    assert "A dry run: nothing was imported" in reader.text
    assert "2 rows can be taken; 1 bad line," in reader.text
    assert "0TEST0" not in reader.text
    reader.shot("list-dry-run")
    assert reader.faults() == []
    reader.fill(file=str(file))
    reader.press("Import")
    assert "svs" in reader.text
    assert "stale" in reader.text
    reader.shot("lists")
    assert reader.faults() == []


def test_a_hit_of_a_stale_list_offers_nothing_to_act_on(office: Office) -> None:
    reader = office.reader
    hit = hit_in(office.city, stale_at=datetime.now(UTC) - timedelta(minutes=1))
    reader.sign_in("officer")
    reader.open(f"/hits/{hit.pk}/")
    assert "the list is stale: not actionable" in reader.text
    assert "A hit is not cause for a stop." in reader.text
    assert not reader.driver.find_elements(By.NAME, "reference")
    reader.shot("hit-stale")
    reader.fill(outcome="list was stale, no stop")
    Select(reader.driver.find_element(By.NAME, "disposition")).select_by_visible_text("dismissed")
    reader.press("Close the hit")
    assert "disposed: dismissed" in reader.text
    near = hit_in(office.city, not_a_hit="differs in characters that look alike")
    reader.open(f"/hits/{near.pk}/")
    assert f"Match {near.pk} is not a hit" in reader.text
    assert not reader.driver.find_elements(By.NAME, "outcome")
    reader.shot("not-a-hit")
    assert reader.faults() == []


def test_without_javascript_the_live_page_refreshes_itself(office: Office) -> None:
    reader = office.reader
    reader.sign_in("officer")
    reader.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    reader.open("/hits/")
    hit = hit_in(office.city)
    until = time.monotonic() + 60
    while f"Open hit {hit.pk}" not in reader.driver.page_source:
        assert time.monotonic() < until
        time.sleep(0.2)
    assert reader.driver.current_url.endswith("/hits/?auto")
    reader.driver.find_element(By.LINK_TEXT, f"Open hit {hit.pk}").click()
    assert "Compare the plate with the picture" in reader.driver.page_source


def test_the_public_gets_counts_and_no_plate(office: Office) -> None:
    reader, day = office.reader, office.city.day
    reader.sign_in("clerk")
    reader.follow("Requests for counts")
    days = {"first": str(day - timedelta(days=BUSY)), "last": str(day - timedelta(days=QUIET))}
    reader.fill(requester="A. Citizen", kind="reads", **days)
    Select(reader.driver.find_element(By.NAME, "cameras")).select_by_value("cam-two")
    reader.press("Enter the request")
    assert "never a plate, never a picture" in reader.text
    reader.fill(kind="plates", **days)
    reader.press("Enter the request")
    assert "Waits for approval" in reader.text
    reader.open("/aggregates/waiting/1/")
    assert "asked is on record" in reader.text
    reader.sign_out()
    reader.sign_in("designee")
    reader.follow("Counts to approve")
    reader.follow("1")
    reader.press("Approve and answer")
    rows = reader.driver.find_element(By.CSS_SELECTOR, "main table").text
    assert re.search(rf"cam-two {day - timedelta(days=BUSY)} 12", rows)
    assert re.search(rf"cam-two {day - timedelta(days=QUIET)} withheld", rows)
    reader.shot("counts")
    assert reader.faults() == []


def test_a_hold_becomes_a_bag_that_verifies_and_is_booked(office: Office) -> None:
    reader, folder = office.reader, office.folder
    hold = held(office.city)
    for name in ("attorney", "room"):
        open_sealed.make_key(folder / f"{name}.pem")
    reader.sign_in("clerk")
    reader.follow("Evidence")
    reader.follow(f"Export hold {hold.pk}")
    keys = [(folder / f"{name}.pem.pub").read_text() for name in ("attorney", "room")]
    reader.fill(why="the prosecutor asks for it", recipient="District Attorney", medium="USB 4711")
    reader.driver.execute_script(
        "document.querySelector('[name=keys]').value = arguments[0]", "".join(keys)
    )
    reader.driver.find_element(By.NAME, "compared").click()
    reader.shot("evidence-export")
    assert reader.faults() == []
    sealed = reader.save("Seal it and save the bag", folder / "evidence-1.sealed")
    key: Any = load_pem_private_key((folder / "attorney.pem").read_bytes(), None)
    open_sealed.unpack(open_sealed.unseal(sealed, key), folder / "bag")
    checked = verify_bag.Bag(verify_bag.load(folder / "bag"))
    assert checked.check(), checked.faults
    reader.open("/evidence/1/")
    reader.fill(step="booked", holder="Evidence room, Lost Hills")
    reader.press("Enter the step")
    assert "a booking has its reference" in reader.text
    reader.fill(reference="LH-2026-17")
    reader.press("Enter the step")
    assert "LH-2026-17" in reader.driver.find_element(By.TAG_NAME, "table").text
    reader.shot("custody")
    assert reader.faults() == []


def test_an_audit_is_drawn_judged_approved_by_another_and_filed_as_pdf(office: Office) -> None:
    reader = office.reader
    looks(office.city, 4)
    reader.sign_in("auditor")
    reader.open("/audits/")
    reader.press("Draw a sample")
    address = reader.driver.current_url
    while True:
        open_ones = reader.driver.find_elements(
            By.XPATH, "//main//form[.//select[not(option[@selected])]]"
        )
        if not open_ones:
            break
        Select(open_ones[0].find_element(By.TAG_NAME, "select")).select_by_visible_text("in order")
        reader.driver.execute_script("document.body.dataset.before = 'yes'")
        open_ones[0].find_element(By.TAG_NAME, "button").click()
        WebDriverWait(reader.driver, 60).until(
            lambda d: d.execute_script(
                "return document.readyState === 'complete' && !document.body.dataset.before"
            )
        )
    reader.fill(findings="nothing of note")
    reader.press("Submit under my name")
    number = int(address.rstrip("/").rsplit("/", 1)[1])
    reader.open(f"/audits/approvals/{number}/")
    assert "Approve this audit" not in reader.text
    reader.sign_out()
    reader.sign_in("designee")
    reader.open(f"/audits/approvals/{number}/")
    while reader.driver.find_elements(By.XPATH, "//main//h2[contains(., 'own accesses')]"):
        Select(reader.driver.find_element(By.NAME, "verdict")).select_by_visible_text("in order")
        reader.press("Keep")
    reader.press("Approve this audit")
    reader.open(f"/audits/approvals/{number}/")
    assert "Designee Example" in reader.text
    reader.shot("audit-report")
    assert reader.faults() == []
    pdf = reader.save("As PDF", office.folder / f"audit-{number}.pdf")
    assert pdf.startswith(b"%PDF-")


def test_everybody_finds_where_to_enter_their_own_plates(office: Office) -> None:
    reader = office.reader
    reader.sign_in("maintenance")
    reader.follow("Own plates")
    reader.fill(plates="1OWN111")
    reader.press("Keep")
    assert "1OWN111" not in reader.driver.page_source


def test_the_public_page_says_what_happened_and_no_plate(office: Office) -> None:
    reader = office.reader
    reader.open("/public/")
    assert "verify_figures.py" in reader.text
    assert "Sign out" not in reader.text
    for plate in ("0TEST00", "9XYZ999", "1OWN111"):
        assert plate not in reader.driver.page_source
    reader.driver.set_window_size(1200, 3200)
    reader.shot("public")
    assert reader.faults() == []


def test_under_a_policy_that_ended_nobody_opens_anything(office: Office) -> None:
    reader, file = office.reader, office.city.config.files.policy / "draft-1.toml"
    hit = hit_in(office.city)
    reader.sign_in("officer")
    before = file.read_text()
    ended = before.replace(
        "\nretention_days", "\neffective_until = 2026-02-01T00:00:00-08:00\nretention_days", 1
    )
    try:
        file.write_text(ended)
        for page in (f"/hits/{hit.pk}/", "/search/", "/releases/", "/hotlists/import/"):
            reader.open(page)
            assert "ended on 2026-02-01" in reader.text, page
            assert "8ABC123" not in reader.text
        reader.shot("policy-ended")
        assert reader.faults() == []
        reader.open("/public/")
        assert "This policy ended on" in reader.text
    finally:
        file.write_text(before)
    reader.open(f"/hits/{hit.pk}/")
    assert "8ABC123" in reader.text


def held(city: Console) -> Any:
    """Two reads of the city, held for a case by the officer."""
    from alpr_city.door.door import staff
    from alpr_city.people.journal import vault
    from alpr_city.reads.models import Record
    from alpr_city.reads.pictures import PictureStore
    from alpr_city.retention.holds import Wanted, place

    rows = Record.objects.filter(stream__stream=city.camera.stream).exclude(wrapped=None)
    about = {"case": "26-01234", "reason": "a burglary", "query": {}}
    access = staff(city.person("officer"), action="hold", purpose="retention", **about)
    wanted = Wanted(
        case="26-01234", basis="criminal", description="a burglary", custodian="City Clerk",
        review_on=city.day + timedelta(days=90),
    )  # fmt: skip
    pictures = PictureStore(city.config.files.pictures)
    reads = [("cam-one", city.camera.stream, r.seq) for r in rows.order_by("seq")[:2]]
    hold = place(vault(), pictures, access, wanted, reads)
    pictures.close()
    return hold
