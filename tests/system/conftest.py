"""The city's authorities and broker, for tests that need no more of it."""

from tests.city.conftest import authority, city_broker  # noqa: F401  (fixtures)
