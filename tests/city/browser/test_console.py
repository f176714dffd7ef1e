"""What a person sees and does, in a real browser."""

from __future__ import annotations

from tests.city.browser.conftest import Reader
from tests.city.console import Console


def test_an_officer_signs_in_and_gives_a_reason(city: Console, reader: Reader) -> None:
    reader.open("/door/")
    assert "Sign in" in reader.driver.title
    reader.shot("sign-in")
    assert reader.faults() == []
    reader.fill(username="officer", password="wrong wrong wrong")
    reader.press("Go on")
    assert "User name or password is wrong" in reader.text
    reader.sign_in("officer")
    assert "What arrived" in reader.text
    reader.shot("home")
    assert reader.faults() == []
    reader.open("/door/")
    reader.fill(purpose="criminal", case="26-01234", reason="investigation")
    reader.press("Go on")
    assert "This says too little" in reader.text
    reader.shot("reason")
    assert reader.faults() == []
    reader.fill(reason="silver saloon left a burglary on Mureau Road, which way it went")
    reader.press("Go on")
    reader.open("/door/")
    assert "In use: case 26-01234" in reader.text


def test_without_training_the_browser_shows_which_course(city: Console, reader: Reader) -> None:
    from alpr_city.people.models import Training

    Training.objects.filter(person__username="officer", course="system").delete()
    reader.sign_in("officer")
    reader.open("/door/")
    assert "Use of the ALPR system" in reader.text
    reader.shot("refused")
    assert reader.faults() == []


def test_the_auditor_reads_the_log_and_unmasks(city: Console, reader: Reader) -> None:
    from tests.city.logbook.test_log import look

    look(city, city.client("officer"), "7SECRET")
    reader.sign_in("auditor")
    reader.open("/logbook/")
    assert "26-01234" in reader.text
    assert "7SECRET" not in reader.text
    reader.shot("log")
    assert reader.faults() == []
    reader.fill(user="officer", action="search")
    reader.press("Narrow")
    reader.driver.find_element("tag name", "summary").click()
    reader.fill(reason="monthly audit of the sheriff")
    reader.press("Unmask")
    assert "7SECRET" in reader.text
    reader.shot("unmasked")


def test_pages_fit_a_phone_and_the_dark(city: Console, reader: Reader) -> None:
    reader.sign_in("administrator")
    dark = {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    reader.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", dark)
    phone = {"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": True}
    reader.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    for page in ("/", "/people/", "/people/account/officer/"):
        reader.open(page)
        wide = reader.driver.execute_script("return document.documentElement.scrollWidth")
        assert wide <= 360, page
        assert reader.faults() == []
    reader.shot("phone")
