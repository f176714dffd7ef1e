"""Days at work in a real browser: each of what people do from sign-in to the end of it."""

from __future__ import annotations

import base64
import time
from datetime import timedelta
from typing import Any

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.city.browser.conftest import Reader, before
from tests.city.browser.lived import purged
from tests.city.console import PASSWORD, Console
from tests.city.people.test_gate import code_of
from tests.city.search.test_pages import proved

REASON = "silver saloon left a burglary on Mureau Road, which way it went"


@pytest.fixture
def city(shared: tuple[Console, str]) -> Console:
    return shared[0]


@pytest.fixture
def reader(shared: tuple[Console, str], browser: Any) -> Reader:
    return before(browser, shared[1])


def code(username: str) -> str:
    """As the authenticator shows it; used ones count again, since tests do not wait."""
    from django_otp.plugins.otp_totp.models import TOTPDevice

    TOTPDevice.objects.update(last_t=-1, throttling_failure_count=0)
    return code_of(username)


def give_reason(reader: Reader, case: str = "26-01234") -> None:
    reader.open("/door/")
    reader.fill(purpose="criminal", case=case, reason=f"{REASON}, {case}")
    reader.press("Go on")


def follow(reader: Reader, label: str) -> None:
    reader.driver.find_element(By.PARTIAL_LINK_TEXT, label).click()


def test_a_new_person_sets_up_and_signs_in_with_both_factors(city: Console, reader: Reader) -> None:
    from alpr_city.people import register

    token = register.invite(city.person("clerk"), "administrator", recovery=True)
    from alpr_city.people.models import Invitation

    register.confirm(Invitation.objects.latest("pk"), "maintenance")
    reader.open(f"/people/welcome/{token}/")
    drawn = reader.driver.find_element(By.CSS_SELECTOR, "img.drawn")
    assert reader.driver.execute_script("return arguments[0].naturalWidth", drawn) > 100
    from django_otp.oath import TOTP
    from django_otp.plugins.otp_totp.models import TOTPDevice

    device = TOTPDevice.objects.get(user__username="clerk", confirmed=False)
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift)
    totp.time = time.time()
    phrase = "marmalade tide eleven gondola"
    reader.fill(password=phrase, again=phrase, code=f"{totp.token():06d}")
    reader.shot("welcome")
    assert reader.faults() == []
    reader.press("Set up")
    assert "Sign in" in reader.driver.title
    reader.fill(username="clerk", password=phrase)
    reader.press("Go on")
    reader.open("/")
    assert "Sign in" in reader.driver.title, "a password alone opens nothing"
    reader.open("/people/code/")
    reader.fill(code="000000")
    reader.press("Sign in")
    assert "wrong or was used already" in reader.text
    reader.fill(code=code("clerk"))
    reader.press("Sign in")
    assert "What arrived" in reader.text
    assert "Clerk Example" in reader.text


def test_without_a_reason_nothing_is_searched_and_with_one_all_ways_lead_to_a_read(
    city: Console, reader: Reader
) -> None:
    reader.become(city, "officer")
    reader.open("/search/")
    assert "Why do you look?" in reader.text
    reader.fill(purpose="criminal", case="26-01234", reason="investigation")
    reader.press("Go on")
    assert "This says too little" in reader.text
    reader.fill(reason=REASON)
    reader.press("Go on")
    assert "Case 26-01234" in reader.text
    reader.fill(plate="0TEST00")
    reader.press("Search")
    assert "0TEST00" in reader.text
    shown = reader.driver.find_element(By.CSS_SELECTOR, "main img")
    assert reader.driver.execute_script("return arguments[0].naturalWidth", shown) == 240
    reader.shot("results")
    assert reader.faults() == []
    assert any(r[2] == "search" and r[3] == "officer" for r in city.log())
    follow(reader, "0TEST00")
    reader.arrive("signature covers this record")
    reader.shot("read")
    reader.open("/search/")
    reader.fill(pattern="0TE?T0*")
    section = "//section[@aria-labelledby='by-pattern']//button"
    reader.driver.find_element(By.XPATH, section).click()
    reader.arrive("Partial search, likeliest first")
    assert "0TEST01" in reader.text
    reader.shot("partial")
    reader.open("/search/")
    reader.driver.find_element(By.CSS_SELECTOR, "option[value='cam-one']").click()
    section = "//section[@aria-labelledby='by-place']//button"
    reader.driver.find_element(By.XPATH, section).click()
    reader.arrive("Camera cam-one, newest first")
    assert "7ABC123" in reader.text


