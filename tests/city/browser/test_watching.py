"""Hits, audits and misuse as people meet them, in a real browser."""

from __future__ import annotations

from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from tests.city.audits.test_audits import looks
from tests.city.browser.conftest import Reader
from tests.city.console import Console
from tests.city.hits.test_pages import PLATE, hit_in


def test_a_hit_appears_by_itself_and_is_taken_to_its_outcome(city: Console, reader: Reader) -> None:
    reader.sign_in("officer")
    reader.open("/hits/")
    assert "None." in reader.text
    hit = hit_in(city)
    WebDriverWait(reader.driver, 60).until(lambda _: f"Open hit {hit.pk}" in reader.text)
    assert PLATE not in reader.text
    reader.shot("hits")
    assert reader.faults() == []
    reader.open(f"/hits/{hit.pk}/")
    assert PLATE in reader.text
    reader.shot("hit-card")
    assert reader.faults() == []
    reader.driver.find_element(By.NAME, "compared").click()
    reader.fill(reference="SCC 4711")
    reader.press("Confirm")
    assert "reference SCC 4711" in reader.text
    reader.fill(outcome="vehicle recovered, owner told")
    reader.driver.find_element(By.XPATH, "//option[normalize-space()='correct']").click()
    reader.press("Close the hit")
    assert "disposed: correct" in reader.text
    for page in ("/hits/rates/", "/hotlists/", "/hotlists/import/", "/misuse/own/"):
        reader.open(page)
        assert reader.faults() == [], page


def test_the_auditor_looks_at_what_nobody_chose(city: Console, reader: Reader) -> None:
    looks(city, 6)
    reader.sign_in("auditor")
    reader.open("/misuse/")
    reader.press("Look now")
    assert "boilerplate reason" in reader.text
    reader.shot("misuse")
    assert reader.faults() == []
    reader.open("/audits/")
    reader.press("Draw a sample")
    assert "Looked at because" in reader.text
    reader.shot("audit")
    assert reader.faults() == []
