"""Templates from inside the package, wherever it is installed."""

from __future__ import annotations

from pathlib import Path

from django.template.loaders.filesystem import Loader as FilesystemLoader


class Loader(FilesystemLoader):
    """Looks in `alpr_city/web/templates`."""

    def get_dirs(self) -> list[Path]:
        """One folder."""
        return [Path(__file__).parent / "templates"]
