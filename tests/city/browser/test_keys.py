"""A security key, made and used by the browser itself; the key is Chromium's virtual one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium.webdriver.common.virtual_authenticator import VirtualAuthenticatorOptions

from tests.city.browser.conftest import Reader
from tests.city.console import PASSWORD, Console


@pytest.fixture
def holder(reader: Reader) -> Iterator[Reader]:
    """Somebody with a key in the USB port and a finger on it."""
    options = VirtualAuthenticatorOptions()
    options.transport = VirtualAuthenticatorOptions.Transport.USB
    options.has_user_verification = options.is_user_verified = True
    reader.driver.add_virtual_authenticator(options)
    yield reader
    reader.driver.remove_virtual_authenticator()


def test_a_key_is_added_and_opens_after_the_password_alone(city: Console, holder: Reader) -> None:
    holder.sign_in("officer")
    holder.open("/people/factors/")
    holder.driver.find_element("id", "passkey-register-button").click()
    holder.arrive("successful")
    holder.shot("key-added")
    holder.sign_out()
    holder.open("/people/code/")
    assert "Use a security key" not in holder.text
    holder.open("/people/sign-in/")
    holder.fill(username="officer", password=PASSWORD)
    holder.press("Go on")
    assert holder.faults() == []
    holder.driver.find_element("id", "passkey-verification-button").click()
    holder.arrive("What arrived")
