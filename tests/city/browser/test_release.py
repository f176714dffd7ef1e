"""A release from the agency's letter to the package, three people before a real browser."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait

from alpr_city.evidence import open_sealed, verify_bag
from tests.city.browser.conftest import Reader
from tests.city.console import Console
from tests.city.releases.conftest import LETTER


def follow(reader: Reader, label: str) -> None:
    reader.driver.find_element(By.LINK_TEXT, label).click()


def sign_out(reader: Reader) -> None:
    reader.driver.delete_all_cookies()


def test_a_release_takes_three_people_and_ends_as_a_file(
    city: Console, reader: Reader, tmp_path: Path
) -> None:
    root = city.vault.root.public_key().public_bytes_raw()
    city.config.files.root_public.write_bytes(root)
    (tmp_path / "letter.pdf").write_bytes(LETTER)
    downloads = tmp_path / "downloads"
    downloads.mkdir()
    reader.driver.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(downloads)}
    )

    reader.sign_in("officer")
    follow(reader, "Ask for a release")
    wanted = {
        "person": "Sgt. B. Example",
        "purpose": "criminal",
        "description": "where 0TEST00 was",
    }
    reader.fill(agency="-", letter=str(tmp_path / "letter.pdf"), **wanted)
    reader.press("Enter the request")
    assert "only California public agencies" in reader.text
    reader.fill(agency="chp", letter=str(tmp_path / "letter.pdf"), **wanted)
    reader.press("Enter the request")
    assert "Waits for approval" in reader.text
    assert reader.faults() == []
    sign_out(reader)

    reader.sign_in("designee")
    follow(reader, "Releases to approve")
    follow(reader, "1")
    assert "where 0TEST00 was" in reader.text
    assert reader.faults() == []
    Select(reader.driver.find_element(By.NAME, "cameras")).select_by_value("cam-one")
    days = {"first": str(city.day - timedelta(days=1)), "last": str(city.day)}
    reader.fill(plates="0test00", **days)
    reader.press("Approve within these bounds")
    assert "Approved" in reader.text
    sign_out(reader)

    open_sealed.make_key(tmp_path / "chp.pem")
    reader.sign_in("clerk")
    follow(reader, "Releases to make")
    follow(reader, "1")
    reader.fill(key=(tmp_path / "chp.pem.pub").read_text())
    reader.driver.find_element(By.NAME, "compared").click()
    assert reader.faults() == []
    button = "//main//button[normalize-space()='Seal it and save the package']"
    reader.driver.find_element(By.XPATH, button).click()
    package = downloads / "release-1.sealed"
    WebDriverWait(reader.driver, 60).until(lambda _: package.exists())
    key = load_pem_private_key((tmp_path / "chp.pem").read_bytes(), None)
    assert open_sealed.unpack(open_sealed.unseal(package.read_bytes(), key), tmp_path / "bag")
    checked = verify_bag.Bag(verify_bag.load(tmp_path / "bag"))
    assert checked.check(), checked.faults

    reader.open("/public/")
    assert "California Highway Patrol" in reader.text
    assert "0TEST00" not in reader.text
    assert reader.faults() == []
