"""Writes alpr-edge(1) and alpr-city(1) from what the programs say of themselves.

Usage: python packaging/man_pages.py edge|city OUT
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from pathlib import Path
from types import ModuleType

CODES = (
    "0 good, 1 failed, 2 usage, 78 configuration; health: 0 good, 1 warning, 2 critical, 3 unknown."
)


def page(part: str) -> str:
    """The page as roff."""
    name = f"alpr-{part}"
    about = {"edge": "the camera appliance", "city": "the city server"}[part]
    package = importlib.import_module(f"alpr_{part}.commands")
    lines = [f'.TH {name.upper()} 1 "" "alpr" "User Commands"', ".SH NAME"]
    lines += [f"{name} \\- licence plate reader, {about}", ".SH SYNOPSIS"]
    lines += [f".B {name}", ".I COMMAND", "[options]", ".SH COMMANDS"]
    for found in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{found.name}")
        lines += _command(name, module)
    guides = "FIELD.md" if part == "edge" else "OPERATIONS.md"
    lines += [".SH EXIT STATUS", CODES, ".SH SEE ALSO", f"/usr/share/doc/{name}/{guides}"]
    return "\n".join(lines) + "\n"


def _command(program: str, module: ModuleType) -> list[str]:
    parser = argparse.ArgumentParser(
        prog=f"{program} {module.NAME}",
        description=module.__doc__,
        formatter_class=lambda prog: argparse.RawDescriptionHelpFormatter(prog, width=78),
    )
    module.add_arguments(parser)
    said = parser.format_help().replace("\\", "\\e").splitlines()
    # A line that begins with a dot or a quote would be taken for a request.
    return [f".SS {module.NAME}", ".nf", *(f"\\&{line}" for line in said), ".fi"]


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(page(sys.argv[1]), encoding="utf-8")