def test_a_hold_is_placed_by_one_person_and_released_by_another(
    city: Console, reader: Reader
) -> None:
    reader.become(city, "officer")
    give_reason(reader)
    reader.open("/search/")
    reader.fill(plate="0TEST01")
    reader.press("Search")
    reader.driver.find_element(By.CSS_SELECTOR, "input[name=read]").click()
    reader.press("Hold the chosen reads")
    assert "Hold 1 chosen read" in reader.text
    reader.fill(basis="civil", description="collision on the test road")
    reader.shot("hold-form")
    reader.press("Hold")
    assert "Civil action" in reader.text
    assert "TEST01" not in reader.text, "a hold names places"
    assert reader.faults() == []
    designee = reader.become(city, "designee")
    proved(designee, 0.0)
    reader.open("/")
    follow(reader, "Holds to review")
    follow(reader, ": release")
    reader.arrive("Show that it is you")
    reader.fill(code=code("designee"))
    reader.press("Go on")
    reader.fill(reason="settled out of court")
    reader.press("Release for good")
    assert "settled out of court" in reader.text
    assert "No hold stands" in reader.text
    reader.shot("released")


def test_a_purged_day_has_a_certificate_that_prints(city: Console, reader: Reader) -> None:
    purge = purged(city)
    reader.become(city, "clerk")
    reader.open("/retention/purges/")
    follow(reader, str(purge.pk))
    reader.arrive("Certificate of destruction")
    assert "cam-old" in reader.text
    assert "Resolution 2026-1" in reader.text
    assert "Last backup of the keys expires" in reader.text
    reader.shot("certificate")
    assert reader.faults() == []
    reader.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert "Certificate of destruction" in reader.text
    menu = reader.driver.find_element(By.TAG_NAME, "nav")
    assert not menu.is_displayed(), "a menu is of no use on paper"
    reader.shot("certificate-print")
    paper = reader.driver.execute_cdp_cmd("Page.printToPDF", {"paperWidth": 8.5, "paperHeight": 11})
    assert base64.b64decode(paper["data"]).startswith(b"%PDF")


def test_the_log_is_audited_to_its_chain(city: Console, reader: Reader) -> None:
    reader.become(city, "auditor")
    reader.open("/logbook/")
    assert "•••" in reader.text
    today, long_ago = str(city.day), str(city.day - timedelta(days=400))
    reader.fill(first=long_ago, last=long_ago)
    reader.press("Narrow")
    assert "0 records" in reader.text
    reader.fill(first=today, last=today, user="auditor")
    reader.press("Narrow")
    assert "log.read" in reader.text
    reader.press("Check the chain now")
    assert "The access log holds" in reader.text
    reader.shot("log-checked")
    assert reader.faults() == []


def test_the_keyboard_alone_leads_from_sign_in_to_a_read(city: Console, reader: Reader) -> None:
    reader.open("/search/")
    reader.keys("prosecutor", Keys.TAB, PASSWORD, Keys.ENTER)
    reader.arrive("Code of six digits")
    reader.keys(code("prosecutor"), Keys.ENTER)
    reader.arrive("Why do you look?")
    first = reader.tab_to("true")
    assert first.text == "Skip to the page"
    assert first.is_displayed(), "what has the focus is seen"
    reader.keys(Keys.ENTER)
    reader.tab_to("e.name === 'purpose'")
    reader.keys("Crim", Keys.TAB, "26-04711", Keys.TAB, REASON)
    ring = reader.driver.execute_script(
        "return getComputedStyle(document.activeElement).outlineStyle"
    )
    assert ring == "solid"
    reader.tab_to("e.innerText === 'Go on'")
    reader.keys(Keys.ENTER)
    reader.arrive("Case 26-04711")
    reader.tab_to("e.name === 'plate'")
    reader.keys("7abc123", Keys.ENTER)
    reader.arrive("newest first")
    reader.tab_to("e.tagName === 'A' && e.innerText === '7ABC123'")
    reader.keys(Keys.ENTER)
    reader.arrive("signature covers this record")


def test_without_javascript_all_but_security_keys_works(city: Console, reader: Reader) -> None:
    reader.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    reader.open("/people/sign-in/")
    reader.fill(username="officer", password=PASSWORD)
    reader.driver.find_element(By.CSS_SELECTOR, "main button").click()
    reader.arrive("Code of six digits")
    reader.fill(code=code("officer"))
    reader.driver.find_element(By.CSS_SELECTOR, "main button").click()
    reader.arrive("What arrived")
    reader.open("/door/")
    reader.fill(purpose="criminal", case="26-05555", reason=f"{REASON}, without scripts")
    reader.driver.find_element(By.CSS_SELECTOR, "main button").click()
    reader.arrive("What arrived")
    reader.open("/search/")
    reader.fill(pattern="0TEST0?")
    section = "//section[@aria-labelledby='by-pattern']//button"
    reader.driver.find_element(By.XPATH, section).click()
    reader.arrive("Partial search, likeliest first")  # by itself: the page asks again
    reader.driver.find_element(By.CSS_SELECTOR, "input[name=read]").click()
    hold = "//button[normalize-space()='Hold the chosen reads']"
    reader.driver.find_element(By.XPATH, hold).click()
    reader.arrive("Hold 1 chosen read")
    reader.open("/hits/")
    reader.arrive("Hits of the last 24 hours")
    reader.open("/people/factors/")
    assert "This needs JavaScript. An authenticator app works without." in reader.text
    reader.shot("no-script")
