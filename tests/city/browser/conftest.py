"""A real browser, Debian's Chromium, before the real server over TLS."""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from django.conf import settings as django_settings
from PIL import Image, ImageDraw
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from alpr_city.ca import Authority
from alpr_city.papers import secret_file
from alpr_wire.records import Picture
from tests.city.conftest import free_port
from tests.city.console import PASSWORD, Console, standing
from tests.city.people.test_gate import code_of

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
SECRET = "0123456789abcdef" * 4  # Django counts the letters
START_S = 60.0
ARRIVED = "return document.readyState === 'complete' && !document.body.dataset.before"


@dataclass
class Reader:
    """Somebody before a browser."""

    driver: Any
    root: str
    shots: Path | None

    def open(self, page: str) -> None:
        self.driver.get(self.root + page)

    def fill(self, **fields: str) -> None:
        for name, value in fields.items():
            element = self.driver.find_element(By.NAME, name)
            if element.tag_name == "select":
                element.find_element(By.CSS_SELECTOR, f"option[value='{value}']").click()
            elif element.get_attribute("type") in ("date", "datetime-local"):
                self.driver.execute_script("arguments[0].value = arguments[1]", element, value)
            else:
                element.clear()
                element.send_keys(value)

    def press(self, label: str) -> None:
        """Press a button and wait for the page that it leads to."""
        button = self.driver.find_element(By.XPATH, f"//main//button[normalize-space()='{label}']")
        self.driver.execute_script("document.body.dataset.before = 'yes'")
        button.click()
        wait = WebDriverWait(self.driver, 60, ignored_exceptions=(WebDriverException,))
        wait.until(lambda driver: driver.execute_script(ARRIVED))

    def tab_to(self, test: str, most: int = 60) -> Any:
        """Go on by the keyboard alone to the first element that a JavaScript test takes."""
        for _ in range(most):
            self.keys(Keys.TAB)
            now = self.driver.switch_to.active_element
            if self.driver.execute_script(f"const e = arguments[0]; return {test}", now):
                return now
        raise AssertionError(f"no Tab leads to {test}")

    def keys(self, *keys: str) -> None:
        ActionChains(self.driver).send_keys(*keys).perform()

    def arrive(self, words: str) -> None:
        """Wait until a page says so."""
        wait = WebDriverWait(self.driver, 60, ignored_exceptions=(WebDriverException,))
        wait.until(lambda _: words in self.text)

    def become(self, city: Console, username: str) -> Any:
        """Signed in, past the pages that other tests go through; the client with this session."""
        client = city.client(username)
        self.open("/people/sign-in/")
        self.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
        cookie = {"name": "__Host-session", "value": client.cookies["__Host-session"].value}
        self.driver.add_cookie({**cookie, "path": "/", "secure": True})
        return client

    def width(self, px: int) -> None:
        """A window of so many CSS pixels; a phone's where it is narrow."""
        size = {"width": px, "height": 740 if px < 600 else 1000}
        metrics = {**size, "deviceScaleFactor": 1, "mobile": px < 600}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def sign_in(self, username: str) -> None:
        self.open("/people/sign-in/")
        self.fill(username=username, password=PASSWORD)
        self.press("Go on")
        self.fill(code=code_of(username))
        self.press("Sign in")

    def save(self, label: str, path: Path) -> bytes:
        """Press a button that gives a file; its bytes."""
        where = {"behavior": "allow", "downloadPath": str(path.parent)}
        self.driver.execute_cdp_cmd("Browser.setDownloadBehavior", where)
        found = f"//main//*[self::button or self::a][normalize-space()='{label}']"
        self.driver.find_element(By.XPATH, found).click()
        WebDriverWait(self.driver, 60).until(lambda _: path.exists())
        return path.read_bytes()

    def sign_out(self) -> None:
        self.driver.delete_all_cookies()

    def follow(self, label: str) -> None:
        self.driver.find_element(By.LINK_TEXT, label).click()

    @property
    def text(self) -> str:
        return str(self.driver.find_element(By.TAG_NAME, "body").text)

    def faults(self) -> list[str]:
        """What axe finds that is serious."""
        axe = resources.files("axe_core_python").joinpath("axe.min.js").read_text()
        self.driver.execute_script(axe)
        found = self.driver.execute_async_script(
            "const done = arguments[arguments.length - 1];"
            "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']})"
            ".then(done, error => done({violations: [{id: String(error), nodes: []}]}));"
        )
        return [f"{v['id']}: {[n['html'] for n in v['nodes']]}" for v in found["violations"]]

    def shot(self, name: str) -> None:
        """A picture for people to look at, into the folder that SHOTS names."""
        if self.shots is not None:
            self.driver.save_screenshot(str(self.shots / f"{name}.png"))


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One browser for all tests; each finds it without cookies, wide, light, with JavaScript."""
    options = webdriver.ChromeOptions()
    options.binary_location = _program("chromium")
    options.accept_insecure_certs = True
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.add_argument("--window-size=1200,1000")
    service = webdriver.ChromeService(executable_path=_program("chromedriver"))
    with webdriver.Chrome(options=options, service=service) as driver:
        driver.set_page_load_timeout(60)
        driver.set_script_timeout(60)
        driver.implicitly_wait(5)
        yield driver


@pytest.fixture
def reader(city: Console, authority: Authority, tmp_path: Path, browser: Any) -> Iterator[Reader]:
    with browsing(city, authority, tmp_path, browser) as made:
        yield made


@contextmanager
def browsing(city: Console, authority: Authority, folder: Path, browser: Any) -> Iterator[Reader]:
    """The console over TLS, and a browser before it."""
    with serving(city, authority, folder) as root:
        yield before(browser, root)


@pytest.fixture(scope="module")
def shared(
    city_template: Path, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Console, str]]:
    """One city and its server for all tests of a module, and its address."""
    folder = tmp_path_factory.mktemp("shared")
    with pytest.MonkeyPatch.context() as patch:
        drawn = {Picture.CROP: jpeg("0TEST00", 240, 60), Picture.OVERVIEW: jpeg("car", 480, 270)}
        patch.setattr("tests.city.fleet.PICTURES", drawn)
        with standing(city_template, folder) as city, serving(city, authority, folder) as root:
            yield city, root


def jpeg(words: str, wide: int, high: int) -> bytes:
    """A picture of nothing but words."""
    picture, file = Image.new("L", (wide, high), 225), io.BytesIO()
    ImageDraw.Draw(picture).text((wide // 5, high // 6), words, fill=10, font_size=high // 2)
    picture.save(file, "JPEG")
    return file.getvalue()


def before(driver: Any, root: str) -> Reader:
    """Nobody yet, before a browser as it was in the beginning."""
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})
    driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
    shots = os.environ.get("SHOTS")
    return Reader(driver, root, Path(shots) if shots else None)


@contextmanager
def serving(city: Console, authority: Authority, folder: Path) -> Iterator[str]:
    """The real server of a city; its address."""
    port = free_port()
    settings = folder / "city.toml"
    settings.write_text(settings.read_text().replace("port = 8443", f"port = {port}"))
    files = city.config.files
    files.services.mkdir()
    issued = authority.issue_server("console", ("localhost",))
    assert issued.key is not None
    (files.services / "console.pem").write_bytes(issued.certificate)
    secret_file(files.services / "console.key", issued.key)
    secret_file(files.secret, SECRET.encode())
    django_settings.SECRET_KEY = SECRET  # sessions made here are read there
    root = f"https://localhost:{port}"
    command = [sys.executable, "-m", "alpr_city.cli", "web", "--config", str(settings)]
    with (folder / "web.log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    try:
        _wait(server, root, folder / "web.log")
        yield root
    finally:
        os.killpg(server.pid, signal.SIGKILL)  # a browser's idle connections would hold it
        server.wait(60)


def _program(name: str) -> str:
    found = shutil.which(name)
    assert found is not None, f"{name} is not installed. Fix: run provisioning/setup.sh"
    return found


def _wait(server: Any, root: str, log: Path) -> None:
    import ssl

    context = ssl._create_unverified_context()
    until = time.monotonic() + START_S
    while True:
        try:
            with urlopen(root + "/people/sign-in/", timeout=10, context=context):
                return
        except OSError:
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.1)
