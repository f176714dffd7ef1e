"""A town on each kind of database."""

from tests.city.ingest.conftest import town

__all__ = ["town"]
